"""What tenancy asks of its store: transactions over tenants and their keys."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
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


class TenancyTransaction(Protocol):
    """Leaving the block that yields it commits; raising rolls back."""

    def add_tenant(self, name: str, type_: TenantType, settings: Mapping[str, Any]) -> UUID:
        """An active tenant; settings by their Tenant field name, None meaning the column's default."""

    def write_tenant(self, tenant_id: UUID, values: Mapping[str, Any]) -> Tenant | None:
        """Set as add_tenant does; None when there is no such tenant."""

    def tenant(self, tenant_id: UUID) -> Tenant | None:
        """The tenant as it stands, active or not."""

    def add_key(self, tenant_id: UUID, key: NewKey, scopes: Sequence[Scope]) -> UUID:
        """Store the key's prefix and hash, never its text."""

    def revoke_key(self, key_id: UUID) -> datetime | None:
        """When the key died, the first time it was revoked; None when unknown."""

    def key_by_prefix(self, prefix: str) -> StoredKey | None:
        """The key and its tenant in one reading."""


class Tenancies(Protocol):
    """Opens transactions over all tenants."""

    def platform(self) -> AbstractContextManager[TenancyTransaction]:
        """One transaction; it sees every tenant."""
