"""Many at once on the same units: nothing is sold twice, nothing is lost, nobody waits in a circle."""

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest

from app.adapters.postgres import order_stock
from app.domain.errors import OutcomeUnknownError
from app.domain.orders import service
from tests.faults.controls import without
from tests.orders import OrderBook
from tests.rush import Sale, answer, reports, rush, stock
from tests.stockline import Stockline
from tests.stockline_fixtures import _application, _database, _emptied, build, stockline

__all__ = ["_application", "_database", "_emptied", "build", "stockline"]

CLIENTS = 12


@pytest.fixture
def book(stockline: Stockline) -> OrderBook:
    stockline.set(rate_limit_per_s=1e6, rate_limit_burst=1_000_000)
    return OrderBook(stockline)


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What each returns; all begin together."""
    together = threading.Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        together.wait(20)
        return act()

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(run, acts))


def statuses(responses: list[Any]) -> Counter[int]:
    return Counter(response.status_code for response in responses)


def test_the_same_order_many_times_at_once_is_reserved_once(book: OrderBook):
    stock = book.lists(book.supplier(), "A", 1)
    told = at_once(*[lambda: book.post("1", ("A", 1))] * CLIENTS)
    assert statuses(told) == {201: 1, 200: CLIENTS - 1}
    assert len({response.text for response in told}) == 1
    assert book.stock(stock)["reserved"] == 1


def test_of_two_orders_under_one_id_one_is_taken_and_the_other_a_conflict(book: OrderBook):
    supplier = book.supplier()
    for name in "AB":
        book.lists(supplier, name, 5)
    told = at_once(lambda: book.post("1", ("A", 1)), lambda: book.post("1", ("B", 1)))
    assert statuses(told) == {201: 1, 409: 1}
    assert book.drift() is None


@pytest.mark.parametrize("attempt", range(4))
def test_an_order_is_fulfilled_or_cancelled_and_never_both(book: OrderBook, attempt: int):
    stock = book.lists(book.supplier(), "A", 5)
    book.take("1", ("A", 2))
    acts = [lambda: book.settle("fulfil", "1"), lambda: book.settle("cancel", "1")] * 4
    assert statuses(at_once(*acts)) == {200: 4, 409: 4}
    assert book.stock(stock)["reserved"] == 0
    assert book.drift() is None


def test_control_without_the_states_guard_it_is_both(book: OrderBook, monkeypatch: pytest.MonkeyPatch):
    without(monkeypatch, order_stock, "_SETTLE", r"AND status = 'reserved'")
    book.lists(book.supplier(), "A", 5)
    for number in range(20):
        book.take(str(number), ("A", 1))
        acts = [
            lambda name=str(number): book.settle("fulfil", name),
            lambda name=str(number): book.settle("cancel", name),
        ] * 3
        if statuses(at_once(*acts)) != {200: 3, 409: 3}:
            return
        book.settle("cancel", str(number))
        book.stockline.sql("UPDATE supplier_stock SET quantity = quantity + 5")
    pytest.fail("the guard is out and nobody saw it")


PARTS = [f"P-{number}" for number in range(8)]


def shuffled_orders(book: OrderBook, seed: int, count: int = 12) -> Counter[int]:
    """Orders of several lines in any order, some of them settled at once, while a supplier reports."""
    chance = random.Random(seed)
    told: Counter[int] = Counter()
    for number in range(count):
        name = f"{seed}-{number}"
        lines = [(part, 1) for part in chance.sample(PARTS, 5)]
        told[book.post(name, *lines).status_code] += 1
        if number % 3:
            told[book.settle(chance.choice(["fulfil", "cancel"]), name).status_code] += 1
    return told


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each order in a transaction of its own, as if it had come to a process of its own."""
    monkeypatch.setattr(service, "LINES_TOGETHER_MAX", 0)


def test_orders_of_many_lines_in_any_order_never_deadlock(book: OrderBook, alone: None):
    supplier = book.supplier()
    for part in PARTS:
        book.lists(supplier, part, 1_000)
    before = deadlocks(book)
    told = at_once(*[lambda seed=seed: shuffled_orders(book, seed) for seed in range(8)])
    assert sum(told, Counter()) == {201: 96, 200: 64}
    assert deadlocks(book) == before
    assert book.drift() is None


def test_control_rows_locked_in_the_lines_order_deadlock(
    book: OrderBook, monkeypatch: pytest.MonkeyPatch, alone: None
):
    without(monkeypatch, order_stock, "_LOCK", r"ORDER BY s\.id", "ORDER BY md5(s.id || random()::text)")
    supplier = book.supplier()
    for part in PARTS:
        book.lists(supplier, part, 100_000)
    before = deadlocks(book)
    for round_ in range(20):
        seeds = range(round_ * 4, round_ * 4 + 4)
        at_once(*[lambda seed=seed: shuffled_orders(book, seed, 3) for seed in seeds])
        if deadlocks(book) > before:
            return
    pytest.fail("no deadlock without the order: the check above proves nothing")


def deadlocks(book: OrderBook) -> int:
    """Counted by the server, sent at the end of each of its backends' transactions at the latest."""
    for statement in ("SELECT pg_stat_force_next_flush()", "SELECT pg_stat_clear_snapshot()"):
        book.stockline.sql(statement)
    return book.stockline._value("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")


def test_an_answer_lost_in_the_commit_is_found_by_the_orders_key(
    book: OrderBook, monkeypatch: pytest.MonkeyPatch
):
    stock = book.lists(book.supplier(), "A", 5)
    lose_the_next_commit(book, monkeypatch)
    assert book.post("1", ("A", 2)).status_code == 201
    assert book.post("1", ("A", 2)).status_code == 200
    assert book.stock(stock)["reserved"] == 2


def lose_the_next_commit(book: OrderBook, monkeypatch: pytest.MonkeyPatch) -> None:
    """It happens, and nobody hears of it."""
    desk = book.stockline.container.orders
    placed = desk._placed

    def lost(*args: Any) -> Any:
        placed(*args)
        monkeypatch.undo()
        raise OutcomeUnknownError("the connection broke while committing")

    monkeypatch.setattr(type(desk), "_placed", lambda _, *args: lost(*args))


SALE = Sale(skus=4, units=40, asked=80, clients=8)
"""Smaller than what scripts/bench runs."""


def test_a_crowd_buys_what_is_there_and_not_a_unit_more(book: OrderBook, engines: Any):
    """While the supplier reports, and connections are cut in the middle of what they do."""
    stockline = book.stockline
    supplier = stock(stockline.database, stockline.tenant_id, SALE)
    done = threading.Event()

    def client(first: int) -> Counter[str]:
        numbers = range(first, SALE.asked, SALE.clients)
        told = [answer(stockline.container, stockline.tenant_id, str(at), SALE.sku(at)) for at in numbers]
        return Counter(told)

    with reports(stockline.container, stockline.tenant_id, supplier, SALE), ThreadPoolExecutor(1) as killer:
        cuts = killer.submit(cut, engines.superuser_url, done)
        told = sum(at_once(*[lambda at=at: client(at) for at in range(SALE.clients)]), Counter())
        done.set()
    assert told == {"sold": SALE.sold, "insufficient_stock": SALE.asked - SALE.sold}
    assert stockline.count("stock_order") == stockline.count("reservation") == SALE.sold
    assert book.drift() is None
    assert cuts.result() > 0


@pytest.mark.parametrize("seed", range(2))
def test_crowds_whose_processes_are_killed_buy_what_is_there_and_not_a_unit_more(
    book: OrderBook, tmp_path: Path, seed: int
):
    """As scripts/bench does it twenty times."""
    stockline, sale = book.stockline, Sale()
    done = rush(
        stockline.container, stockline.database, stockline.tenant_id, sale, tmp_path, kills=4, seed=seed
    )
    assert (done.told, done.taken, done.unknown) == (
        {"sold": 1_000, "insufficient_stock": 400},
        1_000,
        0,
    )
    assert done.exact(sale)
    assert book.drift() is None
    assert done.kills == 4
    assert done.reports > 0


def cut(url: str, done: threading.Event) -> int:
    """End a connection of the application's that is at work, again and again; how many ended."""
    ended = 0
    with psycopg.connect(url, autocommit=True) as superuser:
        while not done.wait(0.02):
            ended += superuser.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM (SELECT pid FROM pg_stat_activity"
                " WHERE application_name = 'stockline' AND xact_start IS NOT NULL LIMIT 1) p"
            ).fetchone()[0]
    return ended


@pytest.fixture
def unchecked(engines: Any) -> Iterator[None]:
    """The table without its CHECK."""
    with psycopg.connect(engines.owner_url, autocommit=True) as owner:
        owner.execute("ALTER TABLE supplier_stock DROP CONSTRAINT supplier_stock_never_oversold_check")
        try:
            yield
        finally:
            owner.execute("SELECT set_config('app.platform', 'on', false)")
            owner.execute("TRUNCATE supplier_stock CASCADE")
            owner.execute(
                "ALTER TABLE supplier_stock ADD CONSTRAINT supplier_stock_never_oversold_check"
                " CHECK (reserved + shipped <= quantity + shortage)"
            )


UNLOCKED = ("_LOCK", r"FOR NO KEY UPDATE")
UNCONDITIONAL = ("_CREATE", r"AND s\.quantity - s\.reserved - s\.shipped >= q\.quantity")


def oversold(book: OrderBook) -> bool:
    for number in range(15):
        stock = book.lists(book.supplier(f"S{number}"), f"A{number}", 1)
        at_once(
            *[
                lambda name=f"{number}-{one}", part=f"A{number}": book.post(name, (part, 1))
                for one in range(CLIENTS)
            ]
        )
        if book.stock(stock)["reserved"] > 1:
            return True
    return False


def test_control_without_lock_condition_and_check_units_are_sold_twice(
    book: OrderBook, monkeypatch: pytest.MonkeyPatch, alone: None, unchecked: None
):
    for statement, piece in (UNLOCKED, UNCONDITIONAL):
        without(monkeypatch, order_stock, statement, piece)
    assert oversold(book)


def test_the_condition_alone_sells_no_unit_twice(
    book: OrderBook, monkeypatch: pytest.MonkeyPatch, alone: None, unchecked: None
):
    without(monkeypatch, order_stock, *UNLOCKED)
    assert not oversold(book)


def test_the_lock_alone_sells_no_unit_twice(
    book: OrderBook, monkeypatch: pytest.MonkeyPatch, alone: None, unchecked: None
):
    without(monkeypatch, order_stock, *UNCONDITIONAL)
    assert not oversold(book)


def test_the_check_alone_sells_no_unit_twice(book: OrderBook, monkeypatch: pytest.MonkeyPatch, alone: None):
    for statement, piece in (UNLOCKED, UNCONDITIONAL):
        without(monkeypatch, order_stock, statement, piece)
    assert not oversold(book)
