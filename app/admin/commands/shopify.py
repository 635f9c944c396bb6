"""shopify connect|show|test|location|set|disconnect, and secrets rotate."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Any, Final

from app.admin.commands.shape import group, secret, uuid, with_tenant
from app.domain.errors import InvalidInputError
from app.domain.shop.connection import missing_scopes
from app.domain.shop.service import shown_location

if TYPE_CHECKING:
    from app.bootstrap import Container


_OPTIONS: Final = "publish=true|false, reservePercent=0–90, pullIntervalS=60–86400 or empty"


def add_to(commands: Any) -> None:
    """Make the commands known."""
    shopify = group(commands, "shopify", "the tenant's Shopify shop")
    connect = with_tenant(shopify("connect", _connect, "connect a shop; its app's secret comes on stdin"))
    connect.add_argument("--shop", required=True, metavar="DOMAIN", help="name.myshopify.com")
    connect.add_argument("--client-id", required=True, metavar="X", help="of the app in the Dev Dashboard")
    with_tenant(shopify("show", _show, "the connection as it is kept"))
    with_tenant(shopify("test", _test, "sign in, and say what stands in a push's way"))
    location = with_tenant(shopify("location", _location, "the shop's locations; with --set, choose one"))
    location.add_argument(
        "--set", default="", metavar="LOCATION", help="its id; stock goes there from now on"
    )
    change = with_tenant(shopify("set", _set, "change options"))
    change.add_argument("assignments", nargs="+", metavar="KEY=VALUE", help=_OPTIONS)
    with_tenant(shopify("disconnect", _disconnect, "forget the connection and its secrets"))
    secrets = group(commands, "secrets", "what is kept encrypted")
    secrets("rotate", _rotate, "encrypt every stored secret with the newest of ENCRYPTION_KEYS")


def _connect(services: Container, given: Namespace) -> Any:
    tenant = services.tenancy.tenant(uuid(given.tenant))
    done = services.connections.connect(tenant.id, given.shop, given.client_id, secret("app's client secret"))
    return {
        "connectionId": done.connection.id,
        "webhookUrl": services.connections.webhook_url(done.connection),
        "location": shown_location(done.connection.location),
        "missingScopes": missing_scopes(done.connection.scopes),
        "topicsNotSubscribed": list(done.unsubscribed),
        "warning": done.warning,
    }


def _show(services: Container, given: Namespace) -> Any:
    return services.connections.shown(services.connections.get(_tenant(services, given)))


def _test(services: Container, given: Namespace) -> Any:
    return services.connections.test(_tenant(services, given)).shown()


def _location(services: Container, given: Namespace) -> Any:
    tenant_id = _tenant(services, given)
    if given.set:
        services.connections.set_location(tenant_id, given.set)
    chosen = services.connections.get(tenant_id).location.id
    return [
        {**shown_location(one), "chosen": one.id == chosen}
        for one in services.connections.locations(tenant_id)
    ]


def _set(services: Container, given: Namespace) -> Any:
    options: dict[str, Any] = {}
    for assignment in given.assignments:
        options |= _option(assignment)
    return services.connections.shown(services.connections.set_options(_tenant(services, given), **options))


def _option(assignment: str) -> dict[str, Any]:
    name, equals, value = assignment.partition("=")
    if equals and name == "publish" and value in {"true", "false"}:
        return {"publish": value == "true"}
    if equals and name == "reservePercent" and _is_number(value):
        return {"reserve_percent": int(value)}
    if equals and name == "pullIntervalS" and (not value or _is_number(value)):
        return {"pull_interval_s": int(value) if value else None, "keep_pull": False}
    raise InvalidInputError(f"{assignment[:100]!r} is none of {_OPTIONS}")


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


def _disconnect(services: Container, given: Namespace) -> Any:
    return {"disconnected": services.connections.disconnect(_tenant(services, given))}


def _rotate(services: Container, _given: Namespace) -> Any:
    keepers = (services.connections, services.suppliers, services.alerts)
    return {"rotated": sum(keeper.rotate_secrets() for keeper in keepers)}


def _tenant(services: Container, given: Namespace) -> Any:
    return services.tenancy.tenant(uuid(given.tenant)).id
