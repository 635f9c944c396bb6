"""Stock in one shop, at the connection's location."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid5

from app.adapters.shopify.client import Client
from app.adapters.shopify.documents import ACTIVATE, LEVELS, LOCATION, PAGE_MAX, SET_QUANTITIES
from app.adapters.shopify.errors import location_gone, refused
from app.adapters.shopify.reading import available_of
from app.domain.push.errors import ShopUnavailableError, StaleStockError
from app.domain.push.product import Level
from app.domain.shop.ports import LevelPage, StockLevel

LEVELS_AT_ONCE: Final = 250
_BUSY: Final = "IDEMPOTENCY_CONCURRENT_REQUEST"


class Inventory:
    """The stock's half of a shop."""

    def __init__(self, client: Client, location: str) -> None:
        self._client = client
        self._location = location

    def check_location(self) -> None:
        """Raises ShopClosedError when it is not there or not active."""
        found = self._client.ask(LOCATION, id=self._location)["location"]
        if found is None or not found["isActive"]:
            raise location_gone()

    def set(self, levels: Sequence[Level], key: UUID) -> None:
        """With the comparison and the key that Shopify asks for; each portion is done or not done as a whole.

        https://shopify.dev/changelog/concurrency-protection-features
        """
        for start in range(0, len(levels), LEVELS_AT_ONCE):
            own = key if start == 0 else uuid5(key, str(start))
            self._set(levels[start : start + LEVELS_AT_ONCE], own)

    def _set(self, levels: Sequence[Level], key: UUID) -> None:
        rows = [
            {
                "inventoryItemId": one.inventory_item_id,
                "locationId": self._location,
                "quantity": one.quantity,
                "changeFromQuantity": one.change_from,
            }
            for one in levels
        ]
        given = {"name": "available", "reason": "correction", "quantities": rows}
        told = self._client.ask(SET_QUANTITIES, input=given, key=str(key))["inventorySetQuantities"]
        _check(told["userErrors"])

    def begin(self, inventory_item_id: str, quantity: int, key: UUID) -> None:
        """Stock the item. Raises StaleStockError where it is stocked already."""
        told = self._client.ask(
            ACTIVATE, item=inventory_item_id, location=self._location, available=quantity, key=str(key)
        )["inventoryActivate"]["userErrors"]
        if any("already active" in one["message"] for one in told):
            raise StaleStockError("the item is kept at the location already")
        _check(told)

    def page(self, cursor: str | None, limit: int) -> LevelPage:
        """The levels at the location, in Shopify's order."""
        size = max(1, min(limit, PAGE_MAX))
        found = self._client.ask(LEVELS, size, location=self._location, first=size, after=cursor)["location"]
        if found is None or not found["isActive"]:
            raise location_gone()
        held = found["inventoryLevels"]
        info = held["pageInfo"]
        return LevelPage(
            [_level(one) for one in held["nodes"]], info["endCursor"] if info["hasNextPage"] else None
        )


def _check(told: Sequence[dict[str, Any]]) -> None:
    if any(one.get("code") == _BUSY for one in told):
        raise ShopUnavailableError("the same change of stock is under way already", retry_after_s=5.0)
    if told:
        raise refused(told)


def _level(node: dict[str, Any]) -> StockLevel:
    """An item that the shop does not count has no stock to speak of."""
    item = node["item"]
    available = available_of(node) if item["tracked"] else None
    return StockLevel(item["id"], available, datetime.fromisoformat(node["updatedAt"]))
