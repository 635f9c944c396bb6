"""OAuth 2 tokens by client credentials: in memory only, fetched once however many ask.

https://www.rfc-editor.org/rfc/rfc6749#section-4.4
"""

import hashlib
import threading
import time
from base64 import b64encode
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote_plus, urlencode

import msgspec

from app.adapters.outbound.exchange import Answer, Call, place_of
from app.domain.suppliers.source import Auth, SourceRefusedError, SourceTransientError

EARLY_S: Final = 60.0
_UNSAID_S: Final = 300.0
_KEPT_MAX: Final = 10_000
_TOKEN_MAX: Final = 16_384
_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}


@dataclass(slots=True)
class _Held:
    token: str = field(default="", repr=False)
    until: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)


class Tokens:
    """Tokens of all sources of a process. A changed secret is another token's."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._held: OrderedDict[bytes, _Held] = OrderedDict()

    def get(self, auth: Auth, secret: str, call: Call, *, instead_of: str | None = None) -> str:
        """The token; a new one when it runs out within a minute, or when it is the one that counts no more.

        Raises SourceTransientError and SourceRefusedError.
        """
        held = self._of(auth, secret)
        if not held.lock.acquire(timeout=call.deadline.left()):
            raise SourceTransientError("another reading is waiting for the same token")
        try:
            if held.until <= self._clock() or held.token == instead_of:
                held.until = 0.0
                held.token, lasts_s = _fetched(auth, secret, call)
                held.until = self._clock() + max(lasts_s - EARLY_S, 0.0)
            return held.token
        finally:
            held.lock.release()

    def _of(self, auth: Auth, secret: str) -> _Held:
        told = repr((auth.token_url, auth.client_id, auth.scope, secret))
        key = hashlib.sha256(told.encode()).digest()
        with self._lock:
            held = self._held.setdefault(key, _Held())
            self._held.move_to_end(key)
            if len(self._held) > _KEPT_MAX:
                self._held.popitem(last=False)
            return held


def _fetched(auth: Auth, secret: str, call: Call) -> tuple[str, float]:
    """By Basic, which every server must take; by the form, for those that do not."""
    form = {"grant_type": "client_credentials", **({"scope": auth.scope} if auth.scope else {})}
    named = f"{quote_plus(auth.client_id)}:{quote_plus(secret)}"
    basic = {"Authorization": f"Basic {b64encode(named.encode()).decode()}"}
    answer = _asked(auth, form, basic, call)
    if answer.status in {400, 401}:
        answer = _asked(auth, {**form, "client_id": auth.client_id, "client_secret": secret}, {}, call)
    return _granted(answer)


def _asked(auth: Auth, form: dict[str, str], headers: dict[str, str], call: Call) -> Answer:
    return call.send("POST", place_of(auth.token_url), {**_FORM, **headers}, urlencode(form).encode())


def _granted(answer: Answer) -> tuple[str, float]:
    if answer.status in {408, 429} or answer.status >= 500:
        raise SourceTransientError(
            f"the token's address answers with status {answer.status}",
            retry_after_s=answer.retry_after_s,
            status=answer.status,
        )
    if answer.status != 200:
        raise SourceRefusedError(
            "token_refused",
            f"the token's address gives no token (status {answer.status}): see tokenUrl, clientId, clientSecret and scope",
            status=answer.status,
        )
    return _read(answer.body)


def _read(body: bytes) -> tuple[str, float]:
    try:
        told = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        told = None
    token = told.get("access_token") if isinstance(told, dict) else None
    if not isinstance(token, str) or not 0 < len(token) <= _TOKEN_MAX or not _sendable(token):
        raise SourceTransientError("the token's address answers with no token in it")
    lasts = told.get("expires_in")
    try:
        return token, float(lasts)
    except (TypeError, ValueError):
        return token, _UNSAID_S


def _sendable(token: str) -> bool:
    return token.isascii() and token.isprintable() and " " not in token
