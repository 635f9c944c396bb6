"""One HTTP call: under the fence until its last moment, bounded in time and in size, its faults told as one error."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Final

import httpx

from app.adapters.shopify.errors import TransportFaultError
from app.domain.errors import LeaseLostError

Fence = Callable[[], float]

ANSWER_BYTES_MAX: Final = 8 * 1024 * 1024
_BODY_READ_S_MAX: Final = 1.0
_POOL: Final = 64
_KEEP_S: Final = 30.0
_LEAVES: Final = "http11.send_request_headers.started"


def http_client() -> httpx.Client:
    """For all threads of a process. No proxy, no `.netrc`, no cookies, no redirects: a token goes where it belongs."""
    limits = httpx.Limits(max_connections=_POOL, max_keepalive_connections=_POOL, keepalive_expiry=_KEEP_S)
    jar = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    return httpx.Client(trust_env=False, limits=limits, cookies=jar, follow_redirects=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. The body is not shown: it may hold a token."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class Wire:
    """Sends."""

    def __init__(self, http: httpx.Client, timeout_s: float, clock: Callable[[], float]) -> None:
        self._http = http
        self._timeout_s = timeout_s
        self._clock = clock

    def post(self, url: str, fence: Fence, content: bytes, headers: Mapping[str, str]) -> Answer:
        """Raises TransportFaultError, and LeaseLostError instead of sending once the fence's moment has passed.

        It is over after the time-out, or at most a second later when the body stalls.
        """
        until = fence()
        deadline = _Deadline(self._timeout_s)

        def trace(event: str, _info: Mapping[str, Any]) -> None:
            # The last look before the first byte: connecting and waiting for the pool took their time.
            if event == _LEAVES and self._clock() > until:
                raise LeaseLostError("the lease ran out before the call could be made")
            deadline.tighten()

        extensions = {"trace": trace, "timeout": deadline.timeouts}
        try:
            with self._http.stream(
                "POST", url, content=content, headers=dict(headers), extensions=extensions
            ) as response:
                return Answer(response.status_code, response.headers, _body(response, deadline))
        except httpx.HTTPError as error:
            raise TransportFaultError(f"Shopify did not answer: {type(error).__name__}") from error


class _Deadline:
    """httpcore reads its time-outs at the beginning of each step: what is left is written there each time."""

    def __init__(self, timeout_s: float) -> None:
        self._ends = time.monotonic() + timeout_s
        self.timeouts = dict.fromkeys(("connect", "read", "write", "pool"), timeout_s)

    def tighten(self, at_most: float = float("inf")) -> float:
        left = self._ends - time.monotonic()
        self.timeouts.update(dict.fromkeys(self.timeouts, max(0.001, min(left, at_most))))
        return left


def _body(response: httpx.Response, deadline: _Deadline) -> bytes:
    deadline.tighten(_BODY_READ_S_MAX)
    held = bytearray()
    for chunk in response.iter_bytes():
        held += chunk
        if len(held) > ANSWER_BYTES_MAX:
            raise TransportFaultError("Shopify's answer is too large")
        if deadline.tighten(_BODY_READ_S_MAX) < 0:
            raise TransportFaultError("Shopify's answer did not end in time")
    return bytes(held)
