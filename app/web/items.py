"""`/api/app/items*`: what the tenant sells, to look through and to change by hand."""

from typing import Any, Final

from app.domain.catalog.items import Item, Source, no_such_item, place_of
from app.domain.imports.values import unstorable
from app.domain.tenancy.tenant import Scope
from app.web import item_models as models
from app.web.api import Api, Body, Reply
from app.web.bodies import read_model
from app.web.context import container, principal
from app.web.paging import cut

api = Api("Items", "The activated central parts and the tenant's own SKUs: search, look at, correct by hand.")

_PATH: Final = "/api/app/items"
_ONE: Final = f"{_PATH}/<any(catalog,own):source>/<part:part_number>"
_NAMES: Final = {
    "source": "`catalog`: an activated central part; `own`: a SKU of the tenant's own",
    "part_number": "Slashes may be sent as they are",
}
_NOT_FOUND: Final = {404: ["not_found"]}


@api.route(
    "GET",
    _PATH,
    summary="What you sell",
    scope=Scope.INTEGRATIONS,
    query=models.SourcedItemsQuery,
    responses={200: Reply(models.ItemList)},
)
def list_items(query: models.SourcedItemsQuery) -> dict[str, Any]:
    """Of one catalog, filtered and in order. Pages stay right while stock and prices change."""
    tenant = principal().tenant
    lines = container().items.page(
        tenant.id,
        query.filter(query.source),
        query.order(),
        query.limit + 1,
        low_below=tenant.low_stock_threshold,
    )
    page, more = cut(lines, query.limit, lambda line: place_of(line, query.sort))
    return {"data": [models.shown_line(line, tenant) for line in page], "nextCursor": more}


@api.route(
    "GET",
    _ONE,
    summary="One item in full",
    scope=Scope.INTEGRATIONS,
    responses={200: Reply(models.ItemDetail)},
    errors=_NOT_FOUND,
    parameters=_NAMES,
)
def get_item(source: str, part_number: str) -> dict[str, Any]:
    """With its aliases, its group, what it became in the shop, and what suppliers have of it."""
    return _shown(found(Source(source), part_number))


@api.route(
    "PATCH",
    _ONE,
    summary="Correct stock and prices by hand",
    scope=Scope.INTEGRATIONS,
    body=Body(models.ItemChange, example=models.CHANGE_EXAMPLE),
    responses={200: Reply(models.ItemDetail)},
    errors=_NOT_FOUND,
    parameters=_NAMES,
)
def patch_item(source: str, part_number: str) -> dict[str, Any]:
    """At once, in the order of feeds: a feed that was accepted earlier does not turn it back, a later one does."""
    change = read_model(models.ItemChange)
    item = found(Source(source), part_number)
    container().catalog.change_item(
        principal().tenant.id, item.line.source, item.line.part_number, change.given()
    )
    return _shown(found(item.line.source, item.line.part_number))


def found(source: Source, part_number: str) -> Item:
    """One of the caller's. Raises NotFoundError."""
    item = None
    if not unstorable(part_number):
        item = container().items.find(principal().tenant.id, source, part_number)
    if item is None:
        raise no_such_item(part_number)
    return item


def _shown(item: Item) -> dict[str, Any]:
    tenant = principal().tenant
    suppliers = container().inventory.supplier_stock(tenant.id, [item.line.part_number])
    shown = [
        {
            "supplierId": one.supplier_id,
            "supplierCode": one.supplier_code,
            "sku": one.sku,
            "available": one.available,
            "level": one.level,
            "asOf": one.as_of,
        }
        for one in suppliers
    ]
    return models.shown_item(item, tenant, shown)
