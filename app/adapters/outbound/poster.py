"""Sends to addresses that users chose, under the same guard as sources are read: tenants' webhooks, suppliers' APIs."""

from collections.abc import Mapping

from app.adapters.outbound.exchange import Answer, Internet, place_of

ANSWER_BYTES_MAX = 1024 * 1024


class OutboundPoster:
    """Posts. Threads share it."""

    def __init__(self, internet: Internet, *, timeout_s: float) -> None:
        self._internet = internet
        self._timeout_s = timeout_s

    def post(self, url: str, content: bytes, headers: Mapping[str, str]) -> Answer:
        """The answer, whatever its status; redirects are answers too, and are not followed.

        Raises SourceTransientError when none came in full, SourceRefusedError for an address that may not be asked.
        """
        with self._internet.call(self._timeout_s, ANSWER_BYTES_MAX) as call:
            return call.send("POST", place_of(url), {"User-Agent": "Stockline", **headers}, content)
