"""Asks suppliers' sources: pages, redirects, conditional requests, and what an answer's status means."""

from collections.abc import Mapping
from typing import Final

from app.adapters.outbound.credentials import Credentials
from app.adapters.outbound.exchange import Answer, Call, Internet, Place, led
from app.adapters.outbound.pages import Pages
from app.adapters.outbound.tokens import Tokens
from app.domain.suppliers.source import (
    Fetched,
    Source,
    SourceRefusedError,
    SourceTransientError,
)

PAGES_MAX: Final = 1_000
REDIRECTS_MAX: Final = 3
_REDIRECTS: Final = {301, 302, 303, 307, 308}
_TRANSIENT: Final = {408, 421, 425, 429}
_MEANING: Final = {
    401: ("unauthorized", "the source refuses what lets us in: see auth"),
    403: ("forbidden", "the source lets us in but not to this address"),
    404: ("not_found", "there is nothing at the source's address: see url"),
    410: ("not_found", "there is nothing at the source's address any more: see url"),
}
_ACCEPT: Final = {
    "json": "application/json, */*;q=0.5",
    "csv": "text/csv, */*;q=0.5",
    "xml": "application/xml, text/xml, */*;q=0.5",
}


class OutboundFetcher:
    """Implements Fetcher. Threads share it; `timeout_s` and `bytes_max` are for all pages of a report together."""

    def __init__(
        self, internet: Internet, *, timeout_s: float, bytes_max: int, tokens: Tokens | None = None
    ) -> None:
        self._internet = internet
        self._timeout_s = timeout_s
        self._bytes_max = bytes_max
        self._tokens = tokens or Tokens()

    def fetch(
        self,
        source: Source,
        secrets: Mapping[str, str],
        *,
        etag: str | None = None,
        last_modified: str | None = None,
    ) -> Fetched:
        with self._internet.call(self._timeout_s, self._bytes_max) as call:
            reading = _Reading(source, Credentials(source, secrets, self._tokens, call), call)
            # A first page that is as before says nothing of those after it.
            conditions = {} if source.pagination else _conditions(etag, last_modified)
            pages, answer = reading.all(conditions)
        kept = {} if source.pagination else answer.headers
        return Fetched(
            status=304 if answer.status == 304 else 200,
            pages=pages,
            etag=kept.get("etag", etag if answer.status == 304 else None),
            last_modified=kept.get("last-modified", last_modified if answer.status == 304 else None),
            elapsed_s=call.deadline.elapsed_s,
        )


def _conditions(etag: str | None, last_modified: str | None) -> dict[str, str]:
    told = {"If-None-Match": etag, "If-Modified-Since": last_modified}
    return {name: value for name, value in told.items() if value}


class _Reading:
    """One report."""

    def __init__(self, source: Source, credentials: Credentials, call: Call) -> None:
        self._source = source
        self._credentials = credentials
        self._call = call
        self._headers = {"Accept": _ACCEPT[source.format], "User-Agent": "Stockline"}

    def all(self, conditions: dict[str, str]) -> tuple[list[bytes], Answer]:
        """Every page's body, and the last answer."""
        way, held = Pages(self._source), list[bytes]()
        place: Place | None = way.first()
        while place is not None:
            answer = self._answer(place, conditions)
            if answer.status == 304 and conditions:
                return [], answer
            if _past_the_last(way, answer, held):
                break
            _refuse(answer)
            held.append(answer.body)
            if len(held) > PAGES_MAX:
                raise SourceRefusedError("too_many_pages", f"a report has at most {PAGES_MAX:,} pages")
            place = way.after(place, answer)
            if place is None and way.numbered and len(held) > 1:
                held.pop()  # what ended the numbers: a page without rows, or the one before once more
        return held, answer

    def _answer(self, place: Place, conditions: dict[str, str]) -> Answer:
        answer = self._followed(place, conditions)
        if answer.status == 401 and self._credentials.renewed():
            answer = self._followed(place, conditions)
        return answer

    def _followed(self, place: Place, conditions: dict[str, str]) -> Answer:
        """The answer after a few redirects; credentials stay behind where the origin changes."""
        for _ in range(REDIRECTS_MAX + 1):
            addressed, headers = self._credentials.given_to(place)
            answer = self._call.send("GET", addressed, {**self._headers, **conditions, **headers})
            target = answer.headers.get("location")
            if answer.status not in _REDIRECTS or not target:
                return answer
            place = led(place, target)
        raise SourceRefusedError("bad_redirect", f"the source redirects more than {REDIRECTS_MAX} times")


def _past_the_last(way: Pages, answer: Answer, held: list[bytes]) -> bool:
    """Some sources answer 404 to the number after their last page's."""
    return bool(held) and answer.status == 404 and way.numbered


def _refuse(answer: Answer) -> None:
    """Nothing for a 200. Raises SourceTransientError and SourceRefusedError."""
    status = answer.status
    if status == 200:
        return
    if status in _TRANSIENT or status >= 500:
        raise SourceTransientError(
            f"the source answers with status {status}", retry_after_s=answer.retry_after_s, status=status
        )
    reason, said = _MEANING.get(status, ("refused", f"the source answers with status {status}"))
    raise SourceRefusedError(reason, said, status=status)
