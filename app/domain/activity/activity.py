"""One surface's activity, and the report over all of them."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

SURFACES = ("stock-feed", "location-stock", "orders", "shopify-push", "shopify-webhook", "supplier-poll")
"""Every surface of the report, in its order; one never used has nulls and zeros."""


@dataclass(frozen=True, slots=True)
class SurfaceActivity:
    """Counts are over the last 24 hours, to the minute."""

    surface: str
    last_sync_at: datetime | None = None
    last_result: dict[str, Any] | None = None
    last_error_at: datetime | None = None
    last_error: str | None = None
    calls: int = 0
    rows: int = 0
    errors: int = 0
    silent: bool = False


class ActivityTransaction(Protocol):
    """One transaction in one tenant's scope."""

    def activity(self) -> dict[str, SurfaceActivity]:
        """Every surface that was ever used."""


class ActivityTransactions(Protocol):
    """Opens transactions."""

    def tenant(self, tenant_id: UUID) -> AbstractContextManager[ActivityTransaction]:
        """One transaction."""


def report(transactions: ActivityTransactions, tenant_id: UUID) -> list[SurfaceActivity]:
    """All surfaces in order, used or not."""
    with transactions.tenant(tenant_id) as tx:
        used = tx.activity()
    return [used.get(surface, SurfaceActivity(surface)) for surface in SURFACES]
