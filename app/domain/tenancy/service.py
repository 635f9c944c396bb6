"""The operator's use cases over tenants and keys; each is one transaction."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from app.domain.catalog.ports import Projection
from app.domain.errors import InvalidInputError, NotFoundError
from app.domain.tenancy.keys import new_key
from app.domain.tenancy.ports import KeyPlace, ShownKey, Tenancies, TenancyTransaction
from app.domain.tenancy.settings import parse_setting, parse_settings
from app.domain.tenancy.tenant import Scope, Tenant, TenantType
from app.domain.tenancy.users import checked_name

KEYS_A_PAGE: Final = 200


class IssuedKey(NamedTuple):
    """A key just made; `text` is not stored and cannot be shown again."""

    tenant_id: UUID
    key_id: UUID
    text: str


class TenancyService:
    """Tenants and their keys, as the operator handles them."""

    def __init__(self, transactions: Tenancies, projection: Projection) -> None:
        self._transactions = transactions
        self._projection = projection

    def create_tenant(
        self,
        name: str,
        type_: str,
        *,
        allowed_domains: Sequence[str] = (),
        low_stock_threshold: str = "",
    ) -> IssuedKey:
        """A tenant with its first key, which has every scope."""
        settings = {
            "allowed_domains": parse_setting("allowedDomains", ",".join(allowed_domains)),
            "low_stock_threshold": parse_setting("lowStockThreshold", low_stock_threshold),
        }
        with self._transactions.platform() as tx:
            tenant_id = tx.add_tenant(parse_setting("name", name), _tenant_type(type_), settings)
            return _issue(tx, tenant_id, tuple(Scope))

    def tenant(self, tenant_id: UUID) -> Tenant:
        """The tenant as it stands; raises NotFoundError."""
        with self._transactions.platform() as tx:
            return _known(tx.tenant(tenant_id), tenant_id)

    def set_active(self, tenant_id: UUID, *, active: bool) -> Tenant:
        """Let the tenant's keys in, or shut all of them out; live everywhere within 1 s."""
        with self._transactions.platform() as tx:
            return _known(tx.write_tenant(tenant_id, {"active": active}), tenant_id)

    def set_settings(self, tenant_id: UUID, assignments: Iterable[str]) -> Tenant:
        """Set from `KEY=VALUE`s, all or none; an empty value brings the default back."""
        values = parse_settings(assignments)
        if not values:
            raise InvalidInputError("name at least one setting as KEY=VALUE")
        with self._transactions.platform() as tx:
            tenant = _known(tx.write_tenant(tenant_id, values), tenant_id)
        self._projection.forget_tenant(tenant_id)
        return tenant

    def keys(
        self, tenant_id: UUID, limit: int = KEYS_A_PAGE, after: KeyPlace | None = None
    ) -> Sequence[ShownKey]:
        """Keys of a tenant from behind a place on: the live ones, then the revoked ones, each newest first."""
        with self._transactions.platform() as tx:
            return tx.keys(tenant_id, limit, after)

    def key(self, tenant_id: UUID, key_id: UUID) -> ShownKey | None:
        """One of them."""
        with self._transactions.platform() as tx:
            return tx.key(tenant_id, key_id)

    def create_key(
        self, tenant_id: UUID, scopes: Iterable[str] = (), *, name: str = "", created_by: str = ""
    ) -> IssuedKey:
        """Another key; without scopes it has all of them."""
        called = checked_name(name)
        wanted = tuple(dict.fromkeys(_scope(scope) for scope in scopes)) or tuple(Scope)
        with self._transactions.platform() as tx:
            _known(tx.tenant(tenant_id), tenant_id)
            return _issue(tx, tenant_id, wanted, name=called, created_by=created_by)

    def revoke_key(self, key_id: UUID, tenant_id: UUID | None = None) -> datetime:
        """Shut one key (of this tenant) out for ever, live everywhere within 1 s; again changes nothing."""
        with self._transactions.platform() as tx:
            revoked_at = tx.revoke_key(key_id, tenant_id)
        if revoked_at is None:
            raise NotFoundError(f"there is no key {key_id}")
        return revoked_at


def _issue(
    tx: TenancyTransaction,
    tenant_id: UUID,
    scopes: Sequence[Scope],
    *,
    name: str = "",
    created_by: str = "",
) -> IssuedKey:
    key = new_key()
    key_id = tx.add_key(tenant_id, key, scopes, name=name, created_by=created_by)
    return IssuedKey(tenant_id, key_id, key.text)


def _known(tenant: Tenant | None, tenant_id: UUID) -> Tenant:
    if tenant is None:
        raise NotFoundError(f"there is no tenant {tenant_id}")
    return tenant


def _tenant_type(text: str) -> TenantType:
    if text not in TenantType.__members__:
        raise InvalidInputError(f"{text!r} is no tenant type; it is one of {', '.join(TenantType)}")
    return TenantType(text)


def _scope(text: str) -> Scope:
    try:
        return Scope(text)
    except ValueError:
        raise InvalidInputError(f"{text!r} is no scope; it is one of {', '.join(Scope)}") from None
