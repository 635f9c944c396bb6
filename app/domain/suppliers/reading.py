"""From the pages that a source sent to one report: rows in our terms, and what could not be read, counted."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from app.domain.suppliers.mapping import value_reader
from app.domain.suppliers.payload import Table, document_of, rows_of
from app.domain.suppliers.source import (
    MALFORMED_SAMPLE_MAX,
    Ignored,
    Malformed,
    Report,
    ReportRow,
    Source,
    SourceRefusedError,
    SourceUnreadableError,
)
from app.domain.suppliers.values import (
    BadValueError,
    count_of,
    days_of,
    moment_of,
    price_of,
    sku_of,
    units_of,
)

ROWS_MAX: Final = 500_000
Readers = Mapping[str, Callable[[Any], Any]]
_OPTIONAL: Final[Mapping[str, tuple[str, Callable[[Any], Any]]]] = {
    "incoming": ("incoming", lambda value: count_of(value, "incoming")),
    "reserved": ("reserved", lambda value: count_of(value, "reserved")),
    "price": ("price", price_of),
    "leadTimeDays": ("lead_time_days", days_of),
}


def read_report(source: Source, pages: Sequence[bytes], *, now: datetime) -> Report:
    """One report of all pages. Of rows of one SKU the latest stands, then the last; without a time it is of now.

    Raises SourceUnreadableError when a page is not what the source says, SourceRefusedError beyond 500,000 rows.
    """
    reading = _Reading(source, now)
    for number, page in enumerate(pages):
        for readers, row in _rows(source, page, number):
            reading.read(readers, row)
    return reading.report()


def rows_on(source: Source, page: bytes) -> int:
    """How many rows a page has: none tells the last of numbered pages. Raises as read_report does."""
    if source.format == "csv":
        return sum(1 for _ in Table(source, page).lines()) if page.strip() else 0
    return len(rows_of(source, page) or ())


def next_cursor(source: Source, page: bytes) -> str | None:
    """What leads to the page after this one, by the pagination's `next`; None after the last."""
    assert source.pagination is not None
    found = value_reader(source.pagination.next)(document_of(source, page))
    if isinstance(found, bool) or not isinstance(found, str | int) or found == "":
        return None
    return str(found)


def _rows(source: Source, page: bytes, number: int) -> Iterator[tuple[Readers, Any]]:
    if source.format == "csv":
        return _table(source, page, number)
    rows = rows_of(source, page)
    if rows is None and number == 0:
        raise SourceUnreadableError(f"there is nothing at {source.items!r} in the payload; see items")
    readers = {name: value_reader(expression) for name, expression in source.fields.items()}
    return ((readers, row) for row in rows or ())


def _table(source: Source, page: bytes, number: int) -> Iterator[tuple[Readers, Any]]:
    if not page.strip() and number:
        return
    table = Table(source, page)
    readers = {name: table.reader(column) for name, column in source.fields.items()}
    for line in table.lines():
        yield readers, line


class _Reading:
    """What is read so far."""

    def __init__(self, source: Source, now: datetime) -> None:
        self._source, self._now = source, now
        self._rows: dict[str, ReportRow] = {}
        self._index = self._read = self._bad = 0
        self._sample: list[Malformed] = []
        self._unread: set[str] = set()
        self._nameless = False
        self._ignored: dict[str, Ignored] = {}
        self._optional = [(name, *_OPTIONAL[name]) for name in source.fields if name in _OPTIONAL]

    def read(self, readers: Readers, row: Any) -> None:
        if self._index >= ROWS_MAX:
            raise SourceRefusedError("too_large", f"a report takes at most {ROWS_MAX:,} rows")
        sku = None
        try:
            sku = sku_of(readers["sku"](row))
            self._settle(self._row(sku, readers, row))
            self._read += 1
        except BadValueError as error:
            self._refuse(sku, str(error))
        self._index += 1

    def _row(self, sku: str, readers: Readers, row: Any) -> ReportRow:
        quantity = units_of(readers["quantity"](row), self._source.words)
        updated = readers.get("updatedAt")
        as_of = moment_of(updated(row), self._now, self._source.date_format) if updated else None
        more = dict(self._others(readers, row)) if self._optional else {}
        return ReportRow(sku, quantity, as_of, **more)

    def _others(self, readers: Readers, row: Any) -> Iterable[tuple[str, Any]]:
        """What may be missing: a price that cannot be read is no reason to leave a quantity unread."""
        for name, ours, read in self._optional:
            try:
                yield ours, read(readers[name](row))
            except BadValueError as error:
                before = self._ignored.get(name, Ignored(0, self._index, str(error)))
                self._ignored[name] = replace(before, count=before.count + 1)

    def _settle(self, row: ReportRow) -> None:
        before = self._rows.get(row.sku)
        if before is None or (row.as_of or self._now) >= (before.as_of or self._now):
            self._rows[row.sku] = row

    def _refuse(self, sku: str | None, reason: str) -> None:
        self._bad += 1
        if sku is None:
            self._nameless = True
        else:
            self._unread.add(sku)
        if len(self._sample) < MALFORMED_SAMPLE_MAX:
            self._sample.append(Malformed(self._index, reason if sku is None else f"{sku}: {reason}"))

    def report(self) -> Report:
        return Report(
            rows=list(self._rows.values()),
            received=self._index,
            duplicates=self._read - len(self._rows),
            malformed_count=self._bad,
            malformed=self._sample,
            unread=frozenset(self._unread - self._rows.keys()),
            whole=self._source.whole and not self._nameless,
            ignored=self._ignored,
        )
