"""A push: its states, its counters that always add up, and what becomes of each requested part number.

queued ──claim──▶ running ──last item──▶ completed
  ▲                 │ ├──cancel──▶ cancelled
  └──resume── paused ◀┘ └──three tries without getting further──▶ failed
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

FAILURES_SHOWN_MAX = 1_000
CURRENT_FOR_S = 3_600


class PushStatus(StrEnum):
    """Of a push."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"  # with a reason; by a person's hand, or by itself where only time is needed, it goes on
    COMPLETED = "completed"  # every item is settled, failed ones too
    CANCELLED = "cancelled"  # `remaining` tells what was not begun
    FAILED = "failed"  # a defect: its worker gave up

    @property
    def over(self) -> bool:
        """Nothing happens to it any more."""
        return self in {PushStatus.COMPLETED, PushStatus.CANCELLED, PushStatus.FAILED}


class ItemOutcome(StrEnum):
    """Of one requested part number."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    SKIPPED = "skipped"  # there was nothing to write


@dataclass(frozen=True, slots=True)
class Failure:
    """One part number that did not get there, with a sentence a merchant can act on."""

    part_number: str
    code: str
    message: str

    def shown(self) -> dict[str, str]:
        """As the contract has it."""
        return {"partNumber": self.part_number, "code": self.code, "message": self.message}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a push is paused or failed."""

    code: str
    message: str


Refusal = Reason
"""Why a product did not get there."""


@dataclass(frozen=True, slots=True)
class Push:
    """One push as it stands. `version` rises with every change of it; it is the id of its events."""

    id: UUID
    tenant_id: UUID
    status: PushStatus
    total: int
    succeeded: int
    failed: int
    skipped: int
    version: int
    reason: Reason | None
    cancel_requested: bool
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    worked_s: float
    requested_by: str
    batch_id: UUID | None = None

    @property
    def settled(self) -> int:
        """Items that have their outcome."""
        return self.succeeded + self.failed + self.skipped

    @property
    def remaining(self) -> int:
        """Items that have none yet."""
        return self.total - self.settled

    @property
    def eta_s(self) -> int | None:
        """Seconds until it is done if it goes on as it went; None while nothing is known or nothing goes on."""
        if self.status is not PushStatus.RUNNING or not self.settled or not self.worked_s:
            return None
        return round(self.worked_s / self.settled * self.remaining)

    def shown(self) -> dict[str, Any]:
        """The contract's body without its failures, which may be many."""
        return {
            "pushId": str(self.id),
            "status": self.status.value,
            "statusReason": None
            if self.reason is None
            else {"code": self.reason.code, "message": self.reason.message},
            "total": self.total,
            "succeeded": self.succeeded,
            "failed": self.failed,
            "skipped": self.skipped,
            "remaining": self.remaining,
            "requestedBy": self.requested_by,
            "createdAt": self.created_at,
            "startedAt": self.started_at,
            "finishedAt": self.finished_at,
            "etaSeconds": self.eta_s,
        }
