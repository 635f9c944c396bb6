"""What those who run the platform look at: its tenants, and the work in its hands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from app.domain.tenancy.tenant import TenantType
from app.domain.work.dispatch import State


@dataclass(frozen=True, slots=True)
class TenantLine:
    """One tenant. `last_sync_at`: of any of its surfaces; `silent`: one of them is older than it should be."""

    id: UUID
    name: str
    type: TenantType
    active: bool
    created_at: datetime
    users: int
    last_sync_at: datetime | None
    silent: bool
    dead: int


@dataclass(frozen=True, slots=True)
class Work:
    """A piece of durable work. `since`: it was asked for, or is due; `lost`: its worker let the lease run out."""

    id: UUID
    actor: str
    tenant_id: UUID
    tenant_name: str
    state: State
    attempts: int
    since: datetime
    age_s: float
    lease_until: datetime | None
    lost: bool
    error: str | None


class OperationReads(Protocol):
    """Read over all tenants; no lock is taken."""

    def tenants(
        self, search: str, active: bool | None, limit: int, after: tuple[str, UUID] | None
    ) -> Sequence[TenantLine]:
        """Whose name has this text, or whose id it is; by name."""

    def running(self, limit: int) -> Sequence[Work]:
        """What a worker holds a lease on, or lost it, oldest lease first."""

    def slow(self, limit: int) -> Sequence[Work]:
        """What has run or waited longest since somebody asked for it; what waits for its time is not slow."""

    def dead(self, limit: int, after: tuple[datetime, UUID] | None) -> Sequence[Work]:
        """What was put aside, oldest first."""
