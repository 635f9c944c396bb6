"""The network as a shop's visitors see it: from memory, checked against the projection at every read.

A tenant's network has a version that PostgreSQL raises with every change of dealers or consents; the caller
knows it from the sign-in, at most half a second old, and nothing older is shown, whatever Redis has lost or
brought back. Stock changes more often: for it, each read asks Redis whether what this process has in memory
still is the entry that stands there, which costs one short answer and not the entry.
"""

import threading
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from secrets import token_hex
from typing import TYPE_CHECKING, Final, Generic, TypeVar
from uuid import UUID

import msgspec
from cachetools import Cache, LRUCache, TTLCache

from app.domain.network.cards import DealerCard, Origin, Wish
from app.domain.network.ports import VERSION_LENGTH, Kind, NetworkProjection, NetworkStore
from app.domain.storefront.reads import is_part_number
from app.domain.storefront.rendering import Answer, answer

if TYPE_CHECKING:
    from app.domain.network.nearby import Directory, Holders

MEMORY_BYTES_MAX: Final = 64 * 1024 * 1024
DIRECTORY_S: Final = 50.0
"""However sure the version is, a directory is read anew after a while: a database may be set back."""

_STAMP_LENGTH: Final = 16
_HEAD_LENGTH: Final = VERSION_LENGTH + _STAMP_LENGTH
_NOBODY: Final = answer(b"[]")
# The first byte of what is kept of a part: who has it, or the part number that an alias leads to.
_HERE: Final = b"="
_ALIAS: Final = b">"
_T = TypeVar("_T")
_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(list[DealerCard]).decode


@dataclass(frozen=True, slots=True)
class _Kept:
    """An entry in memory: its head, and what it holds; an alias holds where it leads."""

    head: bytes
    directory: "Directory"
    holders: "Holders | str"
    size: int


class _Shelf(Generic[_T]):
    """What a process has in memory, up to a size in bytes; shared by all threads."""

    def __init__(self, kept: "Cache[tuple[UUID, str], _T]") -> None:
        self._lock = threading.Lock()
        self._kept = kept

    def take(self, tenant_id: UUID, name: str = "") -> _T | None:
        with self._lock:
            return self._kept.get((tenant_id, name))

    def put(self, value: _T, tenant_id: UUID, name: str = "") -> None:
        with self._lock, suppress(ValueError):  # larger than the whole shelf
            self._kept[tenant_id, name] = value


def _size(value: "_Kept | Directory") -> int:
    return value.size


class NetworkReads:
    """A tenant's dealers, and the nearest of them that have a part."""

    def __init__(
        self, store: NetworkStore, projection: NetworkProjection, *, bytes_max: int = MEMORY_BYTES_MAX
    ) -> None:
        self._store = store
        self._projection = projection
        self._directories = _Shelf["Directory"](TTLCache(bytes_max, DIRECTORY_S, getsizeof=_size))
        self._parts = _Shelf[_Kept](LRUCache(bytes_max, getsizeof=_size))

    def dealers(self, tenant_id: UUID, version: int) -> Answer:
        """The active dealers, by country and name."""
        return self._directory(tenant_id, version).answer

    def nearest(
        self, tenant_id: UUID, version: int, part_number: str, origin: Origin, wish: Wish, now: datetime
    ) -> Answer:
        """Those nearest to the origin that have the part; nobody has a part that nobody knows."""
        number = part_number.strip()
        if not is_part_number(number):
            return _NOBODY
        holders = self._holders(tenant_id, version, number)
        if isinstance(holders, str):
            holders = self._holders(tenant_id, version, holders)
        # An alias that leads to another alias cannot be made; two tables read at two moments may look like it.
        return _NOBODY if isinstance(holders, str) else answer(holders.nearest(origin, wish, now))

    def _directory(self, tenant_id: UUID, version: int) -> "Directory":
        kept = self._directories.take(tenant_id)
        if kept is not None and kept.version >= version:
            return kept
        entry = self._projection.read_at(
            tenant_id, Kind.DIRECTORY, "", version, lambda: self._load_directory(tenant_id)
        )
        directory = _directory_of(entry)
        self._directories.put(directory, tenant_id)
        return directory

    def _holders(self, tenant_id: UUID, version: int, number: str) -> "Holders | str":
        directory = self._directory(tenant_id, version)
        kept = self._parts.take(tenant_id, number)
        if kept is not None and kept.directory is directory and self._stands(tenant_id, number, kept):
            return kept.holders
        entry = self._projection.read_at(
            tenant_id, Kind.HOLDERS, number, directory.version, lambda: self._load_holders(tenant_id, number)
        )
        found = _holders_of(entry[_HEAD_LENGTH:], directory)
        kept = _Kept(entry[:_HEAD_LENGTH], directory, found, 256 + 3 * len(entry))
        self._parts.put(kept, tenant_id, number)
        return found

    def _stands(self, tenant_id: UUID, number: str, kept: _Kept) -> bool:
        return self._projection.head(tenant_id, Kind.HOLDERS, number, _HEAD_LENGTH) == kept.head

    def _load_directory(self, tenant_id: UUID) -> bytes:
        version, cards = self._store.directory(tenant_id)
        return _head(version) + _pack(cards)

    def _load_holders(self, tenant_id: UUID, number: str) -> bytes:
        found = self._store.shared_stock(tenant_id, number)
        body = _HERE + found.rows if found.part_number == number else _ALIAS + found.part_number.encode()
        return _head(found.version) + body


def _head(version: int) -> bytes:
    """The version, and a stamp that no other reading of the truth has."""
    return f"{version:0{VERSION_LENGTH}x}{token_hex(_STAMP_LENGTH // 2)}".encode()


def _directory_of(entry: bytes) -> "Directory":
    # With numpy, whose import takes as long as a tenth of a process's start: for those who ask for dealers alone.
    from app.domain.network.nearby import Directory  # noqa: PLC0415

    return Directory(int(entry[:VERSION_LENGTH], 16), _unpack(entry[_HEAD_LENGTH:]), 4 * len(entry))


def _holders_of(body: bytes, directory: "Directory") -> "Holders | str":
    from app.domain.network.nearby import Holders  # noqa: PLC0415 - as above

    return Holders(directory, body[1:]) if body.startswith(_HERE) else body[1:].decode()
