"""What the catalog asks of its store and of the projection that storefronts read."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from app.domain.catalog.items import Source
from app.domain.imports.batches import Counts
from app.domain.imports.rows import Row


@dataclass(frozen=True, slots=True)
class Selection:
    """Which central parts to activate: all, or the brands' (in any case) and the named ones together."""

    everything: bool = False
    brands: tuple[str, ...] = ()
    part_numbers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Activation:
    """How many parts were activated now, how many had been, and which part numbers nobody knows."""

    created: int
    unchanged: int
    unknown: tuple[str, ...]


class CentralTransaction(Protocol):
    """One transaction over the central catalog; imports into it wait for each other."""

    def import_parts(self, rows: Sequence[Row]) -> Counts:
        """Create or change parts and their variant groups."""


class TenantTransaction(Protocol):
    """One transaction over one tenant's layer; imports into it wait for each other, feeds do not wait long.

    Stock and prices take their place in the order of feeds as if a feed had been accepted now.
    """

    def exists(self) -> bool:
        """Whether there is such a tenant."""

    def sells(self, source: Source, part_number: str) -> bool:
        """Whether there is this item."""

    def activate(self, selection: Selection) -> Activation:
        """Let the tenant sell central parts."""

    def import_own_parts(self, rows: Sequence[Row]) -> Counts:
        """Create or change the tenant's own SKUs, their groups, stock and prices."""

    def import_items(self, rows: Sequence[Row]) -> Counts:
        """Change what the tenant says of its items: activated parts first, then own SKUs."""

    def import_aliases(self, rows: Sequence[Row]) -> Counts:
        """Create or turn aliases; their part number is found as import_items finds it."""


class Catalogs(Protocol):
    """Opens transactions."""

    def central(self) -> AbstractContextManager[CentralTransaction]:
        """In the platform's scope."""

    def tenant(self, tenant_id: UUID) -> AbstractContextManager[TenantTransaction]:
        """In the tenant's scope."""


class Projection(Protocol):
    """What storefronts read. Best effort: what is not forgotten ages out within a minute."""

    def forget_tenant(self, tenant_id: UUID) -> None:
        """Read the tenant's answers anew; never raises."""

    def forget_items(self, tenant_id: UUID, part_numbers: Sequence[str]) -> None:
        """Read these items' answers anew; never raises."""

    def forget_all(self) -> None:
        """Read every tenant's answers anew; never raises."""
