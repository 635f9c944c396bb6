"""What the storefront needs from outside: where the truth is read, and where answers are kept ready."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from app.domain.storefront.part import FoundPart, StockLine

Load = Callable[[Sequence[str]], Mapping[str, bytes]]
"""Reads the truth for part numbers and answers an entry, never an empty one, for each of them."""


class Kind(StrEnum):
    """The answers kept per part number; the values are part of the keys."""

    PART = "p"
    STOCK = "s"


class StorefrontStore(Protocol):
    """The truth. Each call is one reading."""

    def part(self, tenant_id: UUID, part_number: str) -> FoundPart | None:
        """By activated catalog item, own part, alias, in this order."""

    def stock(self, tenant_id: UUID, part_numbers: Sequence[str]) -> Sequence[StockLine]:
        """Of the tenant's items among these part numbers, aliases not resolved; at most one line each."""


class Projection(Protocol):
    """Answers kept ready; all of it may be lost at any moment."""

    def read(self, tenant_id: UUID, kind: Kind, part_numbers: Sequence[str], load: Load) -> list[bytes]:
        """The entry of each part number, in order; `load` fills what is missing, once for all who ask."""

    def forget_items(self, tenant_id: UUID, part_numbers: Iterable[str]) -> None:
        """To be called after the commit that changed stock or price of these items; never raises."""

    def forget_tenant(self, tenant_id: UUID) -> None:
        """To be called after the commit that changed items, aliases or settings; never raises."""

    def forget_all(self) -> None:
        """To be called after the commit that changed the central catalog; never raises."""
