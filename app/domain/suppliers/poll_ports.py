"""What reading a supplier needs of PostgreSQL."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Protocol
from uuid import UUID

from app.domain.suppliers.report import Standing, Told
from app.domain.suppliers.schedule import Health, Schedule
from app.domain.suppliers.source import Source
from app.domain.work.dispatch import Claim


class Outcome(StrEnum):
    """What became of a reading, or of a payload that was sent."""

    APPLIED = "applied"
    UNCHANGED = "unchanged"  # it says the same again: confirmed
    FAILED = "failed"  # nothing came, or nothing that can be read
    HELD = "held"  # too much of the list would go: waits for a person
    RELEASED = "released"  # let through by a person, and not yet done
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A payload that was sent, or released: `at` is its report's own time."""

    poll_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class Begun:
    """A supplier as its worker finds it. `now` is PostgreSQL's clock: what is read from here on is as of then.

    `version` changes whenever a person changes the supplier; `confirmed_at` is the youngest whole report's time,
    `heard_at` that of the last word of a supplier that sends. `tenant_active`: while it is not, nothing is done.
    """

    supplier_id: UUID
    code: str
    name: str
    source: Source
    secrets: bytes | None
    version: datetime
    interval_s: int
    drop_guard_percent: int
    schedule: Schedule
    etag: str | None
    last_modified: str | None
    body_hash: bytes | None
    created_at: datetime
    confirmed_at: datetime | None
    heard_at: datetime | None
    now: datetime
    tenant_active: bool
    waiting: Waiting | None

    @property
    def is_due(self) -> bool:
        """Whether there is anything to do."""
        return self.waiting is not None or self.schedule.poll_at <= self.now


@dataclass(frozen=True, slots=True)
class Marks:
    """By which an unchanged source is known the next time."""

    etag: str | None = None
    last_modified: str | None = None
    body_hash: bytes | None = None


UNKNOWN: Final = Marks()


@dataclass(frozen=True, slots=True)
class Finished:
    """A reading's end. `at`: the report's own time; `held`: what waits for a person, packed.

    `schedule` is None for what was not read but sent: the readings go on as they would.
    """

    outcome: Outcome
    at: datetime
    schedule: Schedule | None
    health: Health | None
    poll_id: UUID | None = None
    status: int | None = None
    rows: int = 0
    changed: int = 0
    dropped: int = 0
    stale: int = 0
    malformed: int = 0
    malformed_sample: Sequence[dict[str, Any]] = field(default_factory=list)
    error: str | None = None
    held: bytes | None = None
    marks: Marks = UNKNOWN
    confirmed_at: datetime | None = None


class PollTransaction(Protocol):
    """One transaction in one tenant's scope. `begin` comes first: it holds the supplier and renews the lease."""

    def begin(self, claim: Claim, lease_s: float) -> Begun | None:
        """The supplier, for as long as the transaction lasts; None when it is gone or not active.

        Raises LeaseLostError when another worker has it.
        """

    def payload(self, poll_id: UUID) -> bytes:
        """What waits, packed."""

    def standing(self, supplier_id: UUID) -> Sequence[Standing]:
        """All its SKUs, not locked: nothing but a report writes what is read here."""

    def shipped(self, supplier_id: UUID) -> Sequence[Standing]:
        """Those of which units are shipped."""

    def write(self, supplier_id: UUID, told: Sequence[Told]) -> int:
        """New SKUs, and others by id: what they were told, what is shipped and seen freed; how many changed."""

    def settle_terms(self, supplier_id: UUID) -> int:
        """Every SKU's part and terms as names, mappings and thresholds are now; how many changed."""

    def finish(self, claim: Claim, begun: Begun, finished: Finished) -> None:
        """Note how it went, the supplier's health included; after a reading, rest until the next."""

    def rest(self, claim: Claim) -> None:
        """Nothing is due before the next reading, or what is sent next."""

    def put_off(self, claim: Claim, until: datetime) -> None:
        """Nothing is due before this time, the reading that was due included."""

    def forget(self, claim: Claim) -> None:
        """It is read no more."""


class PollTransactions(Protocol):
    """Opens transactions."""

    def tenant(self, tenant_id: UUID) -> AbstractContextManager[PollTransaction]:
        """One transaction."""
