"""Locations, inventory items and their levels."""

# ruff: noqa: D103 - a resolver says in its decorator which field it is

from collections.abc import Callable
from typing import Any

from app.local.shopify_sim.clock import iso
from app.local.shopify_sim.gids import number, parsed
from app.local.shopify_sim.paging import Page
from app.local.shopify_sim.reading.products import amount, counted
from app.local.shopify_sim.resolving import Arguments, Call, resolves
from app.local.shopify_sim.search import Readers, search
from app.local.shopify_sim.state import Item, Level, Location

QUANTITY_NAMES = (
    "available",
    "on_hand",
    "committed",
    "incoming",
    "reserved",
    "damaged",
    "safety_stock",
    "quality_control",
)

_LOCATION_READERS: Readers = {
    "": lambda one: one.name,
    "id": lambda one: one.id,
    "name": lambda one: one.name,
}
_LEVEL_READERS: Readers = {"id": lambda one: one.id, "updated_at": lambda one: one.updated_at}
_ITEM_READERS: Readers = {"id": lambda one: one.id, "updated_at": lambda one: one.updated_at}


@resolves("QueryRoot.locations")
def locations(_: Any, call: Call, arguments: Arguments) -> Page:
    """By NAME and only active ones, unless asked otherwise."""
    matches = search(arguments.get("query"), _LOCATION_READERS)
    found = [
        one
        for one in call.store.shop.locations.values()
        if (one.is_active or arguments["includeInactive"]) and matches(one)
    ]
    by_name = arguments["sortKey"] == "NAME"
    return Page(found, arguments, lambda one: one.name.lower() if by_name else 0)


@resolves("QueryRoot.location")
def location(_: Any, call: Call, arguments: Arguments) -> Location | None:
    """The primary one when no id is given."""
    if "id" not in arguments:
        return call.store.primary_location()
    return call.store.shop.locations.get(number(arguments["id"], "Location") or 0)


@resolves("Location.deactivatedAt")
def deactivated_at(source: Location, _: Call, __: Arguments) -> str | None:
    return iso(source.deactivated_at) if source.deactivated_at else None


@resolves("Location.fulfillsOnlineOrders", "Location.shipsInventory")
def fulfills(source: Location, _: Call, __: Arguments) -> bool:
    return source.is_active


@resolves("Location.isFulfillmentService")
def is_fulfillment_service(_: Location, __: Call, ___: Arguments) -> bool:
    return False


@resolves("Location.inventoryLevels")
def levels_of_location(source: Location, call: Call, arguments: Arguments) -> Page:
    found = [
        variant.item.levels[source.id]
        for _, variant in call.store.variants()
        if source.id in variant.item.levels
    ]
    return _levels(found, arguments)


@resolves("Location.inventoryLevel")
def level_of_location(source: Location, call: Call, arguments: Arguments) -> Level | None:
    item = call.store.item(number(arguments["inventoryItemId"], "InventoryItem"))
    return _shown(item.levels.get(source.id), arguments) if item else None


@resolves("QueryRoot.inventoryItem")
def inventory_item(_: Any, call: Call, arguments: Arguments) -> Item | None:
    return call.store.item(number(arguments["id"], "InventoryItem"))


@resolves("QueryRoot.inventoryItems")
def inventory_items(_: Any, call: Call, arguments: Arguments) -> Page:
    by_item: dict[int, str] = {one.item.id: one.sku for _, one in call.store.variants()}
    sku: Callable[[Item], str] = lambda one: by_item[one.id]  # noqa: E731 - a reader among readers
    matches = search(arguments.get("query"), {**_ITEM_READERS, "": sku, "sku": sku})
    return Page([one.item for _, one in call.store.variants() if matches(one.item)], arguments, lambda _: 0)


@resolves("QueryRoot.inventoryLevel")
def inventory_level(_: Any, call: Call, arguments: Arguments) -> Level | None:
    kind, wanted = parsed(arguments["id"])
    if kind != "InventoryLevel":
        return None
    levels = (level for _, one in call.store.variants() for level in one.item.levels.values())
    return next((level for level in levels if level.id == wanted), None)


@resolves("InventoryItem.inventoryLevels")
def levels_of_item(source: Item, _: Call, arguments: Arguments) -> Page:
    return _levels(list(source.levels.values()), arguments)


@resolves("InventoryItem.inventoryLevel")
def level_of_item(source: Item, _: Call, arguments: Arguments) -> Level | None:
    return _shown(source.levels.get(number(arguments["locationId"], "Location") or 0), arguments)


def _levels(found: list[Level], arguments: Arguments) -> Page:
    matches = search(arguments.get("query"), _LEVEL_READERS)
    shown = [one for one in found if _shown(one, arguments) and matches(one)]
    return Page(shown, arguments, lambda _: 0)


def _shown(level: Level | None, arguments: Arguments) -> Level | None:
    return level if level and (level.is_active or arguments["includeInactive"]) else None


@resolves("InventoryItem.locationsCount")
def locations_count(source: Item, _: Call, __: Arguments) -> dict[str, Any]:
    return counted(sum(1 for level in source.levels.values() if level.is_active))


@resolves("InventoryItem.sku")
def sku_of(source: Item, call: Call, _: Arguments) -> str:
    found = call.store.variant(source.variant)
    return found[1].sku if found else ""


@resolves("InventoryItem.variants")
def variants_of(source: Item, call: Call, arguments: Arguments) -> Page:
    found = call.store.variant(source.variant)
    return Page([found[1]] if found else [], arguments, lambda _: 0)


@resolves("InventoryItem.variant")
def variant_of(source: Item, call: Call, _: Arguments) -> Any:
    found = call.store.variant(source.variant)
    return found[1] if found else None


@resolves("InventoryItem.unitCost")
def unit_cost(source: Item, call: Call, _: Arguments) -> dict[str, Any] | None:
    return amount(source.cost, call) if source.cost is not None else None


@resolves("InventoryItem.measurement")
def measurement(source: Item, _: Call, __: Arguments) -> dict[str, Any]:
    return {
        "id": f"gid://shopify/InventoryItemMeasurement/{source.id}",
        "weight": {"value": source.weight, "unit": source.weight_unit},
    }


@resolves("InventoryLevel.item")
def item_of(source: Level, call: Call, _: Arguments) -> Item | None:
    return call.store.item(source.item)


@resolves("InventoryLevel.location")
def location_of(source: Level, call: Call, _: Arguments) -> Location:
    return call.store.shop.locations[source.location]


@resolves("InventoryLevel.quantities")
def quantities(source: Level, _: Call, arguments: Arguments) -> list[dict[str, Any]]:
    return [
        {
            "id": f"gid://shopify/InventoryQuantity/{source.id}?inventory_item_id={source.item}&name={name}",
            "name": name,
            "quantity": source.quantity(name),
            "updatedAt": iso(source.updated_at),
        }
        for name in arguments["names"]
        if name in QUANTITY_NAMES
    ]


@resolves("InventoryAdjustmentGroup.changes")
def changes(source: dict[str, Any], _: Call, arguments: Arguments) -> list[dict[str, Any]]:
    names = arguments.get("quantityNames")
    items = {number(one, "InventoryItem") for one in arguments.get("inventoryItemIds") or ()}
    places = {number(one, "Location") for one in arguments.get("locationIds") or ()}
    return [
        one
        for one in source["changes"]
        if (not names or one["name"] in names)
        and (not items or one["item_number"] in items)
        and (not places or one["location_number"] in places)
    ]


@resolves("InventoryChange.item")
def changed_item(source: dict[str, Any], call: Call, _: Arguments) -> Item | None:
    return call.store.item(source["item_number"])


@resolves("InventoryChange.location")
def changed_location(source: dict[str, Any], call: Call, _: Arguments) -> Location | None:
    return call.store.shop.locations.get(source["location_number"])
