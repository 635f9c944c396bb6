"""postal-codes import."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from argparse import Namespace
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TextIO

from app.admin.commands.shape import group, shown
from app.domain.errors import InvalidInputError

if TYPE_CHECKING:
    from app.bootstrap import Container


_BROKEN = (EOFError, OSError, zipfile.BadZipFile, zlib.error)


def add_to(commands: Any) -> None:
    """Make the commands known."""
    codes = group(commands, "postal-codes", "where postal codes are")
    take = codes("import", _import, "let a GeoNames file take the place of the shipped data")
    about = "of download.geonames.org/export/zip: a .zip as it is there, a .gz, or the text itself"
    take.add_argument("file", metavar="FILE", type=Path, help=about)


def _import(services: Container, given: Namespace) -> Any:
    with _text(given.file) as file:
        return shown(services.postal_codes.import_file(file))


@contextmanager
def _text(path: Path) -> Iterator[TextIO]:
    """The file's text as `geonames.read` wants it; raises InvalidInputError when it cannot be read to its end."""
    try:
        with (
            ExitStack() as opened,
            TextIOWrapper(_bytes(path, opened), "utf-8-sig", "surrogateescape", newline="\n") as file,
        ):
            yield file
    except _BROKEN as error:
        reason = getattr(error, "strerror", None) or error
        raise InvalidInputError(f"{path} cannot be read: {reason}") from None


def _bytes(path: Path, opened: ExitStack) -> IO[bytes] | gzip.GzipFile:
    """Unpacked by its name's ending."""
    ending = path.suffix.lower()
    if ending == ".gz":
        return opened.enter_context(gzip.open(path))
    if ending != ".zip":
        return opened.enter_context(path.open("rb"))
    archive = opened.enter_context(zipfile.ZipFile(path))
    try:
        return opened.enter_context(archive.open(_member(path, archive)))
    except (
        RuntimeError,
        NotImplementedError,
    ) as error:  # a password; a way of packing that Python does not know
        raise InvalidInputError(f"{path} cannot be read: {error}") from None


def _member(path: Path, archive: zipfile.ZipFile) -> str:
    """The one file of codes; GeoNames packs its readme beside it."""
    names = [name for name in archive.namelist() if name.lower().endswith((".txt", ".csv"))]
    codes = [name for name in names if Path(name).name.lower() != "readme.txt"]
    if len(codes) != 1:
        raise InvalidInputError(
            f"{path} must hold one .txt file beside readme.txt; it holds {len(codes)}: unpack it and import the file",
        )
    return codes[0]
