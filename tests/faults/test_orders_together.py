"""Orders that are taken together: each gets the answer that it would get by itself, whatever befalls the others."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest

from app.adapters.postgres import order_stock, unit_of_work
from app.adapters.postgres.orders import PostgresOrders
from app.domain.errors import OutcomeUnknownError, TransientError
from app.domain.orders.order import Line, NewOrder, Order
from app.domain.orders.ports import OrderTransaction
from app.domain.orders.service import OrderDesk
from tests.faults.controls import without
from tests.faults.test_orders import UNCONDITIONAL, UNLOCKED, deadlocks, unchecked
from tests.orders import OrderBook
from tests.rush import Sale, reports, stock
from tests.stockline import Stockline, until
from tests.stockline_fixtures import _application, _database, _emptied, build, stockline

__all__ = ["_application", "_database", "_emptied", "build", "stockline", "unchecked"]


def order(order_id: str, *lines: tuple[str, int], **more: Any) -> NewOrder:
    return NewOrder("web", order_id, [Line(name, quantity) for name, quantity in lines], **more)


class Process:
    """A desk as a process of its own has it. `take` has all of a crowd in one transaction, in their order."""

    def __init__(self, book: OrderBook) -> None:
        self.book, self.tenant_id = book, UUID(str(book.stockline.tenant_id))
        self._opens = PostgresOrders(book.stockline.container.unit_of_work)
        self.desk = OrderDesk(self)
        self.waits_for = self.joints = self.alone = 0

    @contextmanager
    def tenant(self, tenant_id: UUID) -> Iterator[OrderTransaction]:
        self.alone += 1
        with self._opens.tenant(tenant_id) as tx:
            yield tx

    @contextmanager
    def joint(self, tenant_id: UUID) -> Iterator[OrderTransaction]:
        self.joints += 1
        with self._opens.joint(tenant_id) as tx:
            until(lambda: self.waiting() >= self.waits_for)
            self.waits_for = 0
            yield tx

    def waiting(self) -> int:
        return len(self.desk._crowd._waiting.get(self.tenant_id, ()))

    def take(self, *wanted: NewOrder) -> list[Any]:
        """What each is answered: an order and whether it is new, or the error."""
        self.waits_for, before = len(wanted) - 1, self.joints
        with ThreadPoolExecutor(len(wanted)) as threads:
            told = [threads.submit(self.one, wanted[0])]
            until(lambda: self.joints > before)
            for count, one in enumerate(wanted[1:], 1):
                told.append(threads.submit(self.one, one))
                until(lambda count=count: not self.waits_for or self.waiting() == count)
            return [one.result(60) for one in told]

    def one(self, wanted: NewOrder) -> tuple[Order, bool] | Exception:
        try:
            return self.desk.reserve(self.tenant_id, wanted)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test looks at it
            return error


@pytest.fixture
def book(stockline: Stockline) -> OrderBook:
    return OrderBook(stockline)


@pytest.fixture
def process(book: OrderBook) -> Process:
    return Process(book)


def codes(told: list[Any]) -> list[str]:
    return [("new" if one[1] else "again") if isinstance(one, tuple) else one.code for one in told]


def test_a_crowd_is_one_transaction(book: OrderBook, process: Process):
    supplier = book.supplier()
    stock = [book.lists(supplier, name, 5) for name in "AB"]
    told = process.take(order("1", ("A", 1), ("B", 2)), order("2", ("A", 2)), order("3", ("B", 1)))
    assert codes(told) == ["new"] * 3
    assert [book.available(one) for one in stock] == [2, 2]
    assert (process.joints, process.alone) == (1, 0)
    for one, _ in told:
        assert process.desk.get(process.tenant_id, "web", one.order_id) == one
    assert book.drift() is None


def test_one_is_refused_beside_one_that_is_granted(book: OrderBook, process: Process):
    stock = book.lists(book.supplier(), "A", 3)
    told = process.take(
        order("1", ("Z", 1)), order("2", ("A", 2)), order("3", ("A", 4)), order("4", ("A", 1))
    )
    assert codes(told) == ["unknown_part", "new", "insufficient_stock", "new"]
    assert told[2].details == [{"partNumber": "A", "requested": 4, "available": 3}]
    assert (process.joints, process.alone, book.available(stock)) == (1, 0, 0)
    assert {one["orderId"]: one["code"] for one in book.refusals()} == {
        "1": "unknown_part", "3": "insufficient_stock",
    }  # fmt: skip


def test_those_who_came_first_are_served_first(book: OrderBook, process: Process):
    stock = book.lists(book.supplier(), "A", 3)
    told = process.take(order("1", ("A", 2)), order("2", ("A", 2)), order("3", ("A", 1)))
    assert codes(told) == ["new", "insufficient_stock", "new"]
    assert told[1].details == [{"partNumber": "A", "requested": 2, "available": 0}]
    assert book.available(stock) == 0


def test_who_loses_a_supplier_to_an_earlier_one_gets_another(book: OrderBook, process: Process):
    for code, quantity in (("a", 3), ("b", 2)):
        book.lists(book.supplier(code), "A", quantity)
    told = process.take(order("1", ("A", 2)), order("2", ("A", 2)))
    assert codes(told) == ["new", "new"]
    assert told[0][0].lines[0].supplier_id != told[1][0].lines[0].supplier_id
    assert (process.joints, process.alone) == (1, 0)


def test_the_same_order_twice_in_a_crowd_is_reserved_once(book: OrderBook, process: Process):
    stock = book.lists(book.supplier(), "A", 5)
    told = process.take(order("1", ("A", 2)), order("1", ("A", 2)), order("2", ("A", 1)))
    assert codes(told) == ["new", "again", "new"]
    assert told[0][0] == told[1][0]
    assert book.stock(stock)["reserved"] == 3


def test_the_same_id_with_other_lines_is_a_conflict(book: OrderBook, process: Process):
    stock = book.lists(book.supplier(), "A", 5)
    told = process.take(order("1", ("A", 2)), order("1", ("A", 3)))
    assert codes(told) == ["new", "order_conflict"]
    assert book.stock(stock)["reserved"] == 2


def test_the_same_refused_order_twice_is_one_refusal(book: OrderBook, process: Process):
    told = process.take(order("1", ("Z", 1)), order("1", ("Z", 1)))
    assert codes(told) == ["unknown_part"] * 2
    (refusal,) = book.refusals()
    assert refusal["times"] == 2


def test_an_order_that_is_there_already_takes_nothing_from_the_others(book: OrderBook, process: Process):
    stock = book.lists(book.supplier(), "A", 2)
    first = process.take(order("1", ("A", 1)))[0][0]
    told = process.take(order("1", ("A", 1)), order("2", ("A", 1)))
    assert codes(told) == ["again", "new"]
    assert told[0][0] == first
    assert (process.alone, book.available(stock)) == (0, 0)


def test_each_keeps_its_end_its_flags_and_its_account(book: OrderBook, process: Process):
    book.lists(book.supplier(), "A", 5)
    book.rules({"rule": "unknown_part", "action": "flag", "channel": "", "account": "x", "value": None})
    told = process.take(
        order("1", ("A", 1), expires_in_s=3600),
        order("2", ("A", 1), ("Z", 1), account="x"),
        order("3", ("A", 1)),
    )
    assert codes(told) == ["new"] * 3
    assert [(one.expires_at is not None, len(one.flags), one.account) for one, _ in told] == [
        (True, 0, None), (False, 1, "x"), (False, 0, None),
    ]  # fmt: skip
    assert process.joints == 1
    due = book.stockline.database.execute(
        "SELECT id FROM dispatch WHERE tenant_id = %s", (process.tenant_id,)
    ).fetchall()
    assert due == [(told[0][0].id,)]


def test_the_activity_counts_each_and_open_refusals_of_them_are_resolved(book: OrderBook, process: Process):
    process.take(order("1", ("A", 1)), order("2", ("A", 1)))
    supplier = book.supplier()
    for name in "AB":
        book.lists(supplier, name, 5)
    process.take(order("1", ("A", 1)), order("2", ("A", 1)), order("3", ("A", 2), ("B", 1)))
    seen = book.stockline.activity("orders")
    assert (seen["lastResult"], seen["calls24h"], seen["rows24h"]) == ({"lines": 2, "units": 3}, 3, 4)
    assert book.refusals() == []


@pytest.mark.parametrize(
    "bad", [order("2", ("A", 1), account="a\0"), order("2", ("A\0", 1))], ids=["written", "looked for"]
)
def test_one_bad_order_harms_no_other(book: OrderBook, process: Process, bad: NewOrder):
    stock = book.lists(book.supplier(), "A", 5)
    told = process.take(order("1", ("A", 1)), bad, order("3", ("A", 1)))
    assert isinstance(told[1], Exception)
    assert codes([told[0], told[2]]) == ["new", "new"]
    assert (process.joints, process.alone) == (1, 3)
    assert codes(process.take(order("4", ("A", 1)), order("5", ("A", 1)))) == ["new", "new"]
    assert (process.joints, process.alone) == (2, 3)
    assert (book.stock(stock)["reserved"], book.drift()) == (4, None)


class TestABrokenCommit:
    """Of a crowd."""

    @pytest.fixture
    def breaks(self, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
        commit, whole = unit_of_work._commit, [True]

        def break_next(*, committed: bool) -> None:
            def breaks(connection: Any) -> None:
                if whole and whole.pop():
                    raw = connection.connection.dbapi_connection
                    if committed:
                        raw.commit()
                    raw.close()
                commit(connection)

            monkeypatch.setattr(unit_of_work, "_commit", breaks)

        return break_next

    def test_that_happened_each_is_found(self, book: OrderBook, process: Process, breaks):
        stock = book.lists(book.supplier(), "A", 5)
        breaks(committed=True)
        told = process.take(order("1", ("A", 1)), order("2", ("A", 2)))
        assert codes(told) == ["new", "new"]
        assert codes(process.take(order("1", ("A", 1)), order("2", ("A", 2)))) == ["again", "again"]
        assert book.stock(stock)["reserved"] == 3

    def test_that_did_not_nobody_knows_and_sent_again_each_is_reserved_once(
        self, book: OrderBook, process: Process, breaks
    ):
        stock = book.lists(book.supplier(), "A", 5)
        breaks(committed=False)
        told = process.take(order("1", ("A", 1)), order("2", ("A", 2)))
        assert all(isinstance(one, OutcomeUnknownError) for one in told)
        assert book.available(stock) == 5
        assert codes(process.take(order("1", ("A", 1)), order("2", ("A", 2)))) == ["new", "new"]
        assert book.stock(stock)["reserved"] == 3


def test_who_wants_a_row_that_is_held_for_long_does_not_keep_the_others(book: OrderBook, process: Process):
    supplier = book.supplier()
    held, free = book.lists(supplier, "A", 5), book.lists(supplier, "B", 5)
    with ThreadPoolExecutor(2) as threads:
        with book.stockline.database.transaction():
            book.stockline.database.execute("SELECT FROM supplier_stock WHERE id = %s FOR UPDATE", (held,))
            waits = threads.submit(process.one, order("1", ("A", 1)))
            until(lambda: process.joints)
            began = time.monotonic()
            assert codes([threads.submit(process.one, order("2", ("B", 1))).result(60)]) == ["new"]
            assert time.monotonic() - began < 10  # by themselves they wait for a lock for 15 s
            assert not waits.done()
        assert codes([waits.result(60)]) == ["new"]
    assert (book.available(held), book.available(free)) == (4, 4)


PARTS = [f"P-{number}" for number in range(8)]


def crowded(processes: list[Process], orders: list[NewOrder], threads: int) -> list[Any]:
    """What each order is answered; each goes to the next process, sent again while the answer says so."""

    def send(at: int) -> Any:
        while isinstance(told := processes[at % len(processes)].one(orders[at]), TransientError):
            time.sleep(0.01)
        return told

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(send, range(len(orders))))


def test_crowds_of_several_processes_that_take_the_same_orders_never_deadlock(book: OrderBook):
    supplier, chance = book.supplier(), random.Random(7)
    for part in PARTS:
        book.lists(supplier, part, 1_000)
    wanted = [order(str(at), *[(part, 1) for part in chance.sample(PARTS, 5)]) for at in range(60)]
    sent = wanted * 4
    chance.shuffle(sent)
    before = deadlocks(book)
    told = crowded([Process(book) for _ in range(3)], sent, 24)
    assert Counter(codes(told)) == {"new": 60, "again": 180}
    assert deadlocks(book) == before
    assert book.drift() is None


def test_sent_to_several_processes_at_once_an_order_is_never_short_of_what_it_took_itself(book: OrderBook):
    for number in range(5):
        kept = book.lists(book.supplier(f"S{number}"), f"A{number}", 20)
        sent = [order(f"{number}-{at % 20}", (f"A{number}", 1)) for at in range(80)]
        told = crowded([Process(book) for _ in range(4)], sent, 24)
        assert Counter(codes(told)) == {"new": 20, "again": 60}
        assert book.available(kept) == 0
    assert book.drift() is None


STORM = Sale(skus=4, units=80, asked=320)


def test_in_a_storm_over_several_processes_not_a_unit_is_sold_twice_nor_lost(book: OrderBook):
    """While the supplier reports and orders end because their time is over."""
    stockline = book.stockline
    supplier = stock(stockline.database, stockline.tenant_id, STORM)
    processes = [Process(book) for _ in range(3)]
    ending = [order(f"ends-{at}", (STORM.sku(at), 1), expires_in_s=1) for at in range(20)]
    assert set(codes(crowded(processes, ending, 8))) == {"new"}
    orders = [order(str(at), (STORM.sku(at), 1)) for at in range(STORM.asked)]
    done = threading.Event()

    def end_them() -> None:
        while not done.wait(0.05):
            stockline.drain()

    with reports(stockline.container, stockline.tenant_id, supplier, STORM), ThreadPoolExecutor(1) as beside:
        ends = beside.submit(end_them)
        told = Counter(codes(crowded(processes, orders, 64)))
        done.set()
        ends.result(60)
    until(lambda: stockline.drain() or stockline.count("dispatch") == 0)
    again = Counter(
        codes(crowded(processes, [order(f"last-{at}", (STORM.sku(at), 1)) for at in range(80)], 64))
    )
    assert sum(told.values()) == STORM.asked
    assert set(told | again) == {"new", "insufficient_stock"}
    assert told["new"] + again["new"] == STORM.units
    assert stockline.count("reservation") == STORM.units + len(ending)
    assert book.drift() is None
    assert sum(one.joints for one in processes) < STORM.asked


def sold_twice(book: OrderBook) -> bool:
    """Whether crowds of several processes take more than there is of something."""
    processes = [Process(book) for _ in range(4)]
    for number in range(15):
        kept = book.lists(book.supplier(f"S{number}"), f"A{number}", 2)
        crowded(processes, [order(f"{number}-{at}", (f"A{number}", 1)) for at in range(24)], 24)
        if book.stock(kept)["reserved"] > 2:
            return True
    return False


def test_control_crowds_without_lock_condition_and_check_sell_units_twice(
    book: OrderBook, monkeypatch: pytest.MonkeyPatch, unchecked: None
):
    for statement, piece in (UNLOCKED, UNCONDITIONAL):
        without(monkeypatch, order_stock, statement, piece)
    assert sold_twice(book)


@pytest.mark.parametrize("gone", [[UNLOCKED], [UNCONDITIONAL]], ids=["condition", "lock"])
def test_the_one_or_the_other_alone_sells_no_unit_of_a_crowd_twice(
    book: OrderBook, monkeypatch: pytest.MonkeyPatch, unchecked: None, gone: list[tuple[str, str]]
):
    for statement, piece in gone:
        without(monkeypatch, order_stock, statement, piece)
    assert not sold_twice(book)


def test_the_check_alone_sells_no_unit_of_a_crowd_twice(book: OrderBook, monkeypatch: pytest.MonkeyPatch):
    for statement, piece in (UNLOCKED, UNCONDITIONAL):
        without(monkeypatch, order_stock, statement, piece)
    assert not sold_twice(book)
