"""A push's progress on a real Redis: never back, whatever comes late, is lost, or comes back old."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import uuid4

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import Redis

from app.adapters.redis.client import Circuit, RedisAwayError, client_for
from app.adapters.redis.progress import GOING_ON_S, RedisProgress
from app.domain.push.push import Failure, Push, PushStatus
from app.domain.push.service import body, failures_json
from app.local.engines import Engines

_T = TypeVar("_T")
NOW = datetime(2026, 7, 1, tzinfo=UTC)


class Switch(Circuit):
    """A way to Redis that the test can close."""

    away = False

    def run(self, command: Callable[[], _T]) -> _T:
        if self.away:
            raise RedisAwayError("the test says so")
        return super().run(command)


@pytest.fixture
def redis(engines: Engines, clean_database: None):
    with client_for(engines.redis_url) as client:
        yield client


@pytest.fixture
def board(redis: Redis) -> RedisProgress:
    return RedisProgress(redis)


def push_at(version: int, **changes: Any) -> Push:
    start = Push(
        id=uuid4(),
        tenant_id=uuid4(),
        status=PushStatus.RUNNING,
        total=10,
        succeeded=0,
        failed=0,
        skipped=0,
        version=version,
        reason=None,
        cancel_requested=False,
        created_at=NOW,
        started_at=NOW,
        finished_at=None,
        worked_s=0.0,
        requested_by="key 1",
    )
    return replace(start, **changes)


def failures_of(push: Push) -> bytes:
    return failures_json([Failure(f"P{number}", "x", "y") for number in range(push.failed)])


def read(board: RedisProgress, push: Push) -> tuple[int, Any] | None:
    told = board.read(push.tenant_id, push.id)
    return None if told is None else (told[0], msgspec.json.decode(told[1]))


class TestTheBoard:
    def test_it_shows_what_was_told_in_the_contracts_form(self, board: RedisProgress):
        push = push_at(3, succeeded=2, failed=1)
        board.tell(push, failures_of(push))
        assert board.read(push.tenant_id, push.id) == (3, body(push, failures_of(push)))

    def test_it_shows_no_other_tenants(self, board: RedisProgress):
        push = push_at(3)
        board.tell(push, None)
        assert board.read(uuid4(), push.id) is None

    def test_a_late_word_changes_nothing(self, board: RedisProgress, redis: Redis):
        push = push_at(5, succeeded=4)
        board.tell(push, None)
        RedisProgress(redis).tell(replace(push, version=4, succeeded=3), None)
        assert read(board, push)[0] == 5
        assert read(RedisProgress(redis), push)[0] == 5

    def test_failures_stay_until_there_are_others(self, board: RedisProgress):
        push = push_at(2, failed=1)
        board.tell(push, failures_of(push))
        board.tell(replace(push, version=3, succeeded=1), None)
        version, shown = read(board, push)
        assert (version, shown["succeeded"], len(shown["failures"])) == (3, 1, 1)

    def test_more_failures_than_are_listed_need_no_new_list(self, board: RedisProgress):
        push = push_at(2, total=2000, failed=1000)
        board.tell(push, failures_of(push))
        board.tell(replace(push, version=3, failed=1001), None)
        version, shown = read(board, push)
        assert (version, shown["failed"], len(shown["failures"])) == (3, 1001, 1000)

    def test_one_read_is_one_command(self, board: RedisProgress, redis: Redis):
        push = push_at(2)
        board.tell(push, None)
        before = redis.info("stats")["total_commands_processed"]
        board.read(push.tenant_id, push.id)
        assert redis.info("stats")["total_commands_processed"] - before == 2  # and this INFO

    def test_an_entry_lives_an_hour_after_the_end_and_not_long_before_it(
        self, board: RedisProgress, redis: Redis
    ):
        push = push_at(2)
        board.tell(push, None)
        (key,) = redis.keys("push:*")
        assert 0 < redis.ttl(key) <= GOING_ON_S
        board.tell(replace(push, version=3, status=PushStatus.COMPLETED), None)
        assert 3590 < redis.ttl(key) <= 3600

    def test_it_never_raises(self):
        board, push = RedisProgress(client_for("redis://127.0.0.1:1/0")), push_at(1)
        board.tell(push, None)
        assert board.read(push.tenant_id, push.id) is None


class TestWhatIsLost:
    def test_after_a_flush_an_entry_without_its_failures_is_none(self, board: RedisProgress, redis: Redis):
        push = push_at(4, failed=2)
        board.tell(push, failures_of(push))
        redis.flushall()
        later = replace(push, version=5, succeeded=1)
        board.tell(later, None)
        assert read(board, push) is None
        board.tell(later, failures_of(later))  # whoever found none asks PostgreSQL and tells
        assert len(read(board, push)[1]["failures"]) == 2

    def test_an_entry_that_missed_a_failure_is_none(self, redis: Redis):
        switch = Switch("test")
        board = RedisProgress(redis, circuit=switch)
        push = push_at(4, failed=1)
        board.tell(push, failures_of(push))
        switch.away = True
        board.tell(replace(push, version=5, failed=2), failures_of(replace(push, failed=2)))
        switch.away = False
        board.tell(replace(push, version=6, failed=2, succeeded=1), None)
        assert read(board, push) is None

    def test_a_redis_that_comes_back_with_what_is_old_is_not_believed(self, redis: Redis):
        switch = Switch("test")
        board, push = RedisProgress(redis, circuit=switch), push_at(5, succeeded=4)
        board.tell(push, None)
        switch.away = True
        newer = replace(push, version=9, succeeded=8)
        board.tell(newer, failures_of(newer))  # as PostgreSQL has it
        switch.away = False
        assert read(board, push) is None
        board.tell(newer, failures_of(newer))
        assert read(board, push)[0] == 9

    def test_nor_is_a_late_word_after_a_flush(self, board: RedisProgress, redis: Redis):
        push = push_at(5, succeeded=4)
        board.tell(push, None)
        redis.flushall()
        RedisProgress(redis).tell(replace(push, version=3, succeeded=2), None)
        assert read(board, push) is None


TOLD = st.tuples(st.just("tell"), st.integers(1, 8), st.sampled_from([True, True, False]))
ELSE = st.tuples(st.sampled_from(["flush", "away", "back", "read", "read", "read"]))


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(happened=st.lists(TOLD | ELSE, min_size=10, max_size=60))
def test_whatever_happens_a_reading_is_whole_and_never_older(redis: Redis, happened: list[tuple[Any, ...]]):
    """Workers tell in any order, now and then without the failures; version n has n // 3 of them."""
    switch = Switch("test")
    reader, worker = RedisProgress(redis, circuit=switch), RedisProgress(redis, circuit=switch)
    first, newest = push_at(1), 0
    for what, *how in happened:
        if what == "tell":
            push = replace(first, version=how[0], failed=how[0] // 3, succeeded=how[0] - how[0] // 3)
            worker.tell(replace(push, total=12), failures_of(push) if how[1] else None)
        elif what == "flush":
            redis.flushall()
        elif what == "read":
            told = read(reader, first)
            if told is not None:
                version, shown = told
                assert version >= newest
                newest = version
                assert shown["total"] == sum(
                    shown[n] for n in ("succeeded", "failed", "skipped", "remaining")
                )
                assert len(shown["failures"]) == shown["failed"] == version // 3
        else:
            switch.away = what == "away"
