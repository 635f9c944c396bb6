"""One parcel to one channel: by mail, or by a signed call. What comes of it is an outcome, never an exception."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

from app.domain.alerts.channel import Channel, ChannelKind
from app.domain.alerts.delivery import Arrived, Failed, Gone, Outcome, Parcel
from app.domain.alerts.message import body_of, mail_of
from app.domain.alerts.ports import Answer, Mailer, Wire
from app.domain.alerts.report import Figures
from app.domain.alerts.signature import HEADER, signature
from app.domain.shop.connection import EncryptionMissingError
from app.domain.shop.ports import Vault

_LATER: Final = frozenset({408, 425, 429, 502, 503, 504})
"""Answers that say "not now", whatever is asked."""


class Sender:
    """Knows how each kind of channel is reached."""

    def __init__(
        self,
        wire: Wire,
        mailer: Mailer,
        vault: Vault,
        *,
        portal_url: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._wire = wire
        self._mailer = mailer
        self._vault = vault
        self._portal_url = portal_url
        self._clock = clock

    def send(self, channel: Channel, parcel: Parcel, figures: Figures | None = None) -> Outcome:
        """One try."""
        if channel.kind is ChannelKind.EMAIL:
            return self._mailer.send(mail_of(parcel, channel.target, figures, self._portal_url))
        try:
            valid = self._secrets(channel)
        except EncryptionMissingError as error:
            return Failed(error.message)
        return self._post(channel, parcel, valid)

    def _secrets(self, channel: Channel) -> Sequence[str]:
        """Those that sign now, the newest first."""
        now = datetime.fromtimestamp(self._clock(), UTC)
        kept = [channel.secret]
        if channel.old_secret_until is not None and channel.old_secret_until > now:
            kept.append(channel.old_secret)
        return [self._vault.open(one) for one in kept if one is not None]

    def _post(self, channel: Channel, parcel: Parcel, valid: Sequence[str]) -> Outcome:
        body = body_of(parcel)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Stockline-Webhooks/1",
            "X-Stockline-Delivery": str(parcel.id),
            HEADER: signature(valid, int(self._clock()), body),
        }
        answer = self._wire.post(channel.target, body, headers)
        return answer if isinstance(answer, Failed) else _outcome(answer)


def _outcome(answer: Answer) -> Outcome:
    said = f"the receiver answered {answer.status}" + (f": {answer.excerpt}" if answer.excerpt else "")
    if 200 <= answer.status < 300:
        return Arrived(f"the receiver answered {answer.status}")
    if answer.status == 410:
        return Gone(f"{said}; it wants no more: activate the channel again once it does")
    return Failed(said, away=answer.status in _LATER, retry_after_s=answer.retry_after_s)
