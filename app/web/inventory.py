"""`/api/app/inventory*` and `/api/integrations/supplier-stock`: one state of all stock, and where it is not known."""

from collections.abc import Sequence
from typing import Any, Final

from app.domain.imports.values import unstorable
from app.domain.suppliers.inventory import InventoryFilter, Line
from app.domain.suppliers.shown import shown_gap, shown_line
from app.domain.tenancy.tenant import Scope
from app.web import supplier_models as models
from app.web.api import Api, Reply
from app.web.context import container, principal
from app.web.paging import cut, decode_gap, decode_line
from app.web.storefront import StockQuery

api = Api("Inventory", "What every source says of every SKU, what is promised of it, and how fresh it is.")

_PATH: Final = "/api/app/inventory"


@api.route(
    "GET",
    "/api/integrations/supplier-stock",
    summary="Which suppliers have a part, and how many",
    scope=Scope.INTEGRATIONS,
    query=StockQuery,
    responses={200: Reply(list[models.SupplierStockView])},
)
def get_supplier_stock(query: StockQuery) -> list[dict[str, Any]]:
    """One row per active supplier that lists the part; what nobody lists is left out."""
    asked = [number for one in query.numbers() if not unstorable(number := one.strip())]
    return [one.shown() for one in container().inventory.supplier_stock(principal().tenant.id, asked)]


@api.route(
    "GET",
    _PATH,
    summary="The one state of all stock",
    scope=Scope.INTEGRATIONS,
    query=models.InventoryQuery,
    responses={200: Reply(models.InventoryList)},
)
def list_inventory(query: models.InventoryQuery) -> dict[str, Any]:
    """By part number, or by SKU where it is no part of yours; your own stock before suppliers'."""
    page, more = page_of_lines(query)
    return {"data": [shown_line(line) for line in page], "nextCursor": more}


def page_of_lines(query: models.InventoryQuery) -> tuple[Sequence[Line], str | None]:
    """A page, and the cursor of the next."""
    after = decode_line(query.cursor) if query.cursor else None
    wanted = InventoryFilter(query.level, query.supplier, query.q, query.fresh, query.source)
    lines = container().inventory.lines(principal().tenant.id, wanted, query.limit + 1, after)
    return cut(lines, query.limit, lambda line: line.place)


@api.route(
    "GET",
    f"{_PATH}/gaps",
    summary="What is not known",
    scope=Scope.INTEGRATIONS,
    query=models.GapQuery,
    responses={200: Reply(models.GapList)},
)
def list_inventory_gaps(query: models.GapQuery) -> dict[str, Any]:
    """Active suppliers without fresh data, SKUs without it, or parts that no supplier lists freshly; since when."""
    after = decode_gap(query.cursor, query.kind) if query.cursor else None
    gaps = container().inventory.gaps(principal().tenant.id, query.kind, query.limit + 1, after)
    page, more = cut(gaps, query.limit, lambda gap: (gap.key,))
    return {"data": [shown_gap(gap) for gap in page], "nextCursor": more}
