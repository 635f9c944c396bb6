"""When a SKU is ordered again, and how much of it: pure, a SKU at a time."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Final
from uuid import UUID

QUANTITY_MAX: Final = 2_147_483_647


class ReorderMode(StrEnum):
    """What becomes of a SKU at its reorder point, by supplier."""

    ORDER = "order"  # a line of the supplier's draft
    TASK = "task"  # an alert for a person who orders elsewhere
    OFF = "off"  # nothing


@dataclass(frozen=True, slots=True)
class Terms:
    """How a SKU is ordered. Without a target it is filled up to twice its reorder point."""

    point: int
    target: int | None = None
    pack: int = 1
    minimum: int = 1

    @property
    def level(self) -> int:
        """What is to be there afterwards: more than the reorder point in any case, or it would be due again at once."""
        return max(2 * self.point if self.target is None else self.target, self.point + 1)


def quantity(available: int, shortage: int, terms: Terms) -> int | None:
    """Units to order: whole packs, the minimum at least, and no less than is missing; None above the reorder point.

    What is promised to orders and not there (`shortage`) is missing too. Never more than one order can say.
    """
    if available - shortage > terms.point:
        return None
    missing = max(terms.level - available + shortage, terms.minimum)
    pack = max(terms.pack, 1)
    return max(min(-(-missing // pack) * pack, QUANTITY_MAX // pack * pack), 1)


@dataclass(frozen=True, slots=True)
class Position:
    """A SKU as it stands, with what is ordered of it.

    `line_id` is its one open line; `in_draft`: of a draft; `fixed`: a person set its quantity. `taken_out`: the line of
    the draft that a person took out. `terms` is None where nothing says when to order.
    """

    stock_id: int
    supplier_id: UUID
    supplier_code: str
    sku: str
    part_number: str | None
    available: int
    shortage: int
    orderable: bool
    mode: ReorderMode
    terms: Terms | None
    price: Decimal | None = None
    line_id: int | None = None
    in_draft: bool = False
    ordered: int = 0
    fixed: bool = False
    taken_out: int | None = None

    @property
    def due(self) -> int | None:
        """How much is to be ordered; None where nothing is.

        What a supplier does not list any more, or a supplier that is switched off, cannot be ordered from.
        """
        if self.terms is None or not self.orderable or self.mode is ReorderMode.OFF:
            return None
        return quantity(self.available, self.shortage, self.terms)


@dataclass(slots=True)
class Plan:
    """What is to be written so that drafts and tasks say what is due."""

    add: list[tuple[Position, int]] = field(default_factory=list)
    change: list[tuple[int, int]] = field(default_factory=list)
    remove: list[int] = field(default_factory=list)
    tasks: list[tuple[Position, int | None]] = field(default_factory=list)


def plan(positions: Iterable[Position]) -> Plan:
    """For SKUs that changed: lines that come, change or go, and tasks that stand or are over.

    A line that a person set stays as it is, and what a person took out of the draft stays out of it until the SKU has
    recovered. What is on an order beyond the draft is left to it: a SKU has one open line.
    """
    made = Plan()
    for position in positions:
        task = position.mode is ReorderMode.TASK and position.line_id is None
        made.tasks.append((position, position.due if task else None))
        _line(made, position, position.due if position.mode is ReorderMode.ORDER else None)
    return made


def _line(made: Plan, position: Position, due: int | None) -> None:
    if position.line_id is not None:
        _standing(made, position, position.line_id, due)
    elif position.taken_out is not None:
        if due is None:
            made.remove.append(position.taken_out)
    elif due is not None:
        made.add.append((position, due))


def _standing(made: Plan, position: Position, line_id: int, due: int | None) -> None:
    if not position.in_draft or position.fixed:
        return
    if due is None:
        made.remove.append(line_id)
    elif due != position.ordered:
        made.change.append((line_id, due))
