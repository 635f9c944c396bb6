"""Which supplier serves which line. Pure: decided over rows that the caller has locked."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.domain.orders.order import Line, NewOrder


@dataclass(frozen=True, slots=True)
class Offer:
    """A supplier's SKU that serves a part; several names of a part may lead to the same SKU."""

    part_number: str
    stock_id: int
    supplier_id: UUID
    supplier_code: str
    sku: str
    available: int


@dataclass(frozen=True, slots=True)
class Taken:
    """A line and who serves it."""

    line: Line
    offer: Offer


@dataclass(frozen=True, slots=True)
class Grant:
    """What an order gets, over locked rows."""

    order: NewOrder
    taken: Sequence[Taken]
    flags: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Short:
    """A line that no supplier has enough for; `available` is the most that one has."""

    line: Line
    available: int


@dataclass(frozen=True, slots=True)
class Allocation:
    """What becomes of every line."""

    taken: Sequence[Taken] = ()
    short: Sequence[Short] = ()
    unknown: Sequence[Line] = ()


def allocate(lines: Iterable[Line], offers: Iterable[Offer]) -> Allocation:
    """A supplier for each line: the one with most available, then by code, then by SKU. No line is split."""
    by_part: dict[str, list[Offer]] = {}
    for offer in offers:
        by_part.setdefault(offer.part_number, []).append(offer)
    left = {offer.stock_id: offer.available for found in by_part.values() for offer in found}
    taken: list[Taken] = []
    short: list[Short] = []
    unknown: list[Line] = []
    for line in lines:
        found = by_part.get(line.part_number)
        if not found:
            unknown.append(line)
            continue
        best = min(found, key=lambda one: (-left[one.stock_id], one.supplier_code, one.sku))
        if left[best.stock_id] < line.quantity:
            short.append(Short(line, left[best.stock_id]))
            continue
        left[best.stock_id] -= line.quantity
        taken.append(Taken(line, best))
    return Allocation(taken, short, unknown)
