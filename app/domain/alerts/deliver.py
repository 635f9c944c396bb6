"""A channel's deliveries, one after the other. A slow or dead receiver takes one thread, and delays nobody else."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import structlog

from app.domain.alerts.channel import Channel, quiet_ends
from app.domain.alerts.delivery import (
    Arrived,
    DeliveryKind,
    Failed,
    Gone,
    Outcome,
    Parcel,
    Refused,
    delay_s,
)
from app.domain.alerts.ports import DeliverTransaction, DeliverTransactions
from app.domain.alerts.report import Figures
from app.domain.alerts.sending import Sender
from app.domain.errors import InvalidInputError
from app.domain.work.dispatch import Claim, Progress

LEASE_S: Final = 60.0
"""Longer than a mail server may take over one mail."""
log = structlog.get_logger()


class DeliverJob:
    """The work of one channel: its row in `dispatch` stays for as long as something is queued."""

    def __init__(
        self,
        transactions: DeliverTransactions,
        sender: Sender,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._transactions = transactions
        self._sender = sender
        self._now = now

    def run(self, claim: Claim, over: Callable[[], bool]) -> Progress:
        """Whatever is due; then rest until the next is. Killed between a call and its note, it calls again."""
        while True:
            with self._transactions.tenant(claim.tenant_id) as tx:
                channel = tx.begin(claim, LEASE_S)
                parcel = None if channel is None else self._next(tx, channel)
                if channel is None or parcel is None:
                    return Progress.DONE if tx.rest(claim) else Progress.STOPPED
                figures = tx.figures() if parcel.kind is DeliveryKind.REPORT else None
            outcome = self._send(channel, parcel, figures)
            log.info("alerts.sent", delivery=str(parcel.id), channel=str(channel.id), outcome=repr(outcome))
            with self._transactions.tenant(claim.tenant_id) as tx:
                tx.checkpoint(claim, LEASE_S)
                _settle(tx, channel, parcel, outcome)
            if over():
                return Progress.MORE

    def _next(self, tx: DeliverTransaction, channel: Channel) -> Parcel | None:
        """What is due and may go out now: a try that falls into quiet hours waits for their end."""
        quiet = quiet_ends(channel, self._now())
        while (parcel := tx.next_due(channel.id)) is not None:
            if quiet is None or parcel.urgent or parcel.kind is DeliveryKind.REPORT:
                return parcel
            tx.postpone(parcel.id, quiet)
        return None

    def _send(self, channel: Channel, parcel: Parcel, figures: Figures | None) -> Outcome:
        return self._sender.send(channel, parcel, figures)

    def give_up(self, claim: Claim, reason: str) -> None:
        """What killed its worker three times is put aside, and what is behind it goes on."""
        with self._transactions.tenant(claim.tenant_id) as tx:
            channel = tx.begin(claim, LEASE_S)
            parcel = channel and tx.next_due(channel.id)
            if parcel:
                tx.put_aside(parcel.id, reason)
            tx.rest(claim)

    def replay(self, tenant_id: UUID, delivery_id: UUID) -> None:
        """The operator's second chance for a dead letter."""
        with self._transactions.tenant(tenant_id) as tx:
            if not tx.replay(delivery_id):
                raise InvalidInputError(f"{delivery_id} was not put aside, or its channel is not active")


def _settle(tx: DeliverTransaction, channel: Channel, parcel: Parcel, outcome: Outcome) -> None:
    if isinstance(outcome, Arrived):
        tx.arrived(parcel.id)
    elif isinstance(outcome, Failed):
        for dead in tx.failed(parcel.id, outcome, delay_s(parcel.tries + 1, outcome.retry_after_s)):
            log.error("alerts.put_aside", delivery=str(dead), error=outcome.message)
    elif isinstance(outcome, Refused):
        tx.put_aside(parcel.id, outcome.message)
    elif isinstance(outcome, Gone):
        tx.deactivate(channel.id, outcome.message)
