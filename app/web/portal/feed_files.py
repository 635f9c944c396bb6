"""A feed's rows as files, sent while they are read."""

import csv as tables
import re
from collections.abc import Iterable, Iterator
from io import StringIO
from itertools import islice
from typing import Any, Final
from uuid import UUID

import msgspec
from flask import Response

LINES_A_PIECE: Final = 1000
COLUMNS: Final = (
    "index",
    "partNumber",
    "dealerId",
    "stock",
    "price",
    "compareAtPrice",
    "costPrice",
    "outcome",
    "detail",
)
_FORMULA: Final = re.compile(r"""(^|[;\t\r\n])(?=["\s]*[=+\-@\uff1d\uff0b\uff0d\uff20])|^(?=[\t\r\n])""")
"""Where a spreadsheet may take what follows for a formula (https://owasp.org/www-community/attacks/CSV_Injection): at
the beginning of a text, after spaces and quotes too, in full width too; and behind what stands between two cells for
one that is set up for semicolons or tabs, or that does not know that a line may end within quotes.
"""


def ndjson(feed_id: UUID, rows: Iterable[dict[str, Any]]) -> Response:
    """One JSON object a line, as the API has them."""
    encode = msgspec.json.Encoder().encode_lines
    return _file((encode(piece) for piece in _pieces(rows)), f"{feed_id}.ndjson", "application/x-ndjson")


def csv(feed_id: UUID, rows: Iterable[dict[str, Any]]) -> Response:
    """With a header. What a spreadsheet would run is shown as text, with an apostrophe before it."""
    return _file(_lines(rows), f"{feed_id}.csv", "text/csv")


def _lines(rows: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    yield (",".join(COLUMNS) + "\r\n").encode("utf-8-sig")
    for piece in _pieces(rows):
        text = StringIO()
        tables.writer(text).writerows([_cell(row.get(name)) for name in COLUMNS] for row in piece)
        yield text.getvalue().encode(errors="replace")


def _cell(value: Any) -> Any:
    if isinstance(value, dict | list):
        value = msgspec.json.encode(value).decode()
    return _FORMULA.sub(r"\1'", value) if isinstance(value, str) else value


def _file(pieces: Iterable[bytes], name: str, mimetype: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="feed-{name}"', "Cache-Control": "no-store"}
    return Response(pieces, headers=headers, mimetype=mimetype)


def _pieces(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    left = iter(rows)
    while piece := list(islice(left, LINES_A_PIECE)):
        yield piece
