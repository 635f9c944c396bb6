"""Import files as streams of checked lines: CSV with a header, or one JSON object a line."""

import csv
import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from app.domain.errors import InvalidInputError
from app.domain.imports.kinds import Kind
from app.domain.imports.rows import Refusal, Row, Whole, check

CELL_LENGTH_MAX = 8 * 1024 * 1024


def read(name: str, lines: Iterable[str], kind: Kind) -> Iterator[Row | Refusal]:
    """The lines of a file by its name's ending; raises InvalidInputError before the first if it cannot.

    `lines` come from a file opened with newline="" and errors="surrogateescape", so that what is
    not UTF-8 refuses its own line only. A row over several lines is known by its first.
    """
    ending = name.lower().rpartition(".")[2]
    if ending == "csv":
        checked = _csv(lines, kind)
    elif ending in {"jsonl", "ndjson"}:
        checked = _jsonl(lines, kind)
    else:
        raise InvalidInputError(f"{name}: an import file ends in .csv or .jsonl")
    return _as_a_whole(checked, Whole(kind))


def _as_a_whole(checked: Iterator[Row | Refusal], whole: Whole) -> Iterator[Row | Refusal]:
    for row in checked:
        yield whole.admit(row) if isinstance(row, Row) else row


def _csv(lines: Iterable[str], kind: Kind) -> Iterator[Row | Refusal]:
    csv.field_size_limit(CELL_LENGTH_MAX)
    reader = csv.reader(lines, strict=True)
    header = _header(reader, kind)
    return _csv_rows(reader, header, kind)


def _header(reader: Any, kind: Kind) -> list[str]:
    try:
        header = [name.strip() for name in next(reader, [])]
    except csv.Error as error:
        raise InvalidInputError(f"line 1: the header cannot be read: {error}") from None
    allowed = ", ".join(kind.fields)
    unknown = [name for name in header if name not in kind.fields]
    if unknown:
        hint = "; columns are separated by commas" if len(header) == 1 else ""
        raise InvalidInputError(f"unknown columns {', '.join(map(repr, unknown))}{hint}; there are {allowed}")
    if len(set(header)) != len(header):
        raise InvalidInputError("the header names a column twice")
    missing = [name for name in kind.required if name not in header]
    if missing:
        raise InvalidInputError(f"the header lacks {', '.join(missing)}; there are {allowed}")
    return header


def _csv_rows(reader: Any, header: list[str], kind: Kind) -> Iterator[Row | Refusal]:
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Refusal(line, f"cannot be read as CSV: {error}")
            continue
        if len(cells) == len(header):
            yield check(kind, line, dict(zip(header, cells, strict=True)))
        elif cells:
            yield Refusal(line, f"has {len(cells)} cells where the header has {len(header)}")


def _jsonl(lines: Iterable[str], kind: Kind) -> Iterator[Row | Refusal]:
    for line, text in enumerate(lines, start=1):
        if not text.strip():
            continue
        try:
            given = json_object(text)
        except ValueError as error:
            yield Refusal(line, str(error))
        else:
            yield check(kind, line, given)


def json_object(text: str) -> dict[str, Any]:
    """A JSON object as `check` takes it: a key once, decimals exact; ValueError's text says what is wrong with it."""
    try:
        given = json.loads(
            text, parse_float=Decimal, parse_constant=_no_constant, object_pairs_hook=_without_repeats
        )
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise ValueError(f"cannot be read as JSON: {error}") from None
    if not isinstance(given, dict):
        raise ValueError("is no JSON object")  # noqa: TRY004 - the file is wrong, not the program
    return given


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    given = dict(pairs)
    if len(given) != len(pairs):
        raise ValueError("a key is there twice")
    return given
