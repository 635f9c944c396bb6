"""One mail to one mail server, over a connection of its own: TLS first, then the password, bounded in time."""

import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Final, Self
from urllib.parse import unquote, urlsplit

STEP_S: Final = 5.0
"""For each line of the conversation. All of them together stay below the lease of a delivery."""
_PORTS: Final = {"smtp": 587, "smtps": 465}
_OWN_MACHINE: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class NotEncryptedError(smtplib.SMTPException):
    """A password would have crossed the network in the clear."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where the server is and who we are there."""

    scheme: str
    host: str
    port: int
    user: str | None
    password: str

    @classmethod
    def of(cls, url: str) -> Self:
        """From smtp://user:password@host:587 or smtps://…:465."""
        parts = urlsplit(url)
        user = unquote(parts.username) if parts.username else None
        port = parts.port or _PORTS[parts.scheme]
        return cls(parts.scheme, parts.hostname or "localhost", port, user, unquote(parts.password or ""))


class SmtpServer:
    """smtps speaks TLS from the first byte; smtp turns to it (STARTTLS) where the server can."""

    def __init__(self, url: str, *, tls: ssl.SSLContext | None = None, step_s: float = STEP_S) -> None:
        self._address = Address.of(url)
        self._tls = tls or ssl.create_default_context()
        self._step_s = step_s

    def hand_over(self, message: EmailMessage, sender: str, recipient: str) -> None:
        """The server took it. Raises OSError and smtplib.SMTPException."""
        server = self._connected()
        try:
            self._introduce(server)
            server.send_message(message, sender, [recipient])
        finally:
            with suppress(OSError, smtplib.SMTPException):
                server.quit()
            server.close()

    def _connected(self) -> smtplib.SMTP:
        host, port = self._address.host, self._address.port
        if self._address.scheme == "smtps":
            return smtplib.SMTP_SSL(host, port, timeout=self._step_s, context=self._tls)
        return smtplib.SMTP(host, port, timeout=self._step_s)

    def _introduce(self, server: smtplib.SMTP) -> None:
        server.ehlo()
        encrypted = self._address.scheme == "smtps"
        if not encrypted and server.has_extn("starttls"):
            server.starttls(context=self._tls)
            server.ehlo()
            encrypted = True
        if self._address.user is None:
            return
        if not encrypted and self._address.host not in _OWN_MACHINE:
            raise NotEncryptedError(
                "the mail server offers no STARTTLS, and the password is not sent without it"
            )
        server.login(self._address.user, self._address.password)
