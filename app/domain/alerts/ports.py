"""What alerts need of PostgreSQL, of a mail server and of whoever listens to webhooks."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from app.domain.alerts.alert import Alert, AlertKind, Note
from app.domain.alerts.channel import Channel
from app.domain.alerts.delivery import Delivery, Failed, Outcome, Parcel
from app.domain.alerts.gather import Gathering, Planned
from app.domain.alerts.levels import StockState
from app.domain.alerts.message import Mail
from app.domain.alerts.report import Figures
from app.domain.shop.ports import Vault
from app.domain.work.dispatch import Claim


@dataclass(frozen=True, slots=True)
class Answer:
    """What a receiver answered. `excerpt`: the beginning of its body, for a person."""

    status: int
    retry_after_s: float | None
    excerpt: str


class Wire(Protocol):
    """Posts to addresses that users gave, and to no private one."""

    def check(self, url: str) -> None:
        """Raises InvalidInputError for what will never be called."""

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer | Failed:
        """One call, within 10 s in all; Failed when no answer came."""


class Mailer(Protocol):
    """Hands mails to the mail server."""

    def check(self, address: str) -> str:
        """The address in the form to keep. Raises InvalidInputError, also when there is no mail server."""

    def send(self, mail: Mail) -> Outcome:
        """One mail; never raises for what the server or the network does."""


class WatchTransaction(Protocol):
    """One transaction of the watch; every verb with a claim raises LeaseLostError when it was lost."""

    def begin(self, claim: Claim, lease_s: float) -> None:
        """Hold the claim: one watch at a time writes."""

    def changed(self, limit: int) -> tuple[int, Sequence[StockState]]:
        """Mark changes as seen: how many, and the SKUs concerned as they stand now, each once."""

    def note(self, notes: Sequence[Note]) -> int:
        """Tell states; how many alerts that made."""

    def untold(self, limit: int) -> Sequence[Alert]:
        """Alerts without deliveries, oldest first."""

    def channels(self) -> Sequence[Channel]:
        """The active ones."""

    def gathering(self) -> Sequence[Gathering]:
        """Deliveries that more may join, held for this transaction."""

    def deliver(self, planned: Sequence[Planned]) -> None:
        """Write the deliveries, and make the work that delivers them due."""

    def told(self, alerts: Sequence[Alert]) -> None:
        """Their deliveries are written, if anybody wants them."""

    def report(self, channel_id: UUID, day: date, now: datetime, next_due_at: datetime | None) -> None:
        """A report for this day, due at once; nothing if the day has one."""

    def checkpoint(self, claim: Claim, lease_s: float) -> None:
        """There is more."""

    def finish(self, claim: Claim) -> None:
        """Nothing waits."""

    def rest(self, claim: Claim, delay_s: float, error: str) -> None:
        """Try again later."""


class WatchTransactions(Protocol):
    """Opens transactions."""

    def tenant(self, tenant_id: UUID) -> AbstractContextManager[WatchTransaction]:
        """One transaction."""


class DeliverTransaction(Protocol):
    """One transaction of a channel's deliveries; every verb with a claim raises LeaseLostError when it was lost."""

    def begin(self, claim: Claim, lease_s: float) -> Channel | None:
        """Hold the claim for as long as one call may take; None when the channel is gone or not active."""

    def next_due(self, channel_id: UUID) -> Parcel | None:
        """What was tried most often of what is due; nothing joins it any more."""

    def figures(self) -> Figures:
        """For a report."""

    def postpone(self, delivery_id: UUID, until: datetime) -> None:
        """No try: its channel is quiet."""

    def arrived(self, delivery_id: UUID) -> None:
        """Delivered."""

    def failed(self, delivery_id: UUID, failed: Failed, delay_s: float) -> Sequence[UUID]:
        """A try came to nothing. Of a receiver that is away, one of all that is due there.

        What was tried often enough is put aside; those are returned.
        """

    def put_aside(self, delivery_id: UUID, reason: str) -> None:
        """A dead letter."""

    def deactivate(self, channel_id: UUID, reason: str) -> None:
        """Nothing goes there any more; what is queued is dropped."""

    def checkpoint(self, claim: Claim, lease_s: float) -> None:
        """One is settled."""

    def rest(self, claim: Claim) -> bool:
        """Sleep until the next is due; whether none is left, and the work with it."""

    def replay(self, delivery_id: UUID) -> bool:
        """Once more; False when it was not put aside."""


class DeliverTransactions(Protocol):
    """Opens transactions."""

    def tenant(self, tenant_id: UUID) -> AbstractContextManager[DeliverTransaction]:
        """One transaction."""


class DeskTransaction(Protocol):
    """One transaction of the portal's."""

    def alerts(
        self,
        limit: int,
        before: tuple[datetime, UUID] | None,
        *,
        kind: AlertKind | None,
        acknowledged: bool | None,
        supplier_id: UUID | None,
    ) -> Sequence[Alert]:
        """Newest first."""

    def acknowledge(self, alert_id: UUID, by: str) -> Alert | None:
        """Once: who was first stays. None when there is no such alert."""

    def acknowledge_all(self, by: str, *, kind: AlertKind | None, until: datetime | None) -> int:
        """How many were open."""

    def channels(self, limit: int, after: tuple[datetime, UUID] | None) -> Sequence[Channel]:
        """Oldest first."""

    def channel(self, channel_id: UUID) -> Channel | None:
        """One, held until the transaction ends."""

    def add(self, channel: Channel) -> Channel:
        """A new one; its id is made here."""

    def change(self, channel: Channel) -> Channel:
        """As it is now. Deactivated, it drops what is queued; activated, it forgets why it was stopped."""

    def remove(self, channel_id: UUID) -> bool:
        """With its deliveries."""

    def deliveries(
        self, channel_id: UUID, limit: int, before: tuple[datetime, UUID] | None
    ) -> Sequence[Delivery]:
        """Newest first."""

    def replay(self, channel_id: UUID, delivery_id: UUID) -> bool:
        """Once more; False when it was not put aside, or its channel is not active."""

    def count(self) -> int:
        """Channels of the tenant."""


class DeskTransactions(Protocol):
    """Opens transactions."""

    def tenant(self, tenant_id: UUID) -> AbstractContextManager[DeskTransaction]:
        """One transaction."""

    def rotate(self, vault: Vault) -> int:
        """Encrypt every secret anew, in one transaction; how many there were."""
