"""Which feeds a person looks for: by the surface they came by, by their state, by when they were accepted."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol
from uuid import UUID

from app.domain.stock.decision import Decision
from app.domain.stock.feed import Feed, FeedStatus

DECISIONS_MAX: Final = 50


@dataclass(frozen=True, slots=True)
class Wanted:
    """None does not restrict. `since` is the first moment, `until` the first one after."""

    surface: str | None = None
    status: FeedStatus | None = None
    since: datetime | None = None
    until: datetime | None = None


class HistoryTransaction(Protocol):
    """One transaction in one tenant's scope."""

    def history(self, wanted: Wanted, limit: int, before: tuple[datetime, UUID] | None) -> Sequence[Feed]:
        """Newest first."""

    def replayable(self, feed_id: UUID) -> bool:
        """Whether a failed feed still has its work, put aside: nobody discarded it."""

    def decisions(self, feed_id: UUID, limit: int) -> Sequence[Decision]:
        """Newest first."""


class Histories(Protocol):
    """Opens transactions."""

    def tenant(self, tenant_id: UUID) -> AbstractContextManager[HistoryTransaction]:
        """One transaction."""


class FeedHistory:
    """The feeds of a tenant as a person looks through them."""

    def __init__(self, transactions: Histories) -> None:
        self._transactions = transactions

    def list(
        self, tenant_id: UUID, wanted: Wanted, limit: int, before: tuple[datetime, UUID] | None = None
    ) -> Sequence[Feed]:
        """Newest first, from a feed's place on."""
        with self._transactions.tenant(tenant_id) as tx:
            return tx.history(wanted, limit, before)

    def replayable(self, tenant_id: UUID, feed_id: UUID) -> bool:
        """Whether `FeedDesk.replay` can try a failed feed again."""
        with self._transactions.tenant(tenant_id) as tx:
            return tx.replayable(feed_id)

    def decisions(self, tenant_id: UUID, feed_id: UUID) -> Sequence[Decision]:
        """What people decided about one, newest first; of very many the newest."""
        with self._transactions.tenant(tenant_id) as tx:
            return tx.decisions(feed_id, DECISIONS_MAX)
