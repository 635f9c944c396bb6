"""A payload that waits, for a worker or for a person: as it came, compressed, with what it needs to be read."""

import zlib
from collections.abc import Sequence
from typing import Final, Self

import msgspec

from app.domain.suppliers.source import Source

PLAIN: Final = Source(
    url="",
    format="json",
    fields={
        name: name
        for name in ("sku", "quantity", "updatedAt", "incoming", "reserved", "price", "leadTimeDays")
    },
)
"""Our own words: an array of objects with the names that a supplier's file has for them."""


class Payload(msgspec.Struct, frozen=True):
    """`whole`: what is not in it is gone. `plain`: in our own words, not in the supplier's.

    `waived`: a person let it through, however much of the list goes.
    """

    pages: Sequence[bytes]
    whole: bool = True
    plain: bool = False
    waived: bool = False

    def packed(self) -> bytes:
        """As it is kept."""
        return zlib.compress(msgspec.msgpack.encode(self), 6)

    @classmethod
    def unpacked(cls, kept: bytes) -> Self:
        """As it was."""
        return msgspec.msgpack.decode(zlib.decompress(kept), type=cls)

    def source(self, source: Source) -> Source:
        """By which it is read."""
        return PLAIN if self.plain else source
