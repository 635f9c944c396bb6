"""A batch: one distributor's motion into the shops of many resellers, one push each, with one combined progress.

The shops get their pushes one after the other (their turns), and are pushed to side by side. A reseller whose turn
brings no push is refused, with the reason; the others do not wait for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.domain.push.push import Push, PushStatus, Reason


@dataclass(frozen=True, slots=True)
class Reseller:
    """A tenant with a shop, as a distributor knows it."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Right:
    """A reseller that lets the distributor push these brands."""

    reseller: Reseller
    brands: tuple[str, ...]
    since: datetime


@dataclass(frozen=True, slots=True)
class Refused:
    """A reseller that got no push. The name is None where the distributor is not to know of it."""

    reseller_id: UUID
    name: str | None
    code: str
    message: str

    def shown(self) -> dict[str, Any]:
        """By the API's names."""
        return {
            "resellerId": str(self.reseller_id),
            "name": self.name,
            "code": self.code,
            "message": self.message,
        }


@dataclass(frozen=True, slots=True)
class BatchFailure:
    """One part number that did not get into one reseller's shop."""

    reseller_id: UUID
    part_number: str
    code: str
    message: str

    def shown(self) -> dict[str, str]:
        """By the API's names, in words for the distributor."""
        return {
            "resellerId": str(self.reseller_id),
            "partNumber": self.part_number,
            "code": self.code,
            "message": _TO_THE_DISTRIBUTOR.get(self.code, self.message),
        }


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch as it was ordered. `parts`: distinct part numbers; `turns`: how many of `resellers` had theirs."""

    id: UUID
    tenant_id: UUID
    created_at: datetime
    requested_by: str
    parts: int
    resellers: tuple[Reseller, ...]
    turns: int
    refused: tuple[Refused, ...]
    spread_at: datetime | None
    cancelled_at: datetime | None


NOT_GRANTED: Final = Reason("not_granted", "this reseller does not let you push; ask it for the right")
NOT_CONNECTED: Final = Reason("not_connected", "this reseller has no shop connected; push again once it has")
PUSH_RUNNING: Final = Reason(
    "push_running", "a push into this reseller's shop is under way; push again after it"
)
CANCELLED: Final = Reason("cancelled", "the batch was cancelled before it was this shop's turn")
INTERNAL: Final = Reason(
    "internal_error", "something went wrong on our side with this shop; push to it again"
)
NOBODY: Final = Reason("all_refused", "no shop could be pushed to; see what `refused` says of each")
_TO_THE_DISTRIBUTOR: Final = {"unknown_part": "the reseller sells no such part"}


def refused(reseller: Reseller, reason: Reason) -> Refused:
    """A reseller that the distributor knows, and why it got no push."""
    return Refused(reseller.id, reseller.name, reason.code, reason.message)


@dataclass(frozen=True, slots=True)
class Combined:
    """A batch and its pushes, as one progress."""

    batch: Batch
    pushes: Sequence[Push]

    @property
    def waiting(self) -> Sequence[Reseller]:
        """Those whose turn is still to come."""
        return () if self.batch.cancelled_at else self._without_turn

    @property
    def _without_turn(self) -> Sequence[Reseller]:
        pushed = {push.tenant_id for push in self.pushes}
        return [one for one in self.batch.resellers[self.batch.turns :] if one.id not in pushed]

    @property
    def refused(self) -> Sequence[Refused]:
        """Who got no push and gets none any more."""
        left = self._without_turn if self.batch.cancelled_at else ()
        return [*self.batch.refused, *(refused(one, CANCELLED) for one in left)]

    @property
    def status(self) -> PushStatus:
        """As a push has it; completed when one shop is, whatever became of the others."""
        ways = {push.status for push in self.pushes}
        going = {status for status in ways if not status.over}
        if self.waiting or going:
            return _going(ways | ({PushStatus.QUEUED} if self.waiting else set()))
        if self.batch.cancelled_at or ways == {PushStatus.CANCELLED}:
            return PushStatus.CANCELLED
        return PushStatus.COMPLETED if PushStatus.COMPLETED in ways else PushStatus.FAILED

    @property
    def reason(self) -> Reason | None:
        """Why it failed as a whole; each push has its own."""
        return NOBODY if self.status is PushStatus.FAILED and not self.pushes else None

    @property
    def total(self) -> int:
        """Part numbers over all shops, those of shops that wait for their turn included."""
        return sum(push.total for push in self.pushes) + len(self.waiting) * self.batch.parts

    @property
    def remaining(self) -> int:
        """Part numbers over all shops that have no outcome yet."""
        return self.total - sum(push.settled for push in self.pushes)

    @property
    def started_at(self) -> datetime | None:
        """When the first push began."""
        return min((push.started_at for push in self.pushes if push.started_at), default=None)

    @property
    def finished_at(self) -> datetime | None:
        """When nothing happened any more."""
        if not self.status.over:
            return None
        ends = [
            self.batch.spread_at,
            self.batch.cancelled_at,
            *(push.finished_at for push in self.pushes),
        ]
        return max((end for end in ends if end), default=None)

    @property
    def eta_s(self) -> int | None:
        """Seconds until all is done if it goes on as it went: of the slowest push, or of all in the lanes there are."""
        running = [push.eta_s for push in self.pushes if push.eta_s is not None]
        if not running:
            return None
        settled = sum(push.settled for push in self.pushes)
        each_s = sum(push.worked_s for push in self.pushes) / settled
        return max(*running, round(each_s * self.remaining / len(running)))

    @property
    def version(self) -> int:
        """Rises with every change of the batch or of one of its pushes."""
        batch = self.batch
        moves = batch.turns + (batch.spread_at is not None) + (batch.cancelled_at is not None)
        return 1 + moves + sum(push.version for push in self.pushes)

    def shown(self) -> dict[str, Any]:
        """The API's body without its lists, which may be long."""
        reason = self.reason
        return {
            "batchId": str(self.batch.id),
            "status": self.status.value,
            "statusReason": reason and {"code": reason.code, "message": reason.message},
            "total": self.total,
            "succeeded": sum(push.succeeded for push in self.pushes),
            "failed": sum(push.failed for push in self.pushes),
            "skipped": sum(push.skipped for push in self.pushes),
            "remaining": self.remaining,
            "createdAt": self.batch.created_at,
            "startedAt": self.started_at,
            "finishedAt": self.finished_at,
            "etaSeconds": self.eta_s,
        }

    def shown_in_full(self, failures: Sequence[BatchFailure]) -> dict[str, Any]:
        """The API's body, shop by shop."""
        names = {one.id: one.name for one in self.batch.resellers}
        return {
            **self.shown(),
            "pushes": [
                {"resellerId": str(push.tenant_id), "name": names[push.tenant_id], **push.shown()}
                for push in self.pushes
            ],
            "refused": [one.shown() for one in self.refused],
            "failures": [one.shown() for one in failures],
        }


def _going(ways: set[PushStatus]) -> PushStatus:
    """Of what is not over."""
    if ways == {PushStatus.QUEUED}:
        return PushStatus.QUEUED
    going = {status for status in ways if not status.over}
    return PushStatus.PAUSED if going == {PushStatus.PAUSED} else PushStatus.RUNNING


def chosen(rights: Sequence[Right], wanted: Sequence[UUID] | None) -> tuple[list[Reseller], list[Refused]]:
    """The resellers to push to, all or those that were named, and those of them that do not let us."""
    granting = {right.reseller.id: right.reseller for right in rights}
    if wanted is None:
        return list(granting.values()), []
    named = dict.fromkeys(wanted)
    strangers = [
        Refused(one, None, NOT_GRANTED.code, NOT_GRANTED.message) for one in named if one not in granting
    ]
    return [granting[one] for one in named if one in granting], strangers
