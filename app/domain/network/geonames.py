"""GeoNames' files of postal codes, line by line.

The format is https://download.geonames.org/export/zip/readme.txt: tab-separated, UTF-8, no header, twelve
columns of which the country, the code, the coordinates and their accuracy matter here.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple, TextIO

from app.domain.imports.rows import Refusal
from app.domain.imports.values import unstorable
from app.domain.network.postal import canonical, country_code

COLUMNS: Final = 12
LINE_LENGTH_MAX: Final = 16_384
_DEGREES: Final = re.compile(r"-?[0-9]{1,3}(\.[0-9]{1,20})?")
_ACCURACY: Final = re.compile("[0-9]?")


class CodeLine(NamedTuple):
    """A good line. Degrees stay the text they are; accuracy 1 (estimated) to 6 (centroid), 0 where it is not said."""

    country: str
    code: str
    lat: str
    lng: str
    accuracy: str


def read(file: TextIO) -> Iterator[CodeLine | Refusal]:
    """The lines of a file opened with errors="surrogateescape"; empty ones are passed over."""
    for number, line in enumerate(_lines(file), start=1):
        if line.strip():
            try:
                yield _parsed(line.rstrip("\r\n"))
            except ValueError as error:
                yield Refusal(number, str(error))


def _lines(file: TextIO) -> Iterator[str]:
    """The lines, a longer one cut off, so that a file without line ends is not held in memory."""
    while line := file.readline(LINE_LENGTH_MAX):
        rest = line
        while not rest.endswith("\n") and rest:
            rest = file.readline(LINE_LENGTH_MAX)
        yield line


def _parsed(line: str) -> CodeLine:
    """Raises ValueError with the reason that refuses the line."""
    if len(line) >= LINE_LENGTH_MAX - 1:
        raise ValueError(f"is longer than {LINE_LENGTH_MAX:,} characters")
    if unstorable(line):
        raise ValueError("has a NUL or a character that is not UTF-8")
    cells = line.split("\t")
    if len(cells) != COLUMNS:
        raise ValueError(f"has {len(cells)} columns where GeoNames' files have {COLUMNS}, separated by tabs")
    country = country_code(cells[0])
    if country is None:
        raise ValueError(f"{cells[0][:20]!r} is no ISO 3166-1 alpha-2 country code")
    code = canonical(country, cells[1])
    if not code:
        raise ValueError(f"{cells[1][:40]!r} is no postal code")
    if not _ACCURACY.fullmatch(cells[11]):
        raise ValueError(f"accuracy {cells[11][:20]!r} is no digit")
    lat, lng = _degrees("latitude", cells[9], 90), _degrees("longitude", cells[10], 180)
    return CodeLine(country, code, lat, lng, cells[11] or "0")


def _degrees(name: str, text: str, high: int) -> str:
    if not _DEGREES.fullmatch(text) or abs(float(text)) > high:
        raise ValueError(f"{name} {text[:20]!r} is not degrees from -{high} to {high}")
    return text
