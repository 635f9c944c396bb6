"""A part and its stock as a shop shows them."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class PartPage:
    """What a tenant's shop shows of one part; the description is as it was imported."""

    part_number: str
    oem_part_number: str | None
    brand: str | None
    name: str
    category: str | None
    description: str | None
    image_url: str | None
    manual_url: str | None
    weight_kg: Decimal | None
    price: Decimal | None
    stock: int


@dataclass(frozen=True, slots=True)
class FoundPart:
    """A part, and whether it was an alias that led to it."""

    page: PartPage
    via_alias: bool


@dataclass(frozen=True, slots=True)
class StockLine:
    """One item's stock with its owner's word for it."""

    part_number: str
    stock: int
    stock_level: str
