"""What tenancy asks of its store: transactions over tenants and their keys."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from app.domain.tenancy.keys import NewKey
from app.domain.tenancy.tenant import Scope, Tenant, TenantType


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A key as it stands, live or revoked, with the tenant it belongs to."""

    id: UUID
    secret_hash: bytes
    scopes: frozenset[Scope]
    revoked: bool
    tenant: Tenant
    network_version: int = 0
    used_lately: bool = True


@dataclass(frozen=True, slots=True)
class ShownKey:
    """A key as people see it. `last_used_at`: to the minute, None for one that nobody used yet."""

    id: UUID
    prefix: str
    name: str
    scopes: Sequence[Scope]
    created_at: datetime
    created_by: str
    last_used_at: datetime | None
    revoked_at: datetime | None

    @property
    def place(self) -> "KeyPlace":
        """From which the list goes on."""
        return KeyPlace(self.revoked_at is not None, self.id)


class KeyPlace(NamedTuple):
    """Where a key stands in the list of its company's."""

    revoked: bool
    id: UUID


class TenancyTransaction(Protocol):
    """Leaving the block that yields it commits; raising rolls back."""

    def add_tenant(self, name: str, type_: TenantType, settings: Mapping[str, Any]) -> UUID:
        """An active tenant; settings by their Tenant field name, None meaning the column's default."""

    def write_tenant(self, tenant_id: UUID, values: Mapping[str, Any]) -> Tenant | None:
        """Set as add_tenant does; None when there is no such tenant."""

    def tenant(self, tenant_id: UUID) -> Tenant | None:
        """The tenant as it stands, active or not."""

    def add_key(
        self, tenant_id: UUID, key: NewKey, scopes: Sequence[Scope], *, name: str = "", created_by: str = ""
    ) -> UUID:
        """Store the key's prefix and hash, never its text."""

    def keys(self, tenant_id: UUID, limit: int, after: KeyPlace | None) -> Sequence[ShownKey]:
        """So many of a tenant, from behind a place on: the live ones, then the revoked ones, each newest first."""

    def key(self, tenant_id: UUID, key_id: UUID) -> ShownKey | None:
        """One of a tenant."""

    def note_key_use(self, key_id: UUID) -> None:
        """It was used now, to the minute."""

    def revoke_key(self, key_id: UUID, tenant_id: UUID | None = None) -> datetime | None:
        """When the key died, the first time it was revoked; None when unknown, or not this tenant's."""

    def key_by_prefix(self, prefix: str) -> StoredKey | None:
        """The key and its tenant in one reading."""


class Tenancies(Protocol):
    """Opens transactions over all tenants."""

    def platform(self) -> AbstractContextManager[TenancyTransaction]:
        """One transaction; it sees every tenant."""
