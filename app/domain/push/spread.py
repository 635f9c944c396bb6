"""A batch at work: each reseller in its turn gets its push, or is refused; both exactly once.

A turn is one transaction: the claim's fence, the reseller's grant, the push and the note that the turn was taken.
Whatever dies before its commit leaves the turn to be taken, after it the next one.
"""

from collections.abc import Callable

import structlog

from app.domain.push.batch_ports import BatchTransaction, BatchTransactions, ResellerTransaction, Turn
from app.domain.push.batches import INTERNAL, NOT_CONNECTED, NOT_GRANTED, PUSH_RUNNING, refused
from app.domain.push.errors import PushRunningError
from app.domain.push.grants import requester
from app.domain.push.push import Push, Reason
from app.domain.push.service import require_connection
from app.domain.shop.connection import NotConnectedError
from app.domain.work.dispatch import Actor, Claim, Progress
from app.domain.work.ports import Bell

log = structlog.get_logger()


class SpreadJob:
    """Works on one batch under its claim."""

    def __init__(self, transactions: BatchTransactions, bell: Bell) -> None:
        self._transactions = transactions
        self._bell = bell

    def run(self, claim: Claim, over: Callable[[], bool]) -> Progress:
        """Take turns until all are taken or the slice is over."""
        while True:
            with self._transactions.tenant(claim.tenant_id) as tx:
                turn = tx.turn(claim)
                if turn is None:
                    return Progress.DONE
                outcome = _taken(tx, turn)
                tx.take(claim, refused(turn.reseller, outcome) if isinstance(outcome, Reason) else None)
            if isinstance(outcome, Push):
                self._bell.ring(Actor.PUSHES_RUN, outcome.id)
            if over():
                return Progress.MORE

    def give_up(self, claim: Claim, reason: str) -> None:
        """Three tries came to nothing: the reseller whose turn it is is refused, and the others get theirs."""
        with self._transactions.tenant(claim.tenant_id) as tx:
            turn = tx.turn(claim)
            if turn is not None:
                tx.take(claim, refused(turn.reseller, INTERNAL))
                tx.hand_back(claim)
        log.error("batch.turn_put_aside", reason=reason)


def _taken(tx: BatchTransaction, turn: Turn) -> Push | Reason:
    with tx.reseller(turn.reseller.id) as theirs:
        return _push(theirs, turn)


def _push(theirs: ResellerTransaction, turn: Turn) -> Push | Reason:
    """The reseller's push, or why there is none."""
    brands = theirs.granted_brands(turn.batch.tenant_id)
    if not brands:
        return NOT_GRANTED
    try:
        require_connection(theirs)
        return theirs.create(
            turn.part_numbers,
            requested_by=requester(turn.batch.tenant_id),
            batch_id=turn.batch.id,
            only_brands=brands,
        )
    except NotConnectedError:
        return NOT_CONNECTED
    except PushRunningError:
        return PUSH_RUNNING
