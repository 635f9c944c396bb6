"""What durable work needs of PostgreSQL and of the message broker."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol
from uuid import UUID

from app.domain.work.dispatch import Actor, Claim, DeadLetter, QueueStatus


class WorkTransaction(Protocol):
    """One transaction over the dispatch table, across tenants."""

    def claim_rung(self, dispatch_id: UUID, lease_s: float) -> Claim | None:
        """Lease the head of the lane that this work is in; None once it is done, or if nothing is due."""

    def claim_head(self, lane: str, lease_s: float) -> Claim | None:
        """Lease the lane's earliest unfinished work if it is due; attempts and token go up by one."""

    def head_of(self, lane: str) -> tuple[UUID, Actor] | None:
        """What may start next in the lane, if anything is due."""

    def release(self, claim: Claim, *, delay_s: float, error: str | None, forgive: bool) -> None:
        """Hand a claim back for another go after `delay_s`; nothing happens if the lease was lost.

        With an error the try counts, with `forgive` it does not.
        """

    def tries(self, claim: Claim) -> int:
        """Tries since the last checkpoint, this one included; 0 if the lease was lost."""

    def wake_watchers(self) -> None:
        """Make a piece of work, due at once, per tenant and watcher that something new waits for."""

    def due(self, limit: int, again_after_s: float) -> Sequence[tuple[UUID, Actor]]:
        """Heads of lanes that nobody works on although they could be; not named again for a while."""

    def dead_letters(self) -> Sequence[DeadLetter]:
        """What was put aside, oldest first."""

    def discard(self, dispatch_id: UUID) -> None:
        """Drop a dead letter."""

    def queue_status(self) -> Sequence[QueueStatus]:
        """Every queue's load."""


class WorkTransactions(Protocol):
    """Opens transactions."""

    def platform(self) -> AbstractContextManager[WorkTransaction]:
        """One transaction; committed when the block ends, rolled back when it raises."""


class Bell(Protocol):
    """Rings a worker. Best effort: what is not heard is rung again by the sweep."""

    def ring(self, actor: Actor, dispatch_id: UUID) -> None:
        """Send the message; never raises."""
