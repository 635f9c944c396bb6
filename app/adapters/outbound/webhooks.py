"""Calls to the webhooks of alerts: one POST, guarded like all that goes to addresses of users' choice."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from app.adapters.outbound.exchange import Internet, place_of
from app.adapters.outbound.guard import Guard
from app.domain.alerts.delivery import Failed
from app.domain.alerts.ports import Answer
from app.domain.errors import InvalidInputError
from app.domain.suppliers.source import SourceRefusedError, SourceTransientError

TIMEOUT_S: Final = 10.0
_ANSWER_MAX: Final = 1024 * 1024
_RESOLVE_S: Final = 3.0
_EXCERPT_MAX: Final = 200
URL_MAX: Final = 2_000


class WebhookWire:
    """The verbs of `app.domain.alerts.ports.Wire`. No redirect is followed: who moves says so to us."""

    def __init__(self, internet: Internet, guard: Guard, *, timeout_s: float = TIMEOUT_S) -> None:
        self._internet = internet
        self._guard = guard
        self._timeout_s = timeout_s

    def check(self, url: str) -> None:
        """A name that does not resolve now may do so later; where it leads is looked at with every call."""
        if len(url) > URL_MAX:
            raise InvalidInputError(f"the URL is longer than {URL_MAX} characters")
        try:
            place = place_of(url)
            with suppress(SourceTransientError):
                self._guard.addresses(place.host, place.port, _RESOLVE_S)
        except SourceRefusedError as error:
            raise InvalidInputError(error.message) from error

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer | Failed:
        try:
            with self._internet.call(self._timeout_s, _ANSWER_MAX) as call:
                answer = call.send("POST", place_of(url), {**headers, "Content-Length": str(len(body))}, body)
        except SourceTransientError as error:
            return Failed(error.message, away=True)
        except SourceRefusedError as error:
            return Failed(error.message)
        excerpt = answer.body[:_EXCERPT_MAX].decode(errors="replace")
        return Answer(answer.status, answer.retry_after_s or None, "".join(filter(str.isprintable, excerpt)))
