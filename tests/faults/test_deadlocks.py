"""Overlapping writers in opposite orders: all lock by id, so none waits for another in a circle."""

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import text

from app.adapters.postgres.catalog import PostgresCatalogs
from app.adapters.postgres.feed_transactions import PostgresFeedTransaction
from app.domain.catalog.service import CatalogService
from app.domain.errors import TransientError
from app.domain.stock.apply import FeedJob
from app.domain.stock.feed import Feed, FeedKind
from tests.desk import Desk

ITEMS = 1500
ROUNDS = 8
ROUNDS_MAX = 40  # until the control must have met its deadlock

# The application's write without its order: rows are locked as the payload has them.
_UNSORTED = text("""
    UPDATE stock_item i SET stock = n.value, stock_as_of = :accepted_at, stock_seq = :seq
    FROM unnest(CAST(:ids AS bigint[]), CAST(:values AS int[])) AS n(id, value)
    WHERE i.id = n.id AND i.tenant_id = :tenant_id
      AND (i.stock_as_of IS NULL OR (i.stock_as_of, i.stock_seq) <= (:accepted_at, :seq))
""")
_NESTED_LOOP = text(
    "SELECT set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)"
)


# Between the two halves of that write, so that the rival has come from the other end when the second begins.
_PAUSE = text("SELECT pg_sleep(0.05)")


class Unsorted(PostgresFeedTransaction):
    """Writes a stock chunk in payload order."""

    def write(self, feed: Feed, plan: Any) -> bool:
        self._connection.execute(_NESTED_LOOP)
        half = len(plan.writes) // 2
        for some in (plan.writes[:half], plan.writes[half:]):
            self._connection.execute(
                _UNSORTED,
                {
                    "tenant_id": feed.tenant_id,
                    "accepted_at": feed.accepted_at,
                    "seq": feed.seq,
                    "ids": [standing.id for standing, _, _ in some],
                    "values": [value for _, value, _ in some],
                },
            )
            self._connection.execute(_PAUSE)
        return True


@pytest.fixture
def desk(open_desk) -> Desk:
    return open_desk(ITEMS, feed_chunk_rows=ITEMS)


def deadlocks(desk: Desk) -> int:
    """Counted by the server, sent at the end of each of its backends' transactions at the latest."""
    desk.owner.execute("SELECT pg_stat_force_next_flush()")
    desk.owner.execute("SELECT pg_stat_clear_snapshot()")
    row = desk.owner.execute(
        "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    ).fetchone()
    assert row
    return int(row[0])


def side_by_side(*acts: Callable[[], None]) -> None:
    together = threading.Barrier(len(acts))

    def run(act: Callable[[], None]) -> None:
        together.wait(10)
        with suppress(TransientError):  # the one that a deadlock is broken by; the server counts it
            act()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()


def descending_stock(desk: Desk, job: FeedJob, round_: int) -> Callable[[], None]:
    """A stock feed that names the items from the last to the first."""
    feed = desk.accept(*((f"P-{n}", round_ + 1) for n in reversed(range(ITEMS))))
    return lambda: desk.work(feed, job)


def ascending_prices(desk: Desk, round_: int) -> Callable[[], None]:
    body = [{"partNumber": f"P-{n}", "price": f"{round_ + 1}.00"} for n in range(ITEMS)]
    feed = desk.accept_body(FeedKind.PRICE, body)
    return lambda: desk.work(feed)


def ascending_import(desk: Desk, round_: int) -> Callable[[], None]:
    catalog = CatalogService(PostgresCatalogs(desk.container.unit_of_work), desk.container.projection)
    lines = ["partNumber,price", *(f"P-{n},{round_ + 1}.00" for n in range(ITEMS))]
    return lambda: catalog.import_items(desk.tenant.id, "items.csv", [f"{line}\n" for line in lines]) and None


RIVALS = pytest.mark.parametrize("rival", [ascending_prices, ascending_import])


@RIVALS
def test_feeds_and_imports_in_opposite_orders_never_deadlock(
    desk: Desk, rival: Callable[[Desk, int], Callable[[], None]]
):
    before = deadlocks(desk)
    for round_ in range(ROUNDS):
        side_by_side(descending_stock(desk, desk.job(), round_), rival(desk, round_))
    assert deadlocks(desk) == before
    assert desk.stock("P-0") == ROUNDS
    assert desk.price("P-0") == ROUNDS


def test_control_rows_locked_in_payload_order_deadlock(desk: Desk):
    """Beside a price feed; an import waits for its turn in the lane and meets no feed among its rows."""
    before = deadlocks(desk)
    for round_ in range(ROUNDS_MAX):
        side_by_side(descending_stock(desk, desk.job(Unsorted), round_), ascending_prices(desk, round_))
        desk.later()
        if deadlocks(desk) > before:
            return
    pytest.fail("no deadlock without the order: the check above proves nothing")
