"""An answer's body: bounded as it comes, and as it unfolds."""

import zlib
from collections.abc import Iterable, Iterator
from typing import Final

from app.domain.suppliers.source import SourceRefusedError, SourceTransientError

ENCODINGS: Final = "gzip, deflate"
_GZIP: Final = zlib.MAX_WBITS | 16
_MEMBERS_MAX: Final = 1_000


class Budget:
    """How many bytes may still come, over all pages of a report: on the wire, and unfolded."""

    def __init__(self, bytes_max: int) -> None:
        self._most = bytes_max
        self._wire = self._plain = bytes_max

    def announced(self, length: int) -> None:
        """A Content-Length. Raises SourceRefusedError before a byte of it is read."""
        if length > self._wire:
            raise self._too_large()

    def came(self, piece: bytes) -> None:
        """So much came over the wire. Raises SourceRefusedError."""
        self._wire -= len(piece)
        if self._wire < 0:
            raise self._too_large()

    def unfolded(self, piece: bytes) -> None:
        """So much it became. Raises SourceRefusedError."""
        self._plain -= len(piece)
        if self._plain < 0:
            raise self._too_large()

    @property
    def room(self) -> int:
        """One byte more than may be unfolded yet: enough to see that it is too many."""
        return self._plain + 1

    def _too_large(self) -> SourceRefusedError:
        return SourceRefusedError(
            "too_large", f"the source sends more than {self._most:,} bytes, or they unfold to more"
        )


def unfolded(pieces: Iterable[bytes], encoding: str, budget: Budget) -> bytes:
    """The body in plain. Raises SourceRefusedError for too much or an encoding that nobody asked for."""
    named = encoding.strip().lower()
    if named in {"", "identity"}:
        return b"".join(_counted(pieces, budget))
    if named in {"gzip", "x-gzip"}:
        return b"".join(_inflated(_counted(pieces, budget), budget, _GZIP))
    if named == "deflate":
        return b"".join(_inflated(_counted(pieces, budget), budget, zlib.MAX_WBITS))
    raise SourceRefusedError(
        "refused", f"the source sends Content-Encoding {named[:40]!r}; plain, gzip or deflate is read"
    )


def _counted(pieces: Iterable[bytes], budget: Budget) -> Iterator[bytes]:
    for piece in pieces:
        budget.came(piece)
        yield piece


def _inflated(pieces: Iterable[bytes], budget: Budget, window: int) -> Iterator[bytes]:
    """Gzip may come in members one after another; deflate comes with zlib's wrapping or, against the book, without."""
    member, members, began = zlib.decompressobj(window), 1, False
    for piece in pieces:
        rest = piece
        while rest:
            if not began and window == zlib.MAX_WBITS and rest[0] & 0x0F != 8:
                member = zlib.decompressobj(-zlib.MAX_WBITS)
            began = True
            if member.eof:
                member, members = zlib.decompressobj(window), members + 1
                if members > _MEMBERS_MAX:
                    raise _broken()
            out = _decompressed(member, rest, budget.room)
            budget.unfolded(out)
            yield out
            rest = member.unconsumed_tail or member.unused_data
    if began and not member.eof:
        raise _broken()


def _decompressed(member: "zlib._Decompress", data: bytes, length_max: int) -> bytes:
    try:
        return member.decompress(data, length_max)
    except zlib.error as error:
        raise _broken() from error


def _broken() -> SourceTransientError:
    return SourceTransientError("the source's answer is not the compressed data that it says it is")
