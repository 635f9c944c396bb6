"""Quantities, places and items.

inventorySetQuantities from 2026-04 on: `changeFromQuantity` must be there, if only as null
(https://shopify.dev/changelog/concurrency-protection-features), and so must the idempotency key. Messages as live captures
have them (https://github.com/airhorns/shopify-draft-proxy).
"""

# ruff: noqa: D103 - a resolver says in its decorator which field it is

from collections import Counter
from typing import Any

from graphql import GraphQLError

from app.local.shopify_sim.clock import iso
from app.local.shopify_sim.gids import number
from app.local.shopify_sim.resolving import Arguments, Call, RefusedError, refused, user_error
from app.local.shopify_sim.state import Level
from app.local.shopify_sim.writing.draft import Draft
from app.local.shopify_sim.writing.items import write_item
from app.local.shopify_sim.writing.mutation import mutation

QUANTITY_MAX = 1_000_000_000
REASONS = (
    "correction",
    "cycle_count_available",
    "damaged",
    "movement_canceled",
    "movement_created",
    "movement_received",
    "movement_updated",
    "other",
    "promotion",
    "quality_control",
    "received",
    "reservation_created",
    "reservation_deleted",
    "reservation_updated",
    "restock",
    "safety_stock",
    "shrinkage",
)


@mutation("inventorySetQuantities", "inventoryAdjustmentGroup", keyed=True)
def set_quantities(call: Call, arguments: Arguments) -> dict[str, Any]:
    """All or none."""
    given = arguments["input"]
    for one in given["quantities"]:
        if "changeFromQuantity" not in one:
            raise GraphQLError(
                "InventoryQuantityInput must include the following argument: changeFromQuantity.",
                extensions={"code": "INVALID_FIELD_ARGUMENTS"},
            )
    _check_words(given)
    errors = [*_wrong_quantities(given), *_repeated(given)]
    if errors:
        raise RefusedError(*errors)
    levels = [
        _level(call, one, ["input", "quantities", place]) for place, one in enumerate(given["quantities"])
    ]
    if stale := _stale(given, levels):
        raise RefusedError(*stale)
    return {"inventoryAdjustmentGroup": _group(call, given, levels)}


def _check_words(given: Arguments) -> None:
    if given["name"] not in ("available", "on_hand"):
        message = "The quantity name must be either 'available' or 'on_hand'."
        raise refused("INVALID_NAME", ["input", "name"], message)
    if given["reason"] not in REASONS:
        message = f"The specified reason is invalid. Valid values are: {', '.join(REASONS)}."
        raise refused("INVALID_REASON", ["input", "reason"], message)
    document = given.get("referenceDocumentUri")
    if document is not None and ("://" not in document or document.startswith("gid://shopify/")):
        message = "The specified reference document is invalid."
        raise refused("INVALID_REFERENCE_DOCUMENT", ["input", "referenceDocumentUri"], message)


def _wrong_quantities(given: Arguments) -> list[dict[str, Any]]:
    errors = []
    for place, one in enumerate(given["quantities"]):
        path = ["input", "quantities", place, "quantity"]
        if one["quantity"] < -QUANTITY_MAX:
            message = "The quantity can't be lower than -1,000,000,000."
            errors.append(user_error("INVALID_QUANTITY_TOO_LOW", path, message))
        elif one["quantity"] < 0 and given["name"] != "available":
            errors.append(user_error("INVALID_QUANTITY_NEGATIVE", path, "The quantity can't be negative."))
        elif one["quantity"] > QUANTITY_MAX:
            message = "The quantity can't be higher than 1,000,000,000."
            errors.append(user_error("INVALID_QUANTITY_TOO_HIGH", path, message))
    return errors


def _repeated(given: Arguments) -> list[dict[str, Any]]:
    pairs = [(one["inventoryItemId"], one["locationId"]) for one in given["quantities"]]
    counts = Counter(pairs)
    message = "The combination of inventoryItemId and locationId must be unique."
    return [
        user_error(
            "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR",
            ["input", "quantities", place, "locationId"],
            message,
        )
        for place, pair in enumerate(pairs)
        if counts[pair] > 1
    ]


def _level(call: Call, given: Arguments, path: list[Any]) -> Level:
    item = call.store.item(number(given["inventoryItemId"], "InventoryItem"))
    if item is None:
        message = "The specified inventory item could not be found."
        raise refused("INVALID_INVENTORY_ITEM", [*path, "inventoryItemId"], message)
    location = call.store.shop.locations.get(number(given["locationId"], "Location") or 0)
    if location is None or not location.is_active:
        raise refused("INVALID_LOCATION", [*path, "locationId"], "The specified location could not be found.")
    level = item.levels.get(location.id)
    if level is None or not level.is_active:
        message = "The specified inventory item is not stocked at the location."
        raise refused("ITEM_NOT_STOCKED_AT_LOCATION", [*path, "locationId"], message)
    return level


def _stale(given: Arguments, levels: list[Level]) -> list[dict[str, Any]]:
    message = "The changeFromQuantity value does not match persisted value."
    return [
        user_error("CHANGE_FROM_QUANTITY_STALE", ["input", "quantities", place], message)
        for place, (one, level) in enumerate(zip(given["quantities"], levels, strict=True))
        if one["changeFromQuantity"] is not None
        and one["changeFromQuantity"] != level.quantity(given["name"])
    ]


def _group(call: Call, given: Arguments, levels: list[Level]) -> dict[str, Any]:
    """What was changed: both names move, since what is on hand includes what is available."""
    changes: list[dict[str, Any]] = []
    for one, level in zip(given["quantities"], levels, strict=True):
        wanted = one["quantity"] - (level.committed if given["name"] == "on_hand" else 0)
        delta = call.store.set_available(level, wanted)
        changes += [_change(level, name, delta) for name in ("available", "on_hand") if delta]
    return {
        "id": f"gid://shopify/InventoryAdjustmentGroup/{call.store.shop.number()}",
        "reason": given["reason"],
        "referenceDocumentUri": given.get("referenceDocumentUri"),
        "createdAt": iso(call.now),
        "changes": changes,
    }


def _change(level: Level, name: str, delta: int) -> dict[str, Any]:
    return {
        "name": name,
        "delta": delta,
        "quantityAfterChange": level.quantity(name),
        "ledgerDocumentUri": None,
        "item_number": level.item,
        "location_number": level.location,
    }


@mutation("inventoryItemUpdate", "inventoryItem")
def item_update(call: Call, arguments: Arguments) -> dict[str, Any]:
    found = call.store.item(number(arguments["id"], "InventoryItem"))
    if found is None:
        raise refused(None, ["id"], "The product couldn't be updated because it does not exist.")
    owner = call.store.variant(found.variant)
    assert owner
    draft = Draft(call, owner[0])
    variant = next(one for one in draft.product.variants if one.item.id == found.id)
    write_item(variant, arguments["input"], ["input"], draft.wrong, None)
    variant.item.updated_at = call.now
    draft.commit()
    call.store.happened("inventory_items/update", variant.item)
    return {"inventoryItem": variant.item}


@mutation("inventoryActivate", "inventoryLevel", keyed=True)
def activate(call: Call, arguments: Arguments) -> dict[str, Any]:
    """Stock an item at a place. Quantities are for places that are new to it."""
    item = call.store.item(number(arguments["inventoryItemId"], "InventoryItem"))
    if item is None:
        raise refused(None, ["inventoryItemId"], "The specified inventory item could not be found.")
    location = call.store.shop.locations.get(number(arguments["locationId"], "Location") or 0)
    if location is None or not location.is_active:
        raise refused(None, ["locationId"], "The location could not be found.")
    held = item.levels.get(location.id)
    quantity = arguments.get("available", arguments.get("onHand"))
    if held and held.is_active and quantity is not None:
        message = "Not allowed to set available quantity when the item is already active at the location."
        raise refused(None, ["available"], message)
    level = call.store.stock(item, location.id)
    if not held:
        call.store.happened("inventory_levels/connect", level)
    if quantity is not None:
        call.store.set_available(level, quantity)
    return {"inventoryLevel": level}
