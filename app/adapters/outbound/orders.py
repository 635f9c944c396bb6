"""Posts purchase orders to suppliers' APIs: guarded like all that goes to addresses of users' choice."""

from collections.abc import Mapping
from typing import Final

from app.adapters.outbound.credentials import Credentials
from app.adapters.outbound.exchange import Answer, Call, Internet, place_of
from app.adapters.outbound.tokens import Tokens
from app.domain.suppliers.source import Source, SourceRefusedError, SourceTransientError

TIMEOUT_S: Final = 30.0
_ANSWER_MAX: Final = 64 * 1024
_EXCERPT_MAX: Final = 200
_TRANSIENT: Final = frozenset({408, 421, 425, 429})


class SupplierApis:
    """The verbs of `app.domain.purchasing.ports.OrderApi`. No redirect is followed: an order goes where it was told to."""

    def __init__(self, internet: Internet, *, timeout_s: float = TIMEOUT_S) -> None:
        self._internet = internet
        self._timeout_s = timeout_s
        self._tokens = Tokens()

    def post(
        self, url: str, body: bytes, headers: Mapping[str, str], source: Source, secrets: Mapping[str, str]
    ) -> None:
        with self._internet.call(self._timeout_s, _ANSWER_MAX) as call:
            credentials = Credentials(source, secrets, self._tokens, call)
            answer = _sent(call, credentials, url, body, headers)
            if answer.status == 401 and credentials.renewed():
                answer = _sent(call, credentials, url, body, headers)
        if not 200 <= answer.status < 300:
            raise _not_taken(answer)


def _sent(call: Call, credentials: Credentials, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    place, keys = credentials.given_to(place_of(url))
    usual = {"User-Agent": "Stockline", "Content-Length": str(len(body))}
    return call.send("POST", place, {**usual, **headers, **keys}, body)


def _not_taken(answer: Answer) -> Exception:
    excerpt = "".join(filter(str.isprintable, answer.body[:_EXCERPT_MAX].decode(errors="replace")))
    said = f"the supplier's API answered {answer.status}: {excerpt}".rstrip(": ")
    if answer.status >= 500 or answer.status in _TRANSIENT:
        return SourceTransientError(said, retry_after_s=answer.retry_after_s, status=answer.status)
    return SourceRefusedError("refused", said, status=answer.status)
