"""The shop, the app in it, publications, webhook subscriptions, and anything by its id."""

# ruff: noqa: D103 - a resolver says in its decorator which field it is

from typing import Any

from graphql import GraphQLError

from app.local.shopify_sim.gids import number, parsed
from app.local.shopify_sim.paging import Page
from app.local.shopify_sim.reading.files import MEDIA, file_of
from app.local.shopify_sim.resolving import Arguments, Call, resolves
from app.local.shopify_sim.schema import VERSION
from app.local.shopify_sim.state import Shop, Subscription


@resolves("QueryRoot.shop", "ProductDeletePayload.shop", "PublishablePublishPayload.shop")
def shop(_: Any, call: Call, __: Arguments) -> Shop:
    return call.store.shop


@resolves("Shop.myshopifyDomain")
def myshopify_domain(source: Shop, _: Call, __: Arguments) -> str:
    return source.domain


@resolves("Shop.currencyCode")
def currency_code(source: Shop, _: Call, __: Arguments) -> str:
    return source.currency


@resolves("Shop.url")
def url(source: Shop, _: Call, __: Arguments) -> str:
    return f"https://{source.domain}"


@resolves("Shop.primaryDomain")
def primary_domain(source: Shop, _: Call, __: Arguments) -> dict[str, Any]:
    return {
        "id": f"gid://shopify/Domain/{source.id}",
        "host": source.domain,
        "sslEnabled": True,
        "url": f"https://{source.domain}",
    }


@resolves("Domain.id")
def domain_id(source: dict[str, Any], _: Call, __: Arguments) -> str:
    return str(source["id"])


@resolves("Shop.plan")
def plan(source: Shop, _: Call, __: Arguments) -> dict[str, Any]:
    return {
        "partnerDevelopment": False,
        "publicDisplayName": source.plan.title(),
        "shopifyPlus": source.plan in ("plus", "enterprise"),
    }


@resolves("Shop.ianaTimezone")
def iana_timezone(_: Shop, __: Call, ___: Arguments) -> str:
    return "Europe/Berlin"


@resolves("Shop.weightUnit")
def weight_unit(_: Shop, __: Call, ___: Arguments) -> str:
    return "KILOGRAMS"


@resolves("QueryRoot.currentAppInstallation")
def current_app_installation(_: Any, call: Call, __: Arguments) -> dict[str, Any]:
    return {"id": f"gid://shopify/AppInstallation/{call.app.id}"}


@resolves("AppInstallation.accessScopes")
def access_scopes(_: Any, call: Call, __: Arguments) -> list[dict[str, Any]]:
    return [{"handle": one, "description": one.replace("_", " ")} for one in sorted(call.scopes)]


@resolves("AppInstallation.app")
def app(_: Any, call: Call, __: Arguments) -> dict[str, Any]:
    return {"id": f"gid://shopify/App/{call.app.id}", "apiKey": call.app.client_id, "title": "Stockline"}


@resolves("QueryRoot.publications")
def publications(_: Any, call: Call, arguments: Arguments) -> Page:
    return Page(list(call.store.shop.publications.values()), arguments, lambda _: 0)


@resolves("Publication.autoPublish", "Publication.supportsFuturePublishing")
def yes(_: Any, __: Call, ___: Arguments) -> bool:
    return True


@resolves("QueryRoot.webhookSubscriptions")
def webhook_subscriptions(_: Any, call: Call, arguments: Arguments) -> Page:
    """Those of the asking app."""
    topics, uri = arguments.get("topics"), arguments.get("uri") or arguments.get("callbackUrl")
    if arguments.get("query"):
        raise GraphQLError(
            "The simulator takes no query for webhookSubscriptions.",
            extensions={"code": "SIMULATOR_UNSUPPORTED"},
        )
    found = [
        one
        for one in call.store.shop.subscriptions.values()
        if one.client_id == call.app.client_id
        and (not topics or one.topic in topics)
        and uri in (None, one.uri)
    ]
    return Page(found, arguments, lambda one: one.created_at)


@resolves("QueryRoot.webhookSubscription")
def webhook_subscription(_: Any, call: Call, arguments: Arguments) -> Subscription | None:
    found = call.store.shop.subscriptions.get(number(arguments["id"], "WebhookSubscription") or 0)
    return found if found and found.client_id == call.app.client_id else None


@resolves("WebhookSubscription.format")
def webhook_format(_: Any, __: Call, ___: Arguments) -> str:
    return "JSON"


@resolves("WebhookSubscription.filter")
def webhook_filter(_: Any, __: Call, ___: Arguments) -> None:
    return None


@resolves("WebhookSubscription.metafieldNamespaces", "WebhookSubscription.metafields")
def nothing(_: Any, __: Call, ___: Arguments) -> list[Any]:
    return []


@resolves("WebhookSubscription.callbackUrl")
def callback_url(source: Subscription, _: Call, __: Arguments) -> str:
    return source.uri


@resolves("WebhookSubscription.apiVersion")
def api_version(_: Any, __: Call, ___: Arguments) -> dict[str, Any]:
    return {"displayName": VERSION, "handle": VERSION, "supported": True}


@resolves("QueryRoot.node")
def node(_: Any, call: Call, arguments: Arguments) -> Any:
    return _thing(call, arguments["id"])


@resolves("QueryRoot.nodes")
def nodes(_: Any, call: Call, arguments: Arguments) -> list[Any]:
    return [_thing(call, one) for one in arguments["ids"]]


def _thing(call: Call, gid: str) -> Any:
    """None for what is not there."""
    kind, wanted = parsed(gid)
    held = call.store.shop
    if kind in MEDIA:
        return file_of(call, gid)
    if kind == "ProductVariant":
        found = call.store.variant(wanted)
        return found[1] if found else None
    if kind == "InventoryItem":
        return call.store.item(wanted)
    if kind == "InventoryLevel":
        levels = (level for _, one in call.store.variants() for level in one.item.levels.values())
        return next((level for level in levels if level.id == wanted), None)
    shelves: dict[str, dict[int, Any]] = {
        "Product": held.products,
        "Location": held.locations,
        "MetafieldDefinition": held.definitions,
        "Publication": held.publications,
        "ProductSetOperation": held.operations,
        "WebhookSubscription": held.subscriptions,
    }
    return shelves.get(kind, {}).get(wanted)
