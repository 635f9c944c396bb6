"""tenant create|deactivate|activate|set, key create|revoke and user create|list."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Any

from app.admin.commands.shape import group, secret, uuid, with_tenant
from app.domain.tenancy.settings import SETTINGS
from app.domain.tenancy.tenant import Scope, Tenant, TenantType
from app.domain.tenancy.users import Role, User, checked_role

if TYPE_CHECKING:
    from app.bootstrap import Container


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
    _add_users(commands)
    key("revoke", _revoke_key, "shut one key out for ever").add_argument(
        "--key", required=True, metavar="KEYID"
    )


def _add_users(commands: Any) -> None:
    user = group(commands, "user", "people who sign in to the portal")
    create = with_tenant(user("create", _create_user, "a user; the password comes on stdin"))
    create.add_argument("--email", required=True, metavar="E")
    create.add_argument("--role", default=Role.OWNER.value, metavar="|".join(Role), help="default: owner")
    create.add_argument("--platform", action="store_true", help="also runs the platform: the Operations page")
    with_tenant(user("list", _users, "the users of a tenant"))


def _create_user(services: Container, given: Namespace) -> Any:
    password = secret("password")
    role = checked_role(given.role)
    user = services.people.create(uuid(given.tenant), given.email, password, role, platform=given.platform)
    return _shown_user(user)


def _users(services: Container, given: Namespace) -> Any:
    return {"data": [_shown_user(user) for user in services.people.users(uuid(given.tenant))]}


def _shown_user(user: User) -> dict[str, Any]:
    return {
        "userId": user.id,
        "email": user.email,
        "role": user.role,
        "platform": user.platform,
        "active": user.active,
    }


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
    tenant = services.tenancy.set_active(uuid(given.tenant), active=True)
    services.suppliers.resume(tenant.id)
    return _shown(tenant)


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
