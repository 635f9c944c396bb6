"""Orders are kept for 400 days after their end, refusals for 90 once they are seen to, and what is open for longer."""

import pytest

from app.adapters.postgres.order_retention import prune
from tests.orders import OrderBook
from tests.stockline import Stockline
from tests.stockline_fixtures import _application, _database, _emptied, build, stockline

__all__ = ["_application", "_database", "_emptied", "build", "stockline"]


@pytest.fixture
def book(stockline: Stockline) -> OrderBook:
    return OrderBook(stockline)


def ended(book: OrderBook, stock: int, order_id: str, status: str, state: str, days: int) -> None:
    """An order of one unit that came 900 days ago, and how its unit stands since it ended."""
    book.stockline.sql(
        "WITH o AS (INSERT INTO stock_order (id, tenant_id, channel, order_id, status, settled_at)"
        "   VALUES (uuidv7(interval '-900 days'), %(tenant)s, 'web', %(order_id)s, %(status)s,"
        "           CASE WHEN %(status)s <> 'reserved' THEN now() - make_interval(days => %(days)s) END)"
        "   RETURNING id, tenant_id)"
        " INSERT INTO reservation (tenant_id, order_id, line, part_number, quantity, stock_id, supplier_id, state)"
        " SELECT o.tenant_id, o.id, 1, 'A', 1, s.id, s.supplier_id, %(state)s FROM o, supplier_stock s"
        " WHERE s.id = %(stock)s",
        tenant=book.stockline.tenant_id,
        order_id=order_id,
        status=status,
        state=state,
        days=days,
        stock=stock,
    )


def kept(book: OrderBook, table: str) -> list[str]:
    rows = book.stockline.database.execute(
        f"SELECT order_id FROM {table} WHERE tenant_id = %s ORDER BY order_id", (book.stockline.tenant_id,)
    )
    return [order_id for (order_id,) in rows.fetchall()]


def test_an_order_is_kept_for_400_days_after_its_end_and_while_it_holds_units_back(book: OrderBook):
    stock = book.lists(book.supplier(), "A", 50)
    ended(book, stock, "young", "cancelled", "released", 399)
    ended(book, stock, "old", "cancelled", "released", 401)
    ended(book, stock, "older", "fulfilled", "confirmed", 500)
    ended(book, stock, "unseen", "fulfilled", "shipped", 500)
    ended(book, stock, "open", "reserved", "open", 0)
    prune(book.stockline.container.unit_of_work, piece=1)
    assert kept(book, "stock_order") == ["open", "unseen", "young"]
    assert book.stockline.count("reservation") == 3


def test_a_refusal_is_kept_for_90_days_once_it_is_seen_to_and_for_400_before(book: OrderBook):
    for order_id, days in (("1", 91), ("2", 89), ("3", 399), ("4", 401)):
        book.refused(order_id, ("A", 1))
        book.stockline.sql(
            "UPDATE order_refusal SET id = uuidv7(make_interval(days => -%(days)s)),"
            " refused_at = now() - make_interval(days => %(days)s),"
            " state = CASE WHEN %(days)s < 100 THEN 'dismissed' ELSE 'open' END"
            " WHERE tenant_id = %(tenant)s AND order_id = %(order_id)s",
            days=days,
            tenant=book.stockline.tenant_id,
            order_id=order_id,
        )
    prune(book.stockline.container.unit_of_work, piece=1)
    assert kept(book, "order_refusal") == ["2", "3"]


def test_housekeeping_sees_to_it(book: OrderBook):
    ended(book, book.lists(book.supplier(), "A", 50), "old", "cancelled", "released", 401)
    book.stockline.container.housekeeping()
    assert kept(book, "stock_order") == []
