"""The shop's news: which topics it is asked to tell of."""

from typing import Any, Final

from app.adapters.shopify.client import Client
from app.adapters.shopify.documents import SUBSCRIBE
from app.domain.push.errors import ShopClosedError, ShopRefusedError

TOPICS: Final = {
    "inventory_levels/update": "INVENTORY_LEVELS_UPDATE",
    "orders/create": "ORDERS_CREATE",
    "orders/fulfilled": "ORDERS_FULFILLED",
    "orders/cancelled": "ORDERS_CANCELLED",
    "products/delete": "PRODUCTS_DELETE",
    "app/uninstalled": "APP_UNINSTALLED",
}
_THERE: Final = "already been taken"


def subscribe(client: Client, url: str) -> tuple[str, ...]:
    """Ask for every topic; those that the shop would not: for want of a scope, or since it takes https only."""
    return tuple(topic for topic, name in TOPICS.items() if not _subscribed(client, name, url))


def _subscribed(client: Client, topic: str, url: str) -> bool:
    try:
        told = client.ask(SUBSCRIBE, topic=topic, subscription={"uri": url, "format": "JSON"})
    except ShopClosedError as error:
        if error.reason != "missing_scope":
            raise
        return False
    except ShopRefusedError:
        return False
    errors: list[dict[str, Any]] = told["webhookSubscriptionCreate"]["userErrors"]
    return all(_THERE in one["message"] for one in errors)
