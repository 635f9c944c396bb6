"""What a tenant sells, to look through and to change by hand: filters, orders, one line, one item in full."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, Protocol
from uuid import UUID

from app.domain.errors import NotFoundError


class Source(StrEnum):
    """Which of the two catalogs an item is of; a part number may be in both."""

    CATALOG = "catalog"  # a central part that the tenant activated
    OWN = "own"  # a SKU of the tenant's own


class Sort(StrEnum):
    """By what a list is ordered; the part number decides between equals."""

    PART_NUMBER = "part-number"
    NAME = "name"
    STOCK = "stock"
    PRICE = "price"
    UPDATED = "updated"


Key = str | int | Decimal | datetime
Place = tuple[Key, str]
"""A line's own value of what the list is ordered by, and its part number."""
NO_PRICE: Final = Decimal(-1)
"""Where a line without a price stands in the order of prices."""
WORDS_MAX: Final = 8


@dataclass(frozen=True, slots=True)
class ItemFilter:
    """Which items. `q`: all of its words are in the part number, the name or the brand, in any case."""

    source: Source
    q: str | None = None
    level: str | None = None
    brand: str | None = None
    category: str | None = None
    group: str | None = None
    priced: bool | None = None
    in_shop: bool | None = None

    @property
    def words(self) -> list[str]:
        """What is searched for; the first few words are enough to find by."""
        return (self.q or "").split()[:WORDS_MAX]


@dataclass(frozen=True, slots=True)
class Order:
    """How a list is ordered, and where a page of it begins. `backwards`: the page that ends before `place`."""

    sort: Sort = Sort.PART_NUMBER
    descending: bool = False
    place: Place | None = None
    backwards: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One item as a list shows it."""

    source: Source
    part_number: str
    name: str
    brand: str | None
    category: str | None
    stock: int
    price: Decimal | None
    compare_at_price: Decimal | None
    cost_price: Decimal | None
    updated_at: datetime | None
    group_code: str | None
    group_name: str | None
    option_name: str | None
    option_value: str | None
    in_shop: bool
    pushed_at: datetime | None

    @property
    def group(self) -> str:
        """The group as people call it; empty without one."""
        return self.group_name or self.group_code or ""


@dataclass(frozen=True, slots=True)
class Member:
    """One of a variant group."""

    part_number: str
    name: str
    option_value: str | None
    position: int
    stock: int


@dataclass(frozen=True, slots=True)
class Item:
    """One item in full. `content`: what it says of itself, by the imports' names. `shop`: what it became there."""

    line: Line
    content: Mapping[str, Any]
    stock_as_of: datetime | None
    price_as_of: datetime | None
    shop: Mapping[str, Any] | None
    aliases: Sequence[str] = ()
    members: Sequence[Member] = ()


@dataclass(frozen=True, slots=True)
class Choices:
    """What can be filtered by, the most frequent first."""

    brands: Sequence[str] = field(default=())
    categories: Sequence[str] = field(default=())
    groups: Sequence[str] = field(default=())


class Items(Protocol):
    """Reads, each in a transaction of its own."""

    def page(
        self, tenant_id: UUID, wanted: ItemFilter, order: Order, limit: int, *, low_below: int
    ) -> Sequence[Line]:
        """At most `limit` lines, always in the list's order. `low_below`: from what stock on nothing is low."""

    def count(self, tenant_id: UUID, wanted: ItemFilter, *, low_below: int) -> int:
        """How many there are."""

    def part_numbers(
        self, tenant_id: UUID, wanted: ItemFilter, limit: int, *, low_below: int
    ) -> Sequence[str]:
        """Of the first so many."""

    def choices(self, tenant_id: UUID, source: Source) -> Choices:
        """For the filters."""

    def find(self, tenant_id: UUID, source: Source, part_number: str) -> Item | None:
        """One in full."""


def place_of(line: Line, sort: Sort) -> Place:
    """Where a line stands in a list that is ordered so."""
    keys: dict[Sort, Key] = {
        Sort.PART_NUMBER: line.part_number,
        Sort.NAME: line.name.lower(),
        Sort.STOCK: line.stock,
        Sort.PRICE: NO_PRICE if line.price is None else line.price,
        Sort.UPDATED: line.updated_at or NEVER,
    }
    return keys[sort], line.part_number


NEVER: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def no_such_item(part_number: str) -> NotFoundError:
    """Nothing of the tenant's has this part number there."""
    return NotFoundError(f"you sell nothing with the part number {part_number[:200]!r} there")
