"""Purchase orders as MIME: a letter with one attachment."""

import smtplib
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from app.adapters.smtp.mailer import checked, outcome
from app.adapters.smtp.server import SmtpServer
from app.domain.alerts.delivery import Refused
from app.domain.errors import InvalidInputError, TransientError
from app.domain.purchasing.ports import Mail


class SmtpMailbox:
    """The verbs of `app.domain.purchasing.ports.Mailbox`."""

    def __init__(self, server: SmtpServer | None, mail_from: str) -> None:
        self._server = server
        self._from = mail_from

    def send(self, mail: Mail) -> None:
        if self._server is None:
            raise InvalidInputError("this installation sends no mail: its operator sets SMTP_URL first")
        recipient = checked(mail.to)
        try:
            self._server.hand_over(_mime(mail, self._from, recipient), parseaddr(self._from)[1], recipient)
        except (OSError, smtplib.SMTPException) as error:
            became = outcome(error)
            if isinstance(became, Refused):
                raise InvalidInputError(became.message) from error
            raise TransientError(became.message) from error


def _mime(mail: Mail, mail_from: str, recipient: str) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"] = mail_from
    message["To"] = recipient
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = mail.message_id
    message.set_content(mail.text)
    message.add_attachment(mail.attachment, maintype="text", subtype="csv", filename=mail.filename)
    return message
