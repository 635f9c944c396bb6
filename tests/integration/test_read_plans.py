"""Lists are planned for what is asked, however often they were asked before."""

from collections.abc import Callable

import pytest

from app.bootstrap import Container
from app.domain.catalog.items import ItemFilter, Order, Source
from app.domain.suppliers.inventory import InventoryFilter
from tests.stockline import Stockline
from tests.stockline_fixtures import _application, _database, _emptied, build, stockline

__all__ = ["_application", "_database", "_emptied", "build", "stockline"]

OFTEN = 15
"""The driver prepares a statement at its sixth execution, and PostgreSQL may keep a plan at the sixth of those."""


def page(container: Container, stockline: Stockline) -> None:
    wanted = ItemFilter(Source.CATALOG, q="P-1")
    container.items.page(stockline.tenant_id, wanted, Order(), 50, low_below=10)


def count(container: Container, stockline: Stockline) -> None:
    container.items.count(stockline.tenant_id, ItemFilter(Source.CATALOG, q="P-1"), low_below=10)


def inventory(container: Container, stockline: Stockline) -> None:
    container.inventory.lines(stockline.tenant_id, InventoryFilter(q="P-1"), 50, None)


@pytest.mark.parametrize("read", [page, count, inventory])
def test_no_plan_is_kept_for_whatever_may_be_asked(
    stockline: Stockline, build: Callable[..., Container], read: Callable[[Container, Stockline], None]
):
    stockline.activate("P-1", "P-2")
    container = build()
    for _ in range(OFTEN):
        read(container, stockline)
    with container.unit_of_work.tenant(stockline.tenant_id) as connection:
        plans = connection.exec_driver_sql(
            "SELECT custom_plans, generic_plans FROM pg_prepared_statements WHERE statement ILIKE '%%stock_item%%'"
        ).all()
    assert {(custom > 0, generic) for custom, generic in plans} == {(True, 0)}
