"""What batches need of the database: transactions that reach, one at a time, into the scopes of their resellers."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from app.domain.push.batches import Batch, BatchFailure, Refused, Reseller, Right
from app.domain.push.ports import PushTransaction
from app.domain.push.push import Push
from app.domain.work.dispatch import Claim


@dataclass(frozen=True, slots=True)
class Turn:
    """The reseller whose turn it is, and what is to be pushed."""

    batch: Batch
    reseller: Reseller
    part_numbers: Sequence[str]


class ResellerTransaction(PushTransaction, Protocol):
    """The part of a transaction that is in a reseller's scope."""

    def granted_brands(self, distributor_id: UUID) -> Sequence[str]:
        """What the distributor may push, held until the end: it is not taken back before. None of an inactive reseller."""


class BatchTransaction(Protocol):
    """One transaction in the scope of a distributor."""

    def reseller(self, reseller_id: UUID) -> AbstractContextManager[ResellerTransaction]:
        """Go on in the reseller's scope until the block ends. An error inside must end the transaction."""

    # asked by callers
    def rights(self) -> Sequence[Right]:
        """The active resellers that let this distributor push, by their ids."""

    def create(
        self,
        part_numbers: Sequence[str],
        resellers: Sequence[Reseller],
        refused: Sequence[Refused],
        *,
        requested_by: str,
    ) -> Batch:
        """Queue a batch with its dispatch row."""

    def batch(self, batch_id: UUID) -> Batch:
        """Raises NotFoundError."""

    def batches(self, limit: int, before: tuple[datetime, UUID] | None) -> Sequence[Batch]:
        """Newest first."""

    def pushes(self, batch_ids: Sequence[UUID]) -> Mapping[UUID, Sequence[Push]]:
        """Of each of these batches, in the order of their turns."""

    def failures(self, batch_id: UUID, limit: int) -> Sequence[BatchFailure]:
        """By shop, in the order of the request."""

    def cancel(self, batch_id: UUID) -> None:
        """No shop gets a turn any more; a turn that is being taken is waited for."""

    # done by the worker; every verb raises LeaseLostError when the claim was lost
    def turn(self, claim: Claim) -> Turn | None:
        """Whose turn it is; None when nobody is left or the batch was cancelled: the work is done then.

        A deactivated distributor's is cancelled by it.
        """

    def take(self, claim: Claim, refused: Refused | None) -> None:
        """The turn is taken, in the same transaction as what it brought."""

    def hand_back(self, claim: Claim) -> None:
        """Let the next worker go on at once."""


class BatchTransactions(Protocol):
    """Opens transactions."""

    def tenant(self, tenant_id: UUID) -> AbstractContextManager[BatchTransaction]:
        """In the distributor's scope."""
