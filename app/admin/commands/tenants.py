"""tenant create|deactivate|activate|set and key create|revoke."""

from argparse import Namespace
from typing import Any

from app.admin.commands.shape import group, uuid, with_tenant
from app.bootstrap import Container
from app.domain.tenancy.settings import SETTINGS
from app.domain.tenancy.tenant import Scope, Tenant, TenantType


def add_to(commands: Any) -> None:
    """Make the commands known."""
    tenant = group(commands, "tenant", "tenants and their settings")
    create = tenant("create", _create, "a tenant with its first key, which is shown once")
    create.add_argument("--name", required=True)
    create.add_argument("--type", required=True, metavar="TYPE", help=", ".join(TenantType))
    create.add_argument("--allowed-domain", action="append", default=[], metavar="D")
    create.add_argument("--low-stock-threshold", default="", metavar="N")
    with_tenant(tenant("deactivate", _deactivate, "shut all of its keys out"))
    with_tenant(tenant("activate", _activate, "let its keys in again"))
    change = with_tenant(tenant("set", _set, "change settings; an empty value brings the default back"))
    change.add_argument("assignments", nargs="+", metavar="KEY=VALUE", help=", ".join(SETTINGS))
    key = group(commands, "key", "API keys")
    more = with_tenant(key("create", _create_key, "another key, shown once; without --scope it may do all"))
    more.add_argument("--scope", action="append", default=[], metavar="|".join(Scope))
    key("revoke", _revoke_key, "shut one key out for ever").add_argument(
        "--key", required=True, metavar="KEYID"
    )


def _create(services: Container, given: Namespace) -> Any:
    issued = services.tenancy.create_tenant(
        given.name,
        given.type,
        allowed_domains=given.allowed_domain,
        low_stock_threshold=given.low_stock_threshold,
    )
    return {"tenantId": issued.tenant_id, "apiKey": issued.text, "keyId": issued.key_id}


def _deactivate(services: Container, given: Namespace) -> Any:
    return _shown(services.tenancy.set_active(uuid(given.tenant), active=False))


def _activate(services: Container, given: Namespace) -> Any:
    return _shown(services.tenancy.set_active(uuid(given.tenant), active=True))


def _set(services: Container, given: Namespace) -> Any:
    return _shown(services.tenancy.set_settings(uuid(given.tenant), given.assignments))


def _create_key(services: Container, given: Namespace) -> Any:
    issued = services.tenancy.create_key(uuid(given.tenant), given.scope)
    return {"keyId": issued.key_id, "apiKey": issued.text}


def _revoke_key(services: Container, given: Namespace) -> Any:
    key_id = uuid(given.key)
    return {"keyId": key_id, "revokedAt": services.tenancy.revoke_key(key_id)}


def _shown(tenant: Tenant) -> dict[str, Any]:
    settings = {name: getattr(tenant, setting.field) for name, setting in SETTINGS.items()}
    return {"tenantId": tenant.id, "type": tenant.type, "active": tenant.active, **settings}
