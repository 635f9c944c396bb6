"""Chunks go after 7 days; what they confirmed without a write is written down first."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.stock.feed import Feed
from tests.desk import Desk

NOW = datetime.now(UTC).replace(microsecond=0)
NOON = NOW - timedelta(days=9)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def desk(open_desk: Callable[..., Desk]) -> Desk:
    return open_desk(2)


def age(desk: Desk, feed: Feed, days: int) -> None:
    """Let a feed have been accepted days ago; its chunks move to their day's partition, or to the default one."""
    for table, column in (("feed", "id"), ("feed_chunk", "feed_id")):
        desk.owner.execute(
            f"UPDATE {table} SET accepted_at = accepted_at - make_interval(days => %s) WHERE {column} = %s",
            (days, feed.id),
        )


def kept(desk: Desk, feed: Feed) -> int:
    rows = desk.owner.execute("SELECT count(*) FROM feed_chunk WHERE feed_id = %s", (feed.id,)).fetchone()
    return rows[0]


def test_chunks_are_kept_for_seven_days_and_no_longer(desk: Desk):
    young, old = desk.accept(("P-0", 1)), desk.accept(("P-1", 1))
    for feed in (young, old):
        desk.work(feed)
    age(desk, young, 6)
    age(desk, old, 9)
    desk.container.housekeeping()

    assert (kept(desk, young), kept(desk, old)) == (1, 0)


def test_a_row_that_was_confirmed_stays_confirmed_when_its_chunk_is_gone(desk: Desk):
    for row in (("P-0", 5, NOON), ("P-0", 5, NOON + 2 * MINUTE)):
        feed = desk.accept(row)
        desk.work(feed)
    age(desk, feed, 9)
    desk.container.housekeeping()
    assert kept(desk, feed) == 0
    late = desk.accept(("P-0", 7, NOON + MINUTE))
    desk.work(late)

    assert desk.stock("P-0") == 5
    assert desk.feed(late).counters.stale == 1


def test_rolling_twice_changes_nothing(desk: Desk):
    desk.container.housekeeping()
    before = partitions(desk)
    desk.container.housekeeping()

    assert partitions(desk) == before
    assert f"feed_chunk_{NOW + timedelta(days=14):%Y%m%d}" in before


def partitions(desk: Desk) -> list[str]:
    found = desk.owner.execute(
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'feed_chunk'::regclass ORDER BY 1"
    )
    return [name for (name,) in found]


def test_what_a_push_brought_home_is_forgotten_after_thirty_days_and_its_failures_never(desk: Desk):
    desk.owner.execute(
        "WITH p AS (INSERT INTO push (tenant_id, status, total, succeeded, failed, finished_at, requested_by)"
        " SELECT %(t)s, 'completed', 2, 1, 1, now() - make_interval(days => d), 'test' FROM unnest(ARRAY[29, 31]) d"
        " RETURNING id, tenant_id)"
        " INSERT INTO push_item (push_id, ordinal, tenant_id, part_number, outcome)"
        " SELECT id, n, tenant_id, 'A', o FROM p, unnest(ARRAY['succeeded', 'failed']) WITH ORDINALITY u(o, n)",
        {"t": desk.tenant.id},
    )
    desk.container.housekeeping()
    kept_items = desk.owner.execute("SELECT outcome FROM push_item ORDER BY outcome").fetchall()
    assert kept_items == [("failed",), ("failed",), ("succeeded",)]
