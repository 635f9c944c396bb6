"""Worker processes as they live and die: signals, crashes, an engine away, and tenants beside each other."""

import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import redis

from app.adapters.postgres.feed_transactions import PostgresFeedTransaction
from app.domain.stock.feed import Feed, FeedStatus
from app.domain.work.dispatch import TRIES_MAX, Queue
from app.local.engines import Engines
from app.local.ports import free_port
from app.local.processes import worker
from app.local.program import spawn
from app.local.valkey import ValkeyServer
from app.workers.middleware import EXIT_THREAD_DIED
from tests.desk import Desk
from tests.workers import Group, eventually

pytestmark = pytest.mark.slow
ITEMS = 2000
CHUNK = 4  # a feed of all items has five hundred chunks: seconds of work
EVERYTHING = tuple((f"P-{n}", n + 1) for n in range(ITEMS))
QUICK: dict[str, Any] = {
    "feed_chunk_rows": CHUNK,
    "lease_s": 2.0,
    "sweep_interval_s": 0.2,
    "feed_slice_s": 0.2,
}


@pytest.fixture
def desk(open_desk: Callable[..., Desk]) -> Desk:
    return open_desk(ITEMS, **QUICK)


@pytest.fixture
def start(desk: Desk, tmp_path: Path) -> Iterator[Callable[..., Group]]:
    """Starts groups of workers on the desk's system; ends what is left of them."""
    started: list[Group] = []

    def start_one(of: Desk = desk, **options: Any) -> Group:
        log = tmp_path / f"workers-{len(started)}.log"
        started.append(Group.start(of.container.settings, log, **options))
        return started[-1]

    yield start_one
    for group in started:
        group.kill()


def begun(desk: Desk, feed: Feed) -> bool:
    return desk.feed(feed).rows_applied > 0


def assert_whole(desk: Desk, feed: Feed) -> None:
    """Applied, every row with one outcome and every value in its place."""
    done = desk.feed(feed)
    assert done.status is FeedStatus.APPLIED
    assert done.counters.updated == done.rows_applied == ITEMS
    outcomes = desk.owner.execute(
        "SELECT sum(octet_length(outcomes)) FROM feed_chunk WHERE feed_id = %s", (feed.id,)
    ).fetchone()
    assert outcomes == (ITEMS,)
    wrong = desk.owner.execute(
        "SELECT count(*) FROM stock_item WHERE tenant_id = %s AND stock <> substr(part_number, 3)::int + 1",
        (desk.tenant.id,),
    ).fetchone()
    assert wrong == (0,)


def test_sigterm_to_every_process_twice_drains_and_another_worker_goes_on(
    desk: Desk, start: Callable[..., Group]
):
    group = start(processes=2, threads=2)
    feed = desk.accept(*EVERYTHING)
    eventually(lambda: begun(desk, feed), 20, "the feed")
    group.signal_all(signal.SIGTERM)
    group.signal_all(signal.SIGTERM)
    assert group.master.wait(25) == 0, group.log.read_text()
    assert group.gone
    assert not desk.settled(feed)
    left = desk.owner.execute("SELECT state, attempts FROM dispatch WHERE id = %s", (feed.id,)).fetchone()
    assert left in {("ready", 0), ("ready", 1)}
    start()
    eventually(lambda: desk.settled(feed), 60, "the rest of the feed")
    assert_whole(desk, feed)


def test_a_worker_whose_thread_died_exits_so_that_its_supervisor_sees_it(
    desk: Desk, start: Callable[..., Group]
):
    group = start(module="tests.integration.dying_threads")
    feed = desk.accept(*EVERYTHING)
    assert group.master.wait(20) == EXIT_THREAD_DIED
    assert group.gone
    assert not desk.settled(feed)
    start()
    eventually(lambda: desk.settled(feed), 60, "the feed that the dead worker had begun")
    assert_whole(desk, feed)


def test_a_child_that_is_killed_while_it_starts_is_missed_at_once(desk: Desk, tmp_path: Path):
    group = Group.booting(desk.container.settings, tmp_path / "log", worker(Queue.FEEDS, 1, 1), {})
    try:
        eventually(lambda: group.children, 30, "a child")
        group.children[0].kill()
        assert group.master.wait(20) == 1
    finally:
        group.kill()


def test_a_killed_workers_feed_goes_on_at_the_next_chunk_and_no_row_counts_twice(
    desk: Desk, start: Callable[..., Group]
):
    group = start()
    feed = desk.accept(*EVERYTHING)
    for _ in range(2):
        before = desk.feed(feed).rows_applied
        eventually(lambda: desk.feed(feed).rows_applied > before, 20, "progress")  # noqa: B023 - called at once
        group.kill()
        assert not desk.settled(feed)
        group = start()
    eventually(lambda: desk.settled(feed), 60, "the rest of the feed")
    assert_whole(desk, feed)


def test_what_redis_forgot_right_after_the_acceptance_goes_on_within_30_s(
    desk: Desk, start: Callable[..., Group]
):
    group = start()
    group.signal_all(signal.SIGSTOP)
    feed = desk.accept(("P-0", 7))
    with redis.Redis.from_url(desk.container.settings.broker_url) as client:
        client.flushall()
    group.signal_all(signal.SIGCONT)
    eventually(lambda: desk.applied(feed), 30, "the feed that Redis forgot")


def test_a_stopped_worker_holds_its_feed_up_for_less_than_30_s_and_counts_nothing_when_it_wakes(
    desk: Desk, start: Callable[..., Group]
):
    stopped = start()
    feed = desk.accept(*EVERYTHING)
    eventually(lambda: begun(desk, feed), 20, "the feed")
    stopped.signal_all(signal.SIGSTOP)
    before = desk.feed(feed).rows_applied
    start()
    eventually(lambda: desk.feed(feed).rows_applied > before, 30, "going on")
    stopped.signal_all(signal.SIGCONT)
    eventually(lambda: desk.settled(feed), 60, "the feed")
    assert_whole(desk, feed)


@pytest.fixture
def own_valkey(engines: Engines, tmp_path: Path) -> ValkeyServer:
    """A Valkey that may be killed: the session's belongs to every test."""
    home = engines.valkey.home / f"killed-{free_port()}"
    home.mkdir(mode=0o755)
    return replace(engines.valkey, home=home, port=free_port(), log=tmp_path / "valkey.log")


def test_redis_away_while_a_feed_is_applied_holds_it_up_for_less_than_30_s(
    open_desk: Callable[..., Desk], start: Callable[..., Group], own_valkey: ValkeyServer
):
    server = spawn(own_valkey.program())
    eventually(own_valkey.accepts, 20, "Valkey")
    away = open_desk(ITEMS, redis_url=own_valkey.url(0), broker_url=own_valkey.url(1), **QUICK)
    start(away)
    feed = away.accept(*EVERYTHING)
    eventually(lambda: begun(away, feed), 20, "the feed")
    server.kill()
    server.wait()
    accepted_without = away.accept(("P-0", 1))
    server = spawn(own_valkey.program())
    try:
        eventually(own_valkey.accepts, 20, "Valkey again")
        before = away.feed(feed).rows_applied
        eventually(lambda: away.feed(feed).rows_applied > before or away.settled(feed), 30, "going on")
        eventually(lambda: away.settled(feed, accepted_without), 60, "both feeds")
        assert away.feed(feed).counters.updated == ITEMS
        assert away.stock("P-0") == 1
    finally:
        server.kill()
        server.wait()


def test_a_tenants_large_feed_does_not_hold_up_anothers_small_one_even_on_one_thread(
    desk: Desk, start: Callable[..., Group]
):
    neighbour = desk.neighbour(10)
    start(processes=1, threads=1)
    large = desk.accept(*EVERYTHING)
    eventually(lambda: begun(desk, large), 20, "the large feed")
    small = neighbour.accept(*((f"P-{n}", 3) for n in range(10)))
    eventually(lambda: neighbour.applied(small), 5, "the small feed")
    assert not desk.settled(large)


def test_feeds_of_different_tenants_run_side_by_side(desk: Desk, start: Callable[..., Group]):
    neighbour = desk.neighbour(ITEMS)
    start(processes=1, threads=2)
    feeds = desk.accept(*EVERYTHING), neighbour.accept(*EVERYTHING)

    def both_run() -> bool:
        row = desk.owner.execute("SELECT count(*) FROM dispatch WHERE state = 'running'").fetchone()
        return row == (2,)

    eventually(both_run, 20, "two feeds at once")
    assert not desk.settled(feeds[0])
    assert not neighbour.settled(feeds[1])


class Broken(PostgresFeedTransaction):
    """A defect in the application: a chunk cannot be written."""

    def write(self, feed: Feed, plan: Any) -> bool:
        raise ValueError("this chunk cannot be written")


def test_a_feed_that_raises_three_times_is_failed_with_its_reason_and_a_replay_finishes_it_at_its_old_place(
    open_desk: Callable[..., Desk],
):
    desk = open_desk(2)
    failing = desk.accept(("P-0", 5), ("P-1", 5))
    for _ in range(TRIES_MAX):
        assert desk.feed(failing).status is not FeedStatus.FAILED
        desk.work(failing, desk.job(Broken))
        desk.later()
    assert desk.feed(failing).status is FeedStatus.FAILED
    assert desk.feed(failing).error == "ValueError: this chunk cannot be written"
    (letter,) = desk.container.dead_letters.list()
    assert (letter.id, letter.error) == (failing.id, "ValueError: this chunk cannot be written")
    newer = desk.accept(("P-0", 6))
    desk.work(newer)
    assert desk.applied(newer), "a failed feed must not hold up its lane"
    desk.container.dead_letters.replay([failing.id])
    desk.work(failing)
    assert desk.applied(failing)
    assert desk.feed(failing).counters.stale == 1
    assert (desk.stock("P-0"), desk.stock("P-1")) == (6, 5)
    assert desk.dead_letters() == []


def test_a_stopping_process_hands_its_slice_back_at_the_next_chunk(desk: Desk):
    feed = desk.accept(*EVERYTHING)
    thread = threading.Thread(target=desk.work, args=(feed,))
    thread.start()
    eventually(lambda: begun(desk, feed), 20, "the feed")
    desk.container.work.stop()
    thread.join(5)
    assert not thread.is_alive()
    row = desk.owner.execute("SELECT state FROM dispatch WHERE id = %s", (feed.id,)).fetchone()
    assert row == ("ready",)
    assert desk.feed(feed).rows_applied < ITEMS
