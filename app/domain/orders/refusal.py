"""An order that could not be taken: why, what is at stake, and what it takes to try it again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from app.domain.orders.order import Line, NewOrder


class RefusalState(StrEnum):
    """Of a refusal."""

    OPEN = "open"  # waits for a person
    RESOLVED = "resolved"  # the order was taken after all, or needs to be no more
    DISMISSED = "dismissed"  # a person let it go


@dataclass(frozen=True, slots=True)
class NewRefusal:
    """A refusal as it is kept. `payload` is what a replay reads."""

    channel: str
    order_id: str
    account: str | None
    code: str
    message: str
    details: Sequence[Mapping[str, Any]]
    payload: Mapping[str, Any]
    lines: Sequence[Line] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """A kept one. `stake`: what its lines are worth; `times`: how often it was refused."""

    id: UUID
    channel: str
    order_id: str
    account: str | None
    code: str
    message: str
    details: Sequence[Mapping[str, Any]]
    payload: Mapping[str, Any]
    stake: Decimal
    units: int
    times: int
    state: RefusalState
    created_at: datetime
    refused_at: datetime

    def shown(self) -> dict[str, Any]:
        """As the API has it."""
        return {
            "id": self.id,
            "channel": self.channel,
            "orderId": self.order_id,
            "account": self.account,
            "code": self.code,
            "message": self.message,
            "details": list(self.details),
            "stake": str(self.stake),
            "units": self.units,
            "times": self.times,
            "state": self.state,
            "createdAt": self.created_at,
            "refusedAt": self.refused_at,
        }


def payload_of(order: NewOrder) -> dict[str, Any]:
    """A posted order, to be read again by `order_of`."""
    return {
        "lines": [[line.part_number, line.quantity] for line in order.lines],
        "repeated": list(order.repeated),
        "expiresInS": order.expires_in_s,
    }


def order_of(refusal: Refusal) -> NewOrder:
    """The posted order that was refused."""
    payload = refusal.payload
    return NewOrder(
        refusal.channel,
        refusal.order_id,
        [Line(name, quantity) for name, quantity in payload["lines"]],
        refusal.account,
        payload["expiresInS"],
        payload["repeated"],
    )
