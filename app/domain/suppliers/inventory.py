"""One state of all stock: what each source says of each SKU, and where nobody says anything fresh."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol
from uuid import UUID

Place = tuple[str, int, int]
"""Of a line in the list: its name, the tenant's own before suppliers', its id."""
Level = Literal["in-stock", "low", "out"]
GapKind = Literal["supplier", "sku", "part"]


@dataclass(frozen=True, slots=True)
class SupplierStock:
    """A part at one supplier, as the contract tells it."""

    part_number: str
    supplier_id: UUID
    supplier_code: str
    sku: str
    quantity: int
    reserved: int
    available: int
    incoming: int | None
    level: str
    as_of: datetime | None
    fresh: bool

    def shown(self) -> dict[str, Any]:
        """The contract's words."""
        return {
            "partNumber": self.part_number,
            "supplierId": self.supplier_id,
            "supplierCode": self.supplier_code,
            "sku": self.sku,
            "quantity": self.quantity,
            "reserved": self.reserved,
            "available": self.available,
            "incoming": self.incoming,
            "stockLevel": self.level,
            "asOf": self.as_of,
            "fresh": self.fresh,
        }


@dataclass(frozen=True, slots=True)
class Line:
    """A SKU at one source. Of the tenant's own stock nothing is reserved here."""

    place: Place
    source: str
    supplier_id: UUID | None
    supplier_code: str | None
    sku: str
    part_number: str | None
    listed: bool
    quantity: int
    reserved: int
    shipped: int
    available: int
    shortage: int
    incoming: int | None
    level: str
    low_stock_threshold: int
    as_of: datetime | None
    fresh: bool


@dataclass(frozen=True, slots=True)
class Gap:
    """Something without fresh data. `since`: as of when its last was; None: there never was any."""

    key: str
    kind: str
    supplier_id: UUID | None
    supplier_code: str | None
    sku: str | None
    part_number: str | None
    since: datetime | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class InventoryFilter:
    """Which lines. None: any. `supplier`: an id or a code; `q`: within a SKU or a part number, in any case."""

    level: Level | None = None
    supplier: str | None = None
    q: str | None = None
    fresh: bool | None = None
    source: Literal["own", "supplier"] | None = None


class Inventory(Protocol):
    """Reads of the one state."""

    def supplier_stock(self, tenant_id: UUID, part_numbers: Sequence[str]) -> Sequence[SupplierStock]:
        """A row per active supplier that lists the part; in the order asked, then by code."""

    def lines(
        self, tenant_id: UUID, wanted: InventoryFilter, limit: int, after: Place | None
    ) -> Sequence[Line]:
        """By part number, or by SKU where it is no part of ours; the tenant's own first."""

    def gaps(self, tenant_id: UUID, kind: GapKind, limit: int, after: str | None) -> Sequence[Gap]:
        """Active suppliers, their SKUs, or the tenant's parts, of which nothing fresh is known."""
