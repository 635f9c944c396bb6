"""An import file as a command names it."""

from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from app.domain.errors import InvalidInputError


def with_file(parser: ArgumentParser) -> ArgumentParser:
    """The argument that every import has."""
    parser.add_argument("file", metavar="FILE", type=Path, help="FILE.csv with a header, or FILE.jsonl")
    return parser


@contextmanager
def lines_of(path: Path) -> Iterator[TextIO]:
    """The file as the readers want it: a line that is not UTF-8 is refused by itself."""
    try:
        file = path.open(encoding="utf-8-sig", errors="surrogateescape", newline="")
    except OSError as error:
        raise InvalidInputError(f"{path} cannot be read: {error.strerror}") from None
    with file:
        yield file
