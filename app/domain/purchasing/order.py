"""A purchase order and the states it goes through.

draft ──approve──▶ approved ──sent──▶ sent ──receive──▶ partly-received ──receive──▶ received ──close──▶ closed
  └───────────cancel──┴──────────cancel─┘                └─────────────close, the rest is given up────────▲
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar, Final
from uuid import UUID

from app.domain.errors import ConflictError


class OrderState(StrEnum):
    """Of a purchase order."""

    DRAFT = "draft"  # gathers lines; the watch and people change them
    APPROVED = "approved"  # a person said yes; may be sent
    SENT = "sent"  # the supplier has it
    PARTLY_RECEIVED = "partly-received"  # some came, more is awaited
    RECEIVED = "received"  # all came
    CLOSED = "closed"  # done; nothing is awaited any more
    CANCELLED = "cancelled"  # never mind


class Act(StrEnum):
    """What is done to a purchase order."""

    EDIT = "edit"
    APPROVE = "approve"
    SEND = "send"
    RECEIVE = "receive"
    CLOSE = "close"
    CANCEL = "cancel"


MAY: Final[Mapping[Act, frozenset[OrderState]]] = {
    Act.EDIT: frozenset({OrderState.DRAFT}),
    Act.APPROVE: frozenset({OrderState.DRAFT}),
    Act.SEND: frozenset({OrderState.APPROVED}),
    Act.RECEIVE: frozenset({OrderState.SENT, OrderState.PARTLY_RECEIVED, OrderState.RECEIVED}),
    Act.CLOSE: frozenset({OrderState.PARTLY_RECEIVED, OrderState.RECEIVED}),
    Act.CANCEL: frozenset({OrderState.DRAFT, OrderState.APPROVED, OrderState.SENT}),
}
"""The one table of what may be done when. What is more than the order may come late, so received may receive."""


class PurchaseOrderStateError(ConflictError):
    """The purchase order is not in a state in which this can be done."""

    code: ClassVar[str] = "purchase_order_state"


class EmptyOrderError(ConflictError):
    """A purchase order without lines."""

    code: ClassVar[str] = "purchase_order_empty"


class NoOrderAddressError(ConflictError):
    """Nothing says where the supplier takes orders."""

    code: ClassVar[str] = "no_order_address"


class ReceiptConflictError(ConflictError):
    """A receipt id came again with other lines."""

    code: ClassVar[str] = "receipt_conflict"


class AlreadyOrderedError(ConflictError):
    """The SKU has an open line in another purchase order."""

    code: ClassVar[str] = "already_ordered"


@dataclass(frozen=True, slots=True)
class PurchaseOrder:
    """A purchase order as it stands. `sending`: on its way to the supplier at this moment, or to be tried again."""

    id: UUID
    number: int
    supplier_id: UUID
    supplier_code: str
    supplier_name: str
    state: OrderState
    sending: bool
    lines: int
    units: int
    created_at: datetime
    approved_at: datetime | None
    approved_by: str | None
    sent_at: datetime | None
    closed_at: datetime | None
    last_error: str | None

    def require(self, act: Act) -> None:
        """Raises PurchaseOrderStateError unless this may be done now."""
        if self.state not in MAY[act]:
            wanted = " or ".join(sorted(MAY[act]))
            raise PurchaseOrderStateError(
                f"purchase order {self.number} is {self.state}; only one that is {wanted} can do this ({act})",
                details={"state": self.state.value},
            )
        if self.sending and act is Act.CANCEL:
            raise PurchaseOrderStateError(
                f"purchase order {self.number} is being sent; cancel it when it is sent, or has failed",
                details={"state": self.state.value},
            )

    def shown(self) -> dict[str, Any]:
        """By the API's names."""
        return {
            "purchaseOrderId": self.id,
            "number": self.number,
            "supplierId": self.supplier_id,
            "supplierCode": self.supplier_code,
            "supplierName": self.supplier_name,
            "state": self.state.value,
            "sending": self.sending,
            "lineCount": self.lines,
            "units": self.units,
            "createdAt": self.created_at,
            "approvedAt": self.approved_at,
            "approvedBy": self.approved_by,
            "sentAt": self.sent_at,
            "closedAt": self.closed_at,
            "lastError": self.last_error,
        }


@dataclass(frozen=True, slots=True)
class Line:
    """One SKU of a purchase order."""

    sku: str
    part_number: str | None
    quantity: int
    received: int
    price: Decimal | None
    fixed: bool

    def shown(self) -> dict[str, Any]:
        """By the API's names; more than was ordered is told as such."""
        return {
            "sku": self.sku,
            "partNumber": self.part_number,
            "quantity": self.quantity,
            "received": self.received,
            "overReceived": max(self.received - self.quantity, 0),
            "price": self.price,
            "setByPerson": self.fixed,
        }
