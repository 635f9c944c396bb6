"""Use cases of a distributor that pushes into the shops of others: begin, look at, cancel."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from app.domain.errors import ConflictError
from app.domain.push.batch_ports import BatchTransaction, BatchTransactions
from app.domain.push.batches import Batch, Combined, Right, chosen
from app.domain.push.errors import PushStateError
from app.domain.push.ports import ProgressBoard
from app.domain.push.push import FAILURES_SHOWN_MAX, Push
from app.domain.push.service import checked
from app.domain.tenancy.tenant import Feature, Tenant
from app.domain.work.dispatch import Actor
from app.domain.work.ports import Bell


class NoGrantsError(ConflictError):
    """Nobody, or nobody of those that were named, lets the distributor push."""

    code: ClassVar[str] = "no_grants"


class BatchDesk:
    """Takes orders for batches and answers for them."""

    def __init__(self, transactions: BatchTransactions, board: ProgressBoard, bell: Bell) -> None:
        self._transactions = transactions
        self._board = board
        self._bell = bell

    def rights(self, distributor: Tenant) -> Sequence[Right]:
        """Who lets it push what."""
        distributor.require(Feature.PUSH_FOR_OTHERS)
        with self._transactions.tenant(distributor.id) as tx:
            return tx.rights()

    def begin(
        self,
        distributor: Tenant,
        part_numbers: Sequence[str],
        reseller_ids: Sequence[UUID] | None,
        *,
        requested_by: str,
    ) -> Batch:
        """Queue a batch for all that grant, or for those of them that are named; once committed, it is spread.

        Raises NothingToPushError, InvalidInputError, NoGrantsError.
        """
        distributor.require(Feature.PUSH_FOR_OTHERS)
        asked = checked(part_numbers)
        with self._transactions.tenant(distributor.id) as tx:
            resellers, strangers = chosen(tx.rights(), reseller_ids)
            if not resellers:
                raise NoGrantsError("no reseller lets you push into its shop; ask them for the right")
            batch = tx.create(asked, resellers, strangers, requested_by=requested_by)
        self._bell.ring(Actor.PUSHES_SPREAD, batch.id)
        return batch

    def history(
        self, distributor: Tenant, limit: int, before: tuple[datetime, UUID] | None
    ) -> Sequence[Combined]:
        """Newest first."""
        distributor.require(Feature.PUSH_FOR_OTHERS)
        with self._transactions.tenant(distributor.id) as tx:
            batches = tx.batches(limit, before)
            pushes = tx.pushes([batch.id for batch in batches])
        return [Combined(batch, pushes[batch.id]) for batch in batches]

    def progress(self, distributor: Tenant, batch_id: UUID) -> tuple[int, dict[str, Any]]:
        """The version and the body of a batch. Raises NotFoundError."""
        distributor.require(Feature.PUSH_FOR_OTHERS)
        with self._transactions.tenant(distributor.id) as tx:
            combined = _combined(tx, batch_id)
            failures = tx.failures(batch_id, FAILURES_SHOWN_MAX)
        return combined.version, combined.shown_in_full(failures)

    def cancel(self, distributor: Tenant, batch_id: UUID) -> None:
        """No shop gets a push any more, and each push stops after its item in flight; all or none.

        Raises NotFoundError, PushStateError.
        """
        distributor.require(Feature.PUSH_FOR_OTHERS)
        with self._transactions.tenant(distributor.id) as tx:
            status = _combined(tx, batch_id).status
            if status.over:
                raise PushStateError(f"the batch is {status}; one that is over cannot be cancelled")
            tx.cancel(batch_id)
            stopped = [_stop(tx, push) for push in _combined(tx, batch_id).pushes if not push.status.over]
        for push in stopped:
            self._board.tell(push, None)


def _combined(tx: BatchTransaction, batch_id: UUID) -> Combined:
    """The batch first: a turn that is taken in between shows as a push, never as none."""
    return Combined(tx.batch(batch_id), tx.pushes([batch_id])[batch_id])


def _stop(tx: BatchTransaction, push: Push) -> Push:
    with tx.reseller(push.tenant_id) as theirs:
        theirs.cancel(push.id)
        return theirs.push(push.id)
