"""Use cases of whoever is alerted: the list, acknowledging, and the channels."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from app.domain.alerts.alert import Alert, AlertKind
from app.domain.alerts.channel import URGENT, Channel, ChannelKind, checked
from app.domain.alerts.delivery import Arrived, Delivery, DeliveryKind, Parcel
from app.domain.alerts.ports import DeskTransactions, Mailer, Wire
from app.domain.alerts.sending import Sender
from app.domain.alerts.signature import new_secret
from app.domain.errors import ConflictError, InvalidInputError, NotFoundError
from app.domain.shop.ports import Vault

CHANNELS_MAX: Final = 20
OLD_SECRET_S: Final = 24 * 3600.0
"""How long a secret that was replaced signs along."""


@dataclass(frozen=True, slots=True)
class Tested:
    """What came of a test."""

    ok: bool
    message: str


class AlertDesk:
    """The portal's. Webhooks' secrets are made here, shown once, and kept encrypted."""

    def __init__(
        self,
        transactions: DeskTransactions,
        sender: Sender,
        wire: Wire,
        mailer: Mailer,
        vault: Vault,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._transactions = transactions
        self._sender = sender
        self._wire = wire
        self._mailer = mailer
        self._vault = vault
        self._now = now

    def alerts(
        self,
        tenant_id: UUID,
        limit: int,
        before: tuple[datetime, UUID] | None,
        *,
        kind: AlertKind | None = None,
        acknowledged: bool | None = None,
        supplier_id: UUID | None = None,
    ) -> Sequence[Alert]:
        """Newest first."""
        with self._transactions.tenant(tenant_id) as tx:
            return tx.alerts(limit, before, kind=kind, acknowledged=acknowledged, supplier_id=supplier_id)

    def acknowledge(self, tenant_id: UUID, alert_id: UUID, by: str) -> Alert:
        """Somebody saw it; who was first stays. Raises NotFoundError."""
        with self._transactions.tenant(tenant_id) as tx:
            alert = tx.acknowledge(alert_id, by)
        if alert is None:
            raise NotFoundError(f"there is no alert {alert_id}")
        return alert

    def acknowledge_all(
        self, tenant_id: UUID, by: str, *, kind: AlertKind | None = None, until: datetime | None = None
    ) -> int:
        """Those of a kind and of a time, or all; how many were open."""
        with self._transactions.tenant(tenant_id) as tx:
            return tx.acknowledge_all(by, kind=kind, until=until)

    def channels(
        self, tenant_id: UUID, limit: int, after: tuple[datetime, UUID] | None = None
    ) -> Sequence[Channel]:
        """Oldest first."""
        with self._transactions.tenant(tenant_id) as tx:
            return tx.channels(limit, after)

    def channel(self, tenant_id: UUID, channel_id: UUID) -> Channel:
        """Raises NotFoundError."""
        with self._transactions.tenant(tenant_id) as tx:
            return _found(tx.channel(channel_id), channel_id)

    def add(
        self, tenant_id: UUID, kind: ChannelKind, target: str, wanted: dict[str, Any] | None = None
    ) -> tuple[Channel, str | None]:
        """A new channel, and a webhook's secret, which is shown now and never again.

        `wanted`: as in `change`. Raises InvalidInputError, ConflictError and EncryptionMissingError.
        """
        secret = new_secret() if kind is ChannelKind.WEBHOOK else None
        fresh = Channel(
            uuid4(),
            tenant_id,
            kind,
            self._target(kind, target),
            tuple(AlertKind),
            URGENT,
            secret=None if secret is None else self._vault.seal(secret),
        )
        channel = checked(replace(fresh, **(wanted or {})), self._now())
        with self._transactions.tenant(tenant_id) as tx:
            if tx.count() >= CHANNELS_MAX:
                raise ConflictError(f"there are {CHANNELS_MAX} channels already; remove one first")
            return tx.add(channel), secret

    def change(self, tenant_id: UUID, channel_id: UUID, wanted: dict[str, Any]) -> Channel:
        """Fields of Channel that a caller may set: target, alerts, urgent, quiet_from and quiet_until, timezone,
        daily_report_at, active. Raises NotFoundError and InvalidInputError.
        """
        with self._transactions.tenant(tenant_id) as tx:
            before = _found(tx.channel(channel_id), channel_id)
        if "target" in wanted:
            wanted = {**wanted, "target": self._target(before.kind, wanted["target"])}
        with self._transactions.tenant(tenant_id) as tx:
            kept = _found(tx.channel(channel_id), channel_id)
            changed = checked(replace(kept, **wanted), self._now())
            if changed.active:
                changed = replace(changed, stopped_because=None)
            return tx.change(changed)

    def rotate(self, tenant_id: UUID, channel_id: UUID) -> tuple[Channel, str]:
        """A new secret, shown now; the one before signs along for a day. Raises NotFoundError, InvalidInputError."""
        secret = new_secret()
        with self._transactions.tenant(tenant_id) as tx:
            kept = _found(tx.channel(channel_id), channel_id)
            if kept.kind is not ChannelKind.WEBHOOK:
                raise InvalidInputError("mail is not signed: only a webhook has a secret")
            until = self._now() + timedelta(seconds=OLD_SECRET_S)
            sealed = self._vault.seal(secret)
            changed = replace(kept, secret=sealed, old_secret=kept.secret, old_secret_until=until)
            return tx.change(changed), secret

    def remove(self, tenant_id: UUID, channel_id: UUID) -> None:
        """With what is on its way there. Raises NotFoundError."""
        with self._transactions.tenant(tenant_id) as tx:
            if not tx.remove(channel_id):
                raise NotFoundError(f"there is no alert channel {channel_id}")

    def test(self, tenant_id: UUID, channel_id: UUID) -> Tested:
        """Send something now, and say what came of it; it is not tried again. Raises NotFoundError."""
        channel = self.channel(tenant_id, channel_id)
        outcome = self._sender.send(channel, Parcel(uuid4(), DeliveryKind.TEST, self._now()))
        return Tested(isinstance(outcome, Arrived), outcome.message)

    def deliveries(
        self, tenant_id: UUID, channel_id: UUID, limit: int, before: tuple[datetime, UUID] | None
    ) -> Sequence[Delivery]:
        """Newest first. Raises NotFoundError."""
        with self._transactions.tenant(tenant_id) as tx:
            _found(tx.channel(channel_id), channel_id)
            return tx.deliveries(channel_id, limit, before)

    def replay(self, tenant_id: UUID, channel_id: UUID, delivery_id: UUID) -> None:
        """Send once more what was put aside. Raises NotFoundError, and ConflictError when it was not."""
        with self._transactions.tenant(tenant_id) as tx:
            _found(tx.channel(channel_id), channel_id)
            if not tx.replay(channel_id, delivery_id):
                raise ConflictError(
                    "only what was put aside can be sent again, and only while its channel is active"
                )

    def rotate_secrets(self) -> int:
        """Encrypt every tenant's secrets with the newest key; how many there were."""
        return self._transactions.rotate(self._vault)

    def _target(self, kind: ChannelKind, target: str) -> str:
        if kind is ChannelKind.EMAIL:
            return self._mailer.check(target)
        self._wire.check(target)
        return target


def _found(channel: Channel | None, channel_id: UUID) -> Channel:
    if channel is None:
        raise NotFoundError(f"there is no alert channel {channel_id}")
    return channel
