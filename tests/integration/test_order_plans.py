"""What an order costs: it finds its SKUs by their names, statistics or not, and reserves them in place."""

import pytest
from sqlalchemy import text

from app.adapters.postgres import order_stock
from tests.orders import OrderBook
from tests.stockline import Stockline
from tests.stockline_fixtures import _application, _database, _emptied, build, stockline

__all__ = ["_application", "_database", "_emptied", "build", "stockline"]

OURS = ("reserved", "shipped", "available", "level")


@pytest.mark.parametrize("plans", ["custom", "generic"])
@pytest.mark.parametrize("statistics", ["none", "fresh"])
def test_an_order_looks_each_of_its_parts_up_by_its_name(stockline: Stockline, statistics: str, plans: str):
    book = OrderBook(stockline)
    stockline.sql(
        "INSERT INTO supplier_stock (tenant_id, supplier_id, sku, part_number, quantity)"
        " SELECT %s, %s, 'P-' || n, 'P-' || n, 5 FROM generate_series(1, 3000) n",
        stockline.tenant_id,
        book.supplier(),
    )
    if statistics == "fresh":
        stockline.sql("ANALYZE supplier_stock")
    given = {"tenant_id": stockline.tenant_id, "names": "{P-7,P-8}"}
    with stockline.container.unit_of_work.tenant(stockline.tenant_id) as connection:
        connection.execute(text(f"SET LOCAL plan_cache_mode = force_{plans}_plan"))
        lines = connection.execute(text(f"EXPLAIN {order_stock._OFFERS.text}"), given).scalars().all()
    looks = [at for at, line in enumerate(lines) if "supplier_stock_tenant_id_part_number_idx on" in line]
    assert len(looks) == 2
    assert all("part_number" in lines[at + 1] for at in looks)
    assert not any("Seq Scan on supplier_stock" in line for line in lines)


def test_no_index_of_a_sku_knows_what_orders_change(stockline: Stockline):
    """So a reservation is an update in place (HOT), which touches no index."""
    rows = stockline.database.execute(
        "SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = 'supplier_stock'::regclass"
    ).fetchall()
    assert rows
    assert [one for (one,) in rows if any(name in one.split("USING")[1] for name in OURS)] == []
