"""The watch: changes of stock become alerts, alerts become deliveries, and reports fall due."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain
from typing import Final

import structlog

from app.domain.alerts.channel import local_day, report_due
from app.domain.alerts.gather import plan
from app.domain.alerts.levels import notes_of
from app.domain.alerts.ports import WatchTransaction, WatchTransactions
from app.domain.work.dispatch import Claim, Progress

LEASE_S: Final = 30.0
BATCH: Final = 1000
AGAIN_S: Final = 60.0
log = structlog.get_logger()


def _utc_now() -> datetime:
    return datetime.now(UTC)


class WatchJob:
    """One tenant's. Each batch is one transaction: what it saw, what that made of it, and who is to be told."""

    def __init__(
        self, transactions: WatchTransactions, *, now: Callable[[], datetime] = _utc_now, batch: int = BATCH
    ) -> None:
        self._transactions = transactions
        self._now = now
        self._batch = batch

    def run(self, claim: Claim, over: Callable[[], bool]) -> Progress:
        """Batches until nothing waits. What comes later wakes the watch again."""
        while True:
            with self._transactions.tenant(claim.tenant_id) as tx:
                tx.begin(claim, LEASE_S)
                seen, noted = self._changes(tx)
                told = self._tell(tx)
                if seen < self._batch and told < self._batch:
                    self._report(tx)
                    tx.finish(claim)
                    log.info("alerts.watched", changes=seen, alerts=noted, told=told)
                    return Progress.DONE
                tx.checkpoint(claim, LEASE_S)
            if over():
                return Progress.MORE

    def _changes(self, tx: WatchTransaction) -> tuple[int, int]:
        """Note the states as they stand now: what went to and fro since is nobody's concern."""
        seen, states = tx.changed(self._batch)
        return seen, tx.note(list(chain.from_iterable(notes_of(state) for state in states)))

    def _tell(self, tx: WatchTransaction) -> int:
        alerts = tx.untold(self._batch)
        if alerts:
            tx.deliver(plan(alerts, tx.channels(), tx.gathering(), self._now()))
            tx.told(alerts)
        return len(alerts)

    def _report(self, tx: WatchTransaction) -> None:
        now = self._now()
        for channel in tx.channels():
            if channel.report_due_at is not None and channel.report_due_at <= now:
                day = local_day(channel, now)
                tx.report(channel.id, day, now, report_due(replace(channel, reported_on=day), now))

    def give_up(self, claim: Claim, reason: str) -> None:
        """Never put aside: it goes on in a while, with the reason to be seen."""
        with self._transactions.tenant(claim.tenant_id) as tx:
            tx.rest(claim, AGAIN_S, reason)
