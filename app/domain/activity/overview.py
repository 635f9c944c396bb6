"""Where a tenant's systems stand, at one look."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from app.domain.activity.activity import SURFACES, SurfaceActivity
from app.domain.alerts.alert import Alert
from app.domain.stock.feed import Feed, FeedKind

HOURS = 24
LISTED_MAX = 5
SHOWN_SURFACES = (SURFACES[0], FeedKind.PRICE.value, *SURFACES[1:])


@dataclass(frozen=True, slots=True)
class Aside:
    """Work of one kind that was put aside: `held` waits for a person, the rest failed."""

    actor: str
    held: bool
    count: int


@dataclass(frozen=True, slots=True)
class Look:
    """What was read at `now`, PostgreSQL's clock."""

    now: datetime
    used: Mapping[str, SurfaceActivity]
    rows_by_hour: Mapping[tuple[str, datetime], int]
    in_flight: Sequence[Feed]
    in_flight_count: int
    aside: Sequence[Aside]
    alerts: Sequence[Alert]
    alert_count: int
    keys: int


@dataclass(frozen=True, slots=True)
class Surface:
    """One surface, and its rows of each of the last hours, the oldest first; the last hour is still going on."""

    activity: SurfaceActivity
    rows: Sequence[int]
    age: timedelta | None


@dataclass(frozen=True, slots=True)
class Overview:
    """The look, by surface; surfaces that were never used are left out."""

    look: Look
    surfaces: Sequence[Surface]

    @property
    def silent(self) -> Sequence[Surface]:
        """Those that are overdue."""
        return [one for one in self.surfaces if one.activity.silent]

    @property
    def held(self) -> int:
        """How many feeds wait for a person."""
        return sum(one.count for one in self.look.aside if one.held)

    @property
    def dead(self) -> Sequence[Aside]:
        """What failed, by kind."""
        return [one for one in self.look.aside if not one.held]


class OverviewTransaction(Protocol):
    """One transaction in one tenant's scope."""

    def look(self, hours: int, listed: int) -> Look:
        """Everything at one moment."""


class OverviewTransactions(Protocol):
    """Opens transactions."""

    def tenant(self, tenant_id: UUID) -> AbstractContextManager[OverviewTransaction]:
        """One transaction."""


class OverviewDesk:
    """Reads it."""

    def __init__(self, transactions: OverviewTransactions) -> None:
        self._transactions = transactions

    def see(self, tenant_id: UUID) -> Overview:
        """As it stands now."""
        with self._transactions.tenant(tenant_id) as tx:
            look = tx.look(HOURS, LISTED_MAX)
        used = [look.used[one] for one in SHOWN_SURFACES if one in look.used]
        return Overview(look, [_surface(one, look) for one in used])


def _surface(one: SurfaceActivity, look: Look) -> Surface:
    hour = look.now.replace(minute=0, second=0, microsecond=0)
    hours = [hour - timedelta(hours=back) for back in range(HOURS - 1, -1, -1)]
    rows = [look.rows_by_hour.get((one.surface, each), 0) for each in hours]
    age = None if one.last_sync_at is None else max(timedelta(0), look.now - one.last_sync_at)
    return Surface(one, rows, age)
