"""Access tokens by the client credentials grant: in memory only, fetched once however many ask.

https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/client-credentials-grant
"""

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

import msgspec

from app.adapters.shopify.errors import TransportFaultError
from app.adapters.shopify.wire import Answer, Fence, Wire
from app.domain.push.errors import ShopClosedError

EARLY_S: Final = 60.0
_EXPIRES_S: Final = 86_399.0
_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
_SAID: Final = {
    "invalid_client": "Shopify does not know this client id with this secret: copy both again from the app's "
    "settings in the Dev Dashboard, then connect again",
    "shop_not_permitted": "the app and the shop are not of one organisation in the Dev Dashboard: make the app in "
    "the organisation that owns the shop",
    "app_not_installed": "the app is not installed in the shop: install it from the Dev Dashboard, then resume",
    "shop_not_found": "there is no such shop, or it is closed: check the domain, it ends in .myshopify.com",
}
_ALIKE: Final = {
    "application_cannot_be_found": "invalid_client",
    "unauthorized_client": "invalid_client",
}
_NAMED: Final = re.compile("|".join([*_SAID, *_ALIKE]))


@dataclass(frozen=True, slots=True)
class Grant:
    """A token with its scopes. None: Shopify did not say."""

    token: str = field(repr=False)
    scopes: tuple[str, ...] | None
    until: float


class Tokens:
    """One app's way into one shop."""

    def __init__(self, wire: Wire, url: str, client_id: str, secret: str, clock: Callable[[], float]) -> None:
        self._wire = wire
        self._url = url
        self._client_id = client_id
        self._secret = secret
        self._clock = clock
        self._lock = threading.Lock()
        self._held: Grant | None = None

    def get(self, fence: Fence, *, instead_of: Grant | None = None) -> Grant:
        """The token; a new one when it runs out, or when it is the one that did not count any more.

        Raises ShopClosedError, TransportFaultError and what the fence raises.
        """
        with self._lock:
            held = self._held
            if held is None or held is instead_of or held.until <= self._clock():
                self._held = None
                held = self._held = self._fetch(fence)
            return held

    def forget(self) -> None:
        """The next call gets a new one."""
        with self._lock:
            self._held = None

    def _fetch(self, fence: Fence) -> Grant:
        form = {
            "grant_type": "client_credentials",
            "client_id": self._client_id,
            "client_secret": self._secret,
        }
        answer = self._wire.post(self._url, fence, urlencode(form).encode(), _FORM)
        if answer.status == 200:
            return self._granted(_object(answer.body))
        if answer.status == 429 or answer.status >= 500:
            raise TransportFaultError(f"Shopify gave no token: status {answer.status}", retry_after(answer))
        raise _refusal(answer)

    def _granted(self, given: dict[str, Any]) -> Grant:
        token, scopes, lasts = given.get("access_token"), given.get("scope"), given.get("expires_in")
        if not isinstance(token, str) or not token:
            raise TransportFaultError("Shopify's answer has no token in it")
        lasts_s = float(lasts) if isinstance(lasts, (int, float)) else _EXPIRES_S
        named = tuple(one.strip() for one in scopes.split(",")) if isinstance(scopes, str) else None
        return Grant(token, named, self._clock() + max(lasts_s - EARLY_S, 0.0))


def retry_after(answer: Answer) -> float | None:
    """Seconds, which may be a decimal; None where there is nothing sensible."""
    try:
        seconds = float(answer.headers.get("Retry-After", ""))
    except ValueError:
        return None
    return seconds if 0 <= seconds < float("inf") else None


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        found = None
    if not isinstance(found, dict):
        raise TransportFaultError("Shopify's answer is no JSON")
    return found


def _refusal(answer: Answer) -> ShopClosedError:
    """It comes as JSON, as a page or as plain text: the name of the error stands in all three."""
    named = _NAMED.search(answer.body[:65_536].decode("utf-8", "replace"))
    reason = named[0] if named else ("shop_not_found" if answer.status == 404 else "token_refused")
    reason = _ALIKE.get(reason, reason)
    otherwise = f"Shopify gives the app no token (status {answer.status}): see the app's settings in the Dev Dashboard"
    return ShopClosedError(reason, _SAID.get(reason, otherwise))
