"""Looks at what changed, and keeps drafts and tasks at what is due."""

from collections.abc import Callable
from typing import Final

import structlog

from app.domain.purchasing.ports import WatchTransactions
from app.domain.purchasing.reorder import plan
from app.domain.work.dispatch import Claim, Progress

CHANGES_A_TURN: Final = 2_000
AGAIN_S: Final = 60.0
log = structlog.get_logger()


class WatchJob:
    """One for a tenant at a time. What it took as seen it settled, in the same transaction."""

    def __init__(self, transactions: WatchTransactions, *, changes_a_turn: int = CHANGES_A_TURN) -> None:
        self._transactions = transactions
        self._changes_a_turn = changes_a_turn

    def run(self, claim: Claim, over: Callable[[], bool]) -> Progress:
        """Turn by turn, until nothing is left or the slice is over."""
        while True:
            with self._transactions.tenant(claim.tenant_id) as tx:
                seen, positions = tx.changed(claim, self._changes_a_turn)
                if seen == 0:
                    tx.finish(claim)
                    return Progress.DONE
                tx.write(plan(positions))
            if over():
                return Progress.MORE

    def give_up(self, claim: Claim, reason: str) -> None:
        """Never put aside: what is not seen is looked at again in a while, with the reason to be seen."""
        log.error("purchasing.watch_failed", reason=reason)
        with self._transactions.tenant(claim.tenant_id) as tx:
            tx.rest(claim, AGAIN_S, reason)
