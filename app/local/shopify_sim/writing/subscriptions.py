"""Webhook subscriptions of an app.

Shopify takes https addresses only; the simulator also takes http to the loopback interface, since that is where it and who
listens to it live.
"""

# ruff: noqa: D103 - a resolver says in its decorator which field it is

from typing import Any
from urllib.parse import urlsplit

from app.local.shopify_sim.access import Access
from app.local.shopify_sim.gids import number
from app.local.shopify_sim.resolving import Arguments, Call, denied, refused
from app.local.shopify_sim.state import Subscription
from app.local.shopify_sim.writing.mutation import mutation, unsupported

LOOPBACKS = ("127.0.0.1", "localhost", "::1")

TOPICS = {
    "APP_UNINSTALLED": ("app/uninstalled", None),
    "INVENTORY_ITEMS_UPDATE": ("inventory_items/update", "read_inventory"),
    "INVENTORY_LEVELS_CONNECT": ("inventory_levels/connect", "read_inventory"),
    "INVENTORY_LEVELS_UPDATE": ("inventory_levels/update", "read_inventory"),
    "ORDERS_CANCELLED": ("orders/cancelled", "read_orders"),
    "ORDERS_CREATE": ("orders/create", "read_orders"),
    "ORDERS_FULFILLED": ("orders/fulfilled", "read_orders"),
    "PRODUCTS_CREATE": ("products/create", "read_products"),
    "PRODUCTS_DELETE": ("products/delete", "read_products"),
    "PRODUCTS_UPDATE": ("products/update", "read_products"),
}
"""Those that are played, by their name in GraphQL: the name in headers, and the scope that they ask for."""


@mutation("webhookSubscriptionCreate", "webhookSubscription")
def create(call: Call, arguments: Arguments) -> dict[str, Any]:
    topic, given = arguments["topic"], arguments["webhookSubscription"]
    unsupported(given, "filter", "metafieldNamespaces", "metafields")
    if topic not in TOPICS:
        unsupported({topic: True}, topic)
    scope = TOPICS[topic][1]
    if scope and scope not in call.scopes:
        raise denied("webhookSubscriptionCreate", Access(f"`{scope}` access scope.", frozenset({scope})))
    uri = _uri(given)
    if any((one.topic, one.uri, one.client_id) == (topic, uri, call.app.client_id) for one in _held(call)):
        raise refused(
            None, ["webhookSubscription", "callbackUrl"], "Address for this topic has already been taken"
        )
    made = Subscription(
        id=call.store.shop.number(),
        client_id=call.app.client_id,
        topic=topic,
        uri=uri,
        created_at=call.now,
        updated_at=call.now,
        include_fields=given.get("includeFields") or [],
        name=given.get("name"),
    )
    call.store.shop.subscriptions[made.id] = made
    call.store.touched = True
    return {"webhookSubscription": made}


def _held(call: Call) -> list[Subscription]:
    return list(call.store.shop.subscriptions.values())


def _uri(given: Arguments) -> str:
    uri = given.get("uri") or given.get("callbackUrl")
    path = ["webhookSubscription", "callbackUrl"]
    if given.get("format") == "XML":
        unsupported({"XML": True}, "XML")
    if not uri:
        raise refused(None, path, "Address can't be blank")
    parts = urlsplit(uri)
    local = parts.scheme == "http" and parts.hostname in LOOPBACKS
    if not parts.hostname or (parts.scheme != "https" and not local):
        raise refused(None, path, f"Address protocol {parts.scheme}:// is not supported")
    return str(uri)


def _found(call: Call, arguments: Arguments) -> Subscription:
    found = call.store.shop.subscriptions.get(number(arguments["id"], "WebhookSubscription") or 0)
    if found is None or found.client_id != call.app.client_id:
        raise refused(None, ["id"], "Webhook subscription does not exist")
    return found


@mutation("webhookSubscriptionUpdate", "webhookSubscription")
def update(call: Call, arguments: Arguments) -> dict[str, Any]:
    found, given = _found(call, arguments), arguments["webhookSubscription"]
    unsupported(given, "filter", "metafieldNamespaces", "metafields")
    if given.get("uri") or given.get("callbackUrl"):
        found.uri = _uri(given)
    if given.get("includeFields") is not None:
        found.include_fields = given["includeFields"]
    found.updated_at = call.now
    call.store.touched = True
    return {"webhookSubscription": found}


@mutation("webhookSubscriptionDelete", "deletedWebhookSubscriptionId")
def delete(call: Call, arguments: Arguments) -> dict[str, Any]:
    found = _found(call, arguments)
    del call.store.shop.subscriptions[found.id]
    call.store.touched = True
    return {"deletedWebhookSubscriptionId": found.gid}
