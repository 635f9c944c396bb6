"""The projection's promises on a real Redis: one reader, never the old value after the new one."""

import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import psutil
import pytest
from redis import Redis

from app.adapters.redis.client import client_for
from app.adapters.redis.leases import Room
from app.adapters.redis.projection import RedisProjection
from app.domain.storefront.ports import Kind
from app.local.engines import Engines

TENANT = UUID("01900000-0000-7000-8000-000000000001")


@pytest.fixture
def redis(engines: Engines, clean_database: None):
    with client_for(engines.redis_url) as client:
        yield client


@pytest.fixture
def projection(redis: Redis) -> RedisProjection:
    return RedisProjection(redis)


class Truth:
    """A value that changes, and a count of how often it was read."""

    def __init__(self, value: bytes = b"v1") -> None:
        self.value = value
        self.reads: list[list[str]] = []
        self.reading = threading.Event()
        self.gate = threading.Event()
        self.gate.set()

    def load(self, part_numbers: Sequence[str]) -> dict[str, bytes]:
        self.reads.append(list(part_numbers))
        value = self.value
        self.reading.set()
        assert self.gate.wait(10)
        return dict.fromkeys(part_numbers, value)


def read(projection: RedisProjection, truth: Truth, part_number: str = "A") -> bytes:
    return projection.read(TENANT, Kind.PART, [part_number], truth.load)[0]


def read_while(projection: RedisProjection, truth: Truth, meanwhile: Callable[[], None]) -> bytes:
    """A reader that has read the truth but not yet stored it while `meanwhile` happens."""
    truth.reading.clear()
    truth.gate.clear()
    with ThreadPoolExecutor(1) as pool:
        reader = pool.submit(read, projection, truth)
        assert truth.reading.wait(5)
        meanwhile()
        truth.gate.set()
        return reader.result(10)


def change(projection: RedisProjection, truth: Truth, forget: str) -> None:
    truth.value = b"v2"
    forgets = {
        "items": lambda: projection.forget_items(TENANT, ["A"]),
        "tenant": lambda: projection.forget_tenant(TENANT),
        "all": projection.forget_all,
    }
    forgets[forget]()


@pytest.mark.parametrize("forget", ["items", "tenant", "all"])
def test_a_reader_that_read_before_the_change_does_not_store_after_it(projection, forget):
    truth = Truth()
    read_while(projection, truth, lambda: change(projection, truth, forget))
    assert read(projection, truth) == b"v2"


@pytest.mark.parametrize("number", ["A", "X:epoch", "X:kept"])
def test_whatever_a_part_is_called_a_change_of_the_catalog_reaches_it(projection, number):
    truth = Truth()
    read(projection, truth, number)
    truth.value = b"v2"
    projection.forget_all()
    assert read(projection, truth, number) == b"v2"


def test_what_is_read_while_all_is_being_forgotten_is_forgotten_after_its_own_change(projection, monkeypatch):
    """The marks that say so must outlive the entries: those were listed before this one came."""
    truth = Truth()
    read(projection, truth, "B")
    unlink = projection._unlink

    def read_before(keys):
        read(projection, truth)
        unlink(keys)

    monkeypatch.setattr(projection, "_unlink", read_before)
    projection.forget_all()
    monkeypatch.undo()
    change(projection, truth, "items")
    assert read(projection, truth) == b"v2"


def test_control_with_a_plain_set_the_old_value_comes_back(projection, redis, monkeypatch):
    """The same race must fail without the lease's compare-and-set, or the test above proves nothing."""

    def plain_set(keys, args):
        *_, ttl_ms, value = args
        redis.set(keys[-1], b"V" + value, px=ttl_ms)

    monkeypatch.setattr(projection._leases, "_store", plain_set)
    truth = Truth()
    read_while(projection, truth, lambda: change(projection, truth, "items"))
    assert read(projection, truth) == b"v1"


def test_a_late_reader_loses_to_the_one_who_read_after_the_change(engines, projection, redis):
    truth, other = Truth(), RedisProjection(redis)

    def changed_and_read_anew() -> None:
        change(projection, truth, "items")
        assert read(other, Truth(b"v2")) == b"v2"

    read_while(projection, truth, changed_and_read_anew)
    assert read(projection, truth) == b"v2"
    assert len(truth.reads) == 1


def test_a_flushed_redis_does_not_let_an_old_value_in(projection, redis):
    truth = Truth()

    def flushed_and_changed() -> None:
        truth.value = b"v2"
        redis.flushall()

    read_while(projection, truth, flushed_and_changed)
    assert read(projection, truth) == b"v2"


@pytest.mark.parametrize("away", [False, True])
def test_however_many_threads_ask_one_reads(redis, away):
    client = client_for("redis://127.0.0.1:1/0") if away else redis
    projection, truth, threads = RedisProjection(client), Truth(), 24
    truth.gate.clear()
    with ThreadPoolExecutor(threads) as pool:
        readers = [pool.submit(read, projection, truth) for _ in range(threads)]
        assert truth.reading.wait(5)
        wait_until(lambda: waiting_at(projection) >= 1)
        time.sleep(0.2)  # the readers have no other sign of having joined
        truth.gate.set()
        assert {reader.result(10) for reader in readers} == {b"v1"}
    assert truth.reads == [["A"]]


def waiting_at(projection: RedisProjection) -> int:
    return len(projection._flights._flying)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def test_another_process_waits_for_the_one_that_reads(projection, redis):
    truth, other, others_truth = Truth(), RedisProjection(redis), Truth(b"never read")
    with ThreadPoolExecutor(1) as pool:

        def ask_elsewhere() -> None:
            answers.append(pool.submit(read, other, others_truth))

        answers: list = []
        read_while(projection, truth, ask_elsewhere)
        assert answers[0].result(5) == b"v1"
    assert others_truth.reads == []


def test_a_reader_that_died_is_waited_for_a_moment_only(redis):
    projection, truth = RedisProjection(redis, wait_s=0.05), Truth()
    dead = RedisProjection(redis)
    room = Room(f"t:{{{TENANT}}}:epoch", f"t:{{{TENANT}}}:kept")
    dead._leases._lease(room, [f"t:{{{TENANT}}}:p:A"], b"token")
    assert read(projection, truth) == b"v1"
    assert redis.get(f"t:{{{TENANT}}}:p:A").startswith(b"L")


def test_a_failed_read_gives_its_lease_back(projection, redis):
    def fail(_part_numbers):
        raise RuntimeError("the database is down")

    with pytest.raises(RuntimeError):
        projection.read(TENANT, Kind.PART, ["A"], fail)
    assert not redis.keys("t:*:p:*")
    assert read(projection, Truth()) == b"v1"


def test_only_what_is_missing_is_read(projection):
    truth = Truth()
    read(projection, truth, "B")
    assert projection.read(TENANT, Kind.PART, ["A", "B", "C"], truth.load) == [b"v1"] * 3
    assert truth.reads == [["B"], ["A", "C"]]


def test_a_warm_read_is_one_round_trip(projection, redis):
    truth = Truth()
    read(projection, truth)
    before = redis.info("commandstats")
    read(projection, truth)
    after = redis.info("commandstats")
    calls = {
        name: stats["calls"] - before.get(name, {"calls": 0})["calls"]
        for name, stats in after.items()
        if name != "cmdstat_info"
    }
    assert {name: count for name, count in calls.items() if count} == {"cmdstat_mget": 1}


def test_entries_live_less_than_55_seconds(projection, redis):
    read(projection, Truth())
    assert 45_000 < redis.pttl(f"t:{{{TENANT}}}:p:A") <= 50_000


def test_forgetting_one_tenant_or_item_leaves_the_others(projection):
    truth, other = Truth(), uuid4()
    projection.read(other, Kind.PART, ["A"], truth.load)
    read(projection, truth, "B")
    projection.forget_tenant(TENANT)
    projection.forget_items(other, ["B"])
    projection.read(other, Kind.PART, ["A"], truth.load)
    assert len(truth.reads) == 2


def unlinks(redis) -> int:
    return redis.info("commandstats").get("cmdstat_unlink", {"calls": 0})["calls"]


def test_forgetting_a_chunk_is_one_command(projection, redis):
    read(projection, Truth())
    before = unlinks(redis)
    projection.forget_items(TENANT, [f"P{i}" for i in range(1000)])
    assert unlinks(redis) == before + 1


def test_a_tenant_that_nobody_reads_has_nothing_to_forget(projection, redis):
    before = unlinks(redis)
    projection.forget_items(TENANT, [f"P{i}" for i in range(1000)])
    assert unlinks(redis) == before


def test_without_redis_forgetting_is_silent_and_reading_reads_the_truth():
    projection, truth = RedisProjection(client_for("redis://127.0.0.1:1/0")), Truth()
    projection.forget_items(TENANT, ["A"])
    projection.forget_tenant(TENANT)
    projection.forget_all()
    assert read(projection, truth) == b"v1"


def test_a_hung_redis_costs_one_timeout_not_one_each(engines, redis):
    projection = RedisProjection(client_for(engines.redis_url, timeout_s=0.2))
    truth = Truth()
    server = psutil.Process(redis.info("server")["process_id"])
    os.kill(server.pid, signal.SIGSTOP)
    try:
        started = time.monotonic()
        assert [read(projection, truth, str(i)) for i in range(20)] == [b"v1"] * 20
        elapsed = time.monotonic() - started
    finally:
        os.kill(server.pid, signal.SIGCONT)
    assert elapsed < 0.9


def test_a_connection_that_broke_is_made_anew_without_asking_the_truth(projection, redis):
    truth = Truth()
    read(projection, truth)
    read(projection, truth)
    redis.client_kill_filter(_type="normal", skipme=True)
    assert read(projection, truth) == b"v1"
    assert len(truth.reads) == 1
