"""A page of a supplier's report, from bytes to rows: JSON, CSV or XML, bounded in depth and in size."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final
from xml.etree.ElementTree import ParseError

import msgspec
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from app.domain.suppliers.mapping import Reader, rows_reader
from app.domain.suppliers.source import Source, SourceRefusedError, SourceUnreadableError

NODES_MAX: Final = 5_000_000
DEPTH_MAX: Final = 64
_DELIMITERS: Final = (",", ";", "\t", "|")
_BOMS: Final = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_COLUMNS_SHOWN: Final = 20


def rows_of(source: Source, page: bytes) -> Sequence[Any] | None:
    """The rows of a page of JSON or XML; None where the place that `items` names is not there.

    Raises SourceUnreadableError, and SourceRefusedError for what is too large to be taken apart.
    """
    found = _at(source.items)(document_of(source, page))
    if isinstance(found, list) or found is None:
        return found
    if source.format == "xml":
        return [found] if isinstance(found, dict) else []
    if isinstance(found, dict) and source.items is not None:
        return [{"key": key, "value": value} for key, value in found.items()]
    raise SourceUnreadableError("the payload is no list; say in items where the rows are")


def _at(items: str | None) -> Reader:
    return rows_reader(items) if items else lambda document: document


def document_of(source: Source, page: bytes) -> Any:
    """A page of JSON or XML as plain data. Raises SourceUnreadableError."""
    return _json(source, page) if source.format == "json" else _xml(source, page)


def _json(source: Source, page: bytes) -> Any:
    if page.count(b",") + page.count(b"[") + page.count(b"{") > NODES_MAX:
        raise _too_many()
    try:
        return msgspec.json.decode(_utf8(source, page))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SourceUnreadableError(f"the payload is no JSON: {_first_line(error)}") from error


def _utf8(source: Source, page: bytes) -> bytes | str:
    """As it is, where it is UTF-8 without a mark."""
    encoding = _marked(page) or source.encoding
    return page.decode(encoding) if encoding and encoding != "utf-8" else page


def _marked(page: bytes) -> str | None:
    return next((encoding for mark, encoding in _BOMS if page.startswith(mark)), None)


# --- XML -----------------------------------------------------------------------------------------


def _xml(source: Source, page: bytes) -> Any:
    tree = _Tree()
    parser = DefusedXMLParser(target=tree, encoding=source.encoding, forbid_dtd=True)
    try:
        parser.feed(page)
        parser.close()
    except (ParseError, DefusedXmlException, LookupError, ValueError) as error:
        raise SourceUnreadableError(f"the payload is no plain XML: {_first_line(error)}") from error
    if source.items is None:
        return _children(tree.root)
    return {tree.name: tree.root}


def _children(root: Any) -> list[Any]:
    """What is directly in the root, whatever it is called; attributes are texts and no rows."""
    if not isinstance(root, dict):
        return []
    each: Iterable[list[Any]] = (one if isinstance(one, list) else [one] for one in root.values())
    return [row for rows in each for row in rows if isinstance(row, dict)]


class _Tree:
    """Builds plain data from XML: names without their namespace, attributes and children as fields.

    A child goes before an attribute of its name, repeated children are a list, text beside either is `text`, and an
    element of text alone is that text.
    """

    def __init__(self) -> None:
        self.name = ""
        self.root: Any = None
        self._open: list[tuple[str, dict[str, Any], set[str], list[str]]] = []
        self._nodes = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._nodes += 1 + len(attributes)
        if self._nodes > NODES_MAX:
            raise _too_many()
        if len(self._open) >= DEPTH_MAX:
            raise SourceUnreadableError(f"the payload is nested more than {DEPTH_MAX} deep")
        fields: dict[str, Any] = {_local(name): value for name, value in attributes.items()}
        self._open.append((_local(tag), fields, set(), []))

    def data(self, text: str) -> None:
        self._open[-1][3].append(text)

    def end(self, _tag: str) -> None:
        name, fields, _, texts = self._open.pop()
        text = "".join(texts).strip() if texts else ""
        if fields and text:
            fields.setdefault("text", text)
        made = fields or text
        if self._open:
            self._put(name, made)
        else:
            self.name, self.root = name, made

    def _put(self, name: str, made: Any) -> None:
        _, fields, seen, _ = self._open[-1]
        if name not in seen:
            seen.add(name)
            fields[name] = made
        elif isinstance(fields[name], list):
            fields[name].append(made)
        else:
            fields[name] = [fields[name], made]

    def close(self) -> None:
        """The parser's last word."""


def _local(name: str) -> str:
    return name.rpartition("}")[2]


# --- CSV -----------------------------------------------------------------------------------------


class Table:
    """A page of CSV: its columns, and its lines without the empty ones."""

    def __init__(self, source: Source, page: bytes) -> None:
        self._source = source
        text = _decoded(source, page)
        if page.count(b"\n") + page.count(b"\r") > NODES_MAX:
            raise _too_many()
        delimiter = source.delimiter or self._guessed(text)
        self._lines = _lines(text, delimiter)
        first = next(self._lines, None)
        self._names = [name.strip() for name in first or []]
        self.columns = self._named(self._names)
        self._first = None if source.header else first

    def _guessed(self, text: str) -> str:
        """The delimiter under which our columns are there; without a header the one that cuts most."""
        first = text[:65_536].lstrip("\ufeff\r\n")
        cuts = {one: next(_lines(first, one), []) for one in _DELIMITERS}
        wanted = self._source.fields["sku"].strip().casefold()
        if self._source.header:
            fits = [one for one, cut in cuts.items() if wanted in {name.strip().casefold() for name in cut}]
            cuts = {one: cuts[one] for one in fits} or cuts
        return max(cuts, key=lambda one: len(cuts[one]))

    def _named(self, first: list[str]) -> dict[str, int]:
        if not self._source.header:
            return {str(number + 1): number for number in range(len(first))}
        numbered = list(enumerate(first))[::-1]  # of columns of one name the first counts
        return {name.casefold(): at for at, name in numbered} | {name: at for at, name in numbered}

    def reader(self, column: str) -> Callable[[list[str]], str]:
        """Reads a column of a line. Raises SourceUnreadableError when there is no such column."""
        at = self.columns.get(column.strip(), self.columns.get(column.strip().casefold()))
        if at is None:
            there = ", ".join(self._names[:_COLUMNS_SHOWN]) or "none"
            raise SourceUnreadableError(f"the CSV has no column {column!r}; its columns are: {there}")
        return lambda line: line[at] if at < len(line) else ""

    def lines(self) -> Iterator[list[str]]:
        """What comes after the header. Raises SourceUnreadableError."""
        if self._first:
            yield self._first
        yield from self._lines


def _lines(text: str, delimiter: str) -> Iterator[list[str]]:
    try:
        for line in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            if any(cell.strip() for cell in line):
                yield line
    except csv.Error as error:
        raise SourceUnreadableError(f"the payload is no CSV: {error}") from error


def _decoded(source: Source, page: bytes) -> str:
    encoding = _marked(page) or source.encoding
    try:
        return page.decode(encoding or "utf-8")
    except UnicodeDecodeError as error:
        if encoding:
            raise SourceUnreadableError(f"the payload is not in {encoding}") from error
        return page.decode("windows-1252", "replace")


def _too_many() -> SourceRefusedError:
    return SourceRefusedError("too_large", f"the payload has more than {NODES_MAX:,} parts; give it in pages")


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
