"""Alerts and reports as MIME: text with an HTML part, an id that stays, and no header that a name could forge."""

import smtplib
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Final

from app.adapters.smtp.server import SmtpServer
from app.domain.alerts.delivery import Arrived, Failed, Outcome, Refused
from app.domain.alerts.message import Mail
from app.domain.errors import InvalidInputError

ADDRESS_MAX: Final = 254
_BUSY: Final = frozenset({421, 450, 451, 452})


class SmtpMailer:
    """The verbs of `app.domain.alerts.ports.Mailer`. Without a server no channel of kind email can be made."""

    def __init__(self, server: SmtpServer | None, mail_from: str) -> None:
        self._server = server
        self._from = mail_from

    def check(self, address: str) -> str:
        if self._server is None:
            raise InvalidInputError(
                "this installation sends no mail: its operator sets SMTP_URL first; or use a webhook"
            )
        return checked(address)

    def send(self, mail: Mail) -> Outcome:
        if self._server is None:
            return Failed("this installation sends no mail any more: its operator sets SMTP_URL", away=True)
        try:
            message = mime(mail, self._from)
        except (ValueError, HeaderParseError) as error:
            return Refused(f"the mail cannot be written: {error}")
        try:
            self._server.hand_over(message, parseaddr(self._from)[1], mail.to)
        except (OSError, smtplib.SMTPException) as error:
            return outcome(error)
        return Arrived("the mail server took it")


def outcome(error: OSError | smtplib.SMTPException) -> Outcome:
    """5xx on this mail or its address is for good; about the server, the network or the password is not."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, said = next(iter(error.recipients.values()))
        return _answer(code, _text(said), "does not take mail for the address")
    if isinstance(error, smtplib.SMTPDataError | smtplib.SMTPSenderRefused):
        return _answer(error.smtp_code, _text(error.smtp_error), "does not take the mail")
    return Failed(
        f"the mail server does not answer as it should: {type(error).__name__}: {error}"[:500], away=True
    )


def _answer(code: int, said: str, what: str) -> Outcome:
    message = f"the mail server {what}: {code} {said}"[:500]
    return Refused(message) if code >= 500 else Failed(message, away=code in _BUSY)


def _text(said: bytes | str) -> str:
    return said.decode(errors="replace") if isinstance(said, bytes) else said


def checked(address: str) -> str:
    """One plain address, its domain in ASCII. Raises InvalidInputError."""
    given = address.strip()
    local, at, domain = given.rpartition("@")
    try:
        spelled = f"{local}@{domain.encode('idna').decode('ascii')}"
        sound = at and len(spelled) <= ADDRESS_MAX and Address(addr_spec=spelled).addr_spec == spelled
    except (ValueError, UnicodeError, HeaderParseError, IndexError):
        sound = False
    if not sound or not spelled.isascii() or not spelled.isprintable() or " " in spelled or "," in spelled:
        raise InvalidInputError(f"{given[:100]!r} is no mail address; it looks like name@example.com")
    return spelled


def mime(mail: Mail, mail_from: str) -> EmailMessage:
    """The message; a line break in a header raises ValueError."""
    message = EmailMessage(policy=SMTP)
    message["From"] = mail_from
    message["To"] = mail.to
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = f"<{mail.id}@stockline>"
    for name, value in mail.headers.items():
        message[name] = value
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    return message
