"""Which page of a source comes after which."""

import re
from typing import Final

from app.adapters.outbound.credentials import with_query
from app.adapters.outbound.exchange import Answer, Place, led, place_of
from app.domain.suppliers.reading import next_cursor, rows_on
from app.domain.suppliers.source import Pagination, Source, SourceRefusedError

_LINKS_MAX: Final = 8_192
_NEXT: Final = re.compile(r'<([^<>]*)>((?:\s*;\s*[\w*!-]+(?:\s*=\s*(?:"[^"]*"|[^\s",;]+))?)*)')
_REL: Final = re.compile(r';\s*rel\s*=\s*(?:"([^"]*)"|([^\s",;]+))', re.IGNORECASE)


class Pages:
    """The way through one report. Raises SourceRefusedError when it leads in a circle."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._start = place_of(source.url)
        self._number = source.pagination.first if source.pagination else 0
        self._seen: set[str] = set()
        self._before = b""

    @property
    def numbered(self) -> bool:
        """Whether pages are asked for by numbers, until one has nothing new."""
        return self._source.pagination is not None and self._source.pagination.kind == "page"

    def first(self) -> Place:
        """Where it begins."""
        pagination = self._source.pagination
        if pagination is None:
            return self._start
        place = _sized(self._start, pagination, self._now(pagination) if pagination.kind == "page" else {})
        self._seen.add(place.url)
        return place

    def after(self, place: Place, answer: Answer) -> Place | None:
        """The page after this one; None after the last."""
        pagination = self._source.pagination
        if pagination is None:
            return None
        if pagination.kind == "page":
            return self._numbered(pagination, answer)
        following = self._led(pagination, place, answer)
        if following is None:
            return None
        if following.url in self._seen:
            raise SourceRefusedError("too_many_pages", "the pages lead in a circle")
        self._seen.add(following.url)
        return following

    def _numbered(self, pagination: Pagination, answer: Answer) -> Place | None:
        """Until a page is empty, or the same as the one before: some sources give their last for ever."""
        if answer.body == self._before or not rows_on(self._source, answer.body):
            return None
        self._before = answer.body
        self._number += 1
        return _sized(self._start, pagination, self._now(pagination))

    def _now(self, pagination: Pagination) -> dict[str, int | str]:
        return {pagination.param: self._number}

    def _led(self, pagination: Pagination, place: Place, answer: Answer) -> Place | None:
        if pagination.kind == "link":
            target = next_link(answer.headers.get("link", ""))
            return led(place, target) if target else None
        cursor = next_cursor(self._source, answer.body)
        return _sized(self._start, pagination, {pagination.param: cursor}) if cursor else None


def _sized(place: Place, pagination: Pagination, parameters: dict[str, int | str]) -> Place:
    """With how many rows a page is to have, where that is said."""
    if pagination.size_param:
        parameters = {**parameters, pagination.size_param: pagination.size}
    return with_query(place, parameters) if parameters else place


def next_link(header: str) -> str | None:
    """The target of rel="next" in a Link header: https://www.rfc-editor.org/rfc/rfc8288"""
    for target, parameters in _NEXT.findall(header[:_LINKS_MAX]):
        relations = _REL.search(parameters)
        if relations and "next" in (relations[1] or relations[2] or "").lower().split():
            return str(target)
    return None
