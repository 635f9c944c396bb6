"""What the network's reads need from outside: where the truth is read, and where it is kept ready."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from app.domain.network.cards import DealerCard

VERSION_LENGTH = 16

LoadEntry = Callable[[], bytes]
"""Reads the truth and answers an entry that begins with its version, VERSION_LENGTH characters."""


class Kind(StrEnum):
    """The entries kept for a tenant's network; the values are part of the keys."""

    DIRECTORY = "d"
    HOLDERS = "h"


@dataclass(frozen=True, slots=True)
class SharedStock:
    """Who has a part, as of a version. `part_number` is the canonical one; `rows` is empty for an alias."""

    version: int
    part_number: str
    rows: bytes


class NetworkStore(Protocol):
    """The truth. Each call is one reading, with the version of the tenant's network that it shows."""

    def directory(self, tenant_id: UUID) -> tuple[int, Sequence[DealerCard]]:
        """The active dealers by country, then name."""

    def shared_stock(self, tenant_id: UUID, part_number: str) -> SharedStock:
        """What the tenant may be shown of a part's stock at its dealers; packed as `nearby` unpacks it."""


class NetworkProjection(Protocol):
    """Entries kept ready, each with the version it was read at; all of it may be lost at any moment."""

    def head(self, tenant_id: UUID, kind: Kind, name: str, length: int) -> bytes | None:
        """The first bytes of an entry; None when there is none or nobody can tell."""

    def read_at(self, tenant_id: UUID, kind: Kind, name: str, version: int, load: LoadEntry) -> bytes:
        """The entry, if it is of this version or newer; else what `load` reads, once for all who ask."""
