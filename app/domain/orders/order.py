"""An order as it is asked for and as it stands.

reserved ──fulfil──▶ fulfilled
   ├──────cancel──▶ cancelled
   └─its time came─▶ expired
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

CHANNEL_MAX: Final = 64
ORDER_ID_MAX: Final = 128
ACCOUNT_MAX: Final = 128
LINES_MAX: Final = 500
QUANTITY_MAX: Final = 1_000_000
EXPIRES_IN_S_MAX: Final = 31 * 24 * 3600


OrderKey = tuple[str, str]
"""The channel, and the order's id there."""


class Status(StrEnum):
    """Of an order."""

    RESERVED = "reserved"  # its units are promised
    FULFILLED = "fulfilled"  # they left; held back until a younger report has seen it
    CANCELLED = "cancelled"  # they are free again; or it was cancelled before it came, and never held any
    EXPIRED = "expired"  # nobody settled it in time; they are free again


@dataclass(frozen=True, slots=True)
class Line:
    """Units of a part, by the name that the caller has for it. `price`: what the channel says one costs."""

    part_number: str
    quantity: int
    price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class NewOrder:
    """An order as it is asked for, a line a part.

    `repeated`: parts that the caller named in several lines, which are summed. `nameless`: how many units a channel's
    lines had without an SKU.
    """

    channel: str
    order_id: str
    lines: Sequence[Line]
    account: str | None = None
    expires_in_s: int | None = None
    repeated: Sequence[str] = ()
    nameless: int = 0

    @property
    def key(self) -> OrderKey:
        """What makes it one and the same however often it is sent."""
        return self.channel, self.order_id

    @property
    def asked(self) -> dict[str, int]:
        """Units by part number: what tells the same order from another."""
        return {line.part_number: line.quantity for line in self.lines}

    @property
    def units(self) -> int:
        """Of all lines."""
        return sum(line.quantity for line in self.lines)


@dataclass(frozen=True, slots=True)
class Reserved:
    """A line's units at one supplier."""

    part_number: str
    quantity: int
    supplier_id: UUID


@dataclass(frozen=True, slots=True)
class Order:
    """An order as it stands. `flags`: what a rule lets pass, but wants to be seen."""

    id: UUID
    channel: str
    order_id: str
    status: Status
    account: str | None
    asked: Mapping[str, int]
    flags: Sequence[Mapping[str, Any]]
    created_at: datetime
    expires_at: datetime | None
    settled_at: datetime | None
    lines: Sequence[Reserved] = ()

    @property
    def key(self) -> OrderKey:
        """That of the NewOrder it was."""
        return self.channel, self.order_id

    @property
    def first(self) -> "Order":
        """As it was when it was taken."""
        if not self.lines:
            return self
        return replace(self, status=Status.RESERVED, settled_at=None)

    def shown(self) -> dict[str, Any]:
        """The contract's body."""
        return {
            "orderId": self.order_id,
            "channel": self.channel,
            "status": self.status,
            "account": self.account,
            "lines": [
                {"partNumber": one.part_number, "quantity": one.quantity, "supplierId": one.supplier_id}
                for one in self.lines
            ],
            "flags": list(self.flags),
            "createdAt": self.created_at,
            "expiresAt": self.expires_at,
            "settledAt": self.settled_at,
        }


def summed(lines: Iterable[Line]) -> tuple[list[Line], list[str]]:
    """A line a part, in the order of their first mention, and the parts that came more than once."""
    found: dict[str, Line] = {}
    repeated: dict[str, None] = {}
    for line in lines:
        before = found.get(line.part_number)
        if before is not None:
            repeated[line.part_number] = None
        quantity = line.quantity + (before.quantity if before else 0)
        found[line.part_number] = replace(before or line, quantity=quantity)
    return list(found.values()), list(repeated)
