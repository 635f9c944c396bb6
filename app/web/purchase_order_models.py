"""The shapes of the purchase orders' requests and answers, for the OpenAPI document."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from app.domain.purchasing.order import OrderState
from app.domain.purchasing.receipt import RECEIPTS_SHOWN
from app.domain.purchasing.reorder import QUANTITY_MAX
from app.web.paging import Page

LINES_MAX: Final = 10_000
Sku = Annotated[str, Field(min_length=1, max_length=128, pattern="^[^\\x00]+$")]


class _Camel(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class PurchaseOrderQuery(Page):
    """Which purchase orders."""

    state: Annotated[OrderState | None, Field(description="Only these")] = None
    supplier_id: Annotated[UUID | None, Field(alias="supplierId", description="Only this supplier's")] = None


class PurchaseOrderView(_Camel):
    """A purchase order without its lines."""

    purchase_order_id: UUID
    number: Annotated[int, Field(description="Counts up, by tenant; the supplier sees it")]
    supplier_id: UUID
    supplier_code: str
    supplier_name: str
    state: OrderState
    sending: Annotated[bool, Field(description="On its way to the supplier, or to be tried again")]
    line_count: int
    units: int
    created_at: datetime
    approved_at: datetime | None
    approved_by: str | None
    sent_at: datetime | None
    closed_at: Annotated[datetime | None, Field(description="Closed or cancelled")]
    last_error: Annotated[str | None, Field(description="Why it could not be sent")]


class PurchaseOrderLine(_Camel):
    """One SKU of a purchase order."""

    sku: str
    part_number: str | None
    quantity: int
    received: int
    over_received: Annotated[int, Field(description="What came beyond what was ordered")]
    price: Annotated[Decimal | None, Field(description="The supplier's, when the line was made")]
    set_by_person: Annotated[bool, Field(description="The watch leaves it as it is")]


class CameLine(_Camel):
    """Units of a SKU that came."""

    sku: str
    quantity: int


class ReceiptView(_Camel):
    """What came at once."""

    receipt_id: str
    received_at: datetime
    received_by: Annotated[
        str | None, Field(description="A person's address, or `key` and its id; null where no name was kept")
    ]
    units: int
    lines: list[CameLine]


class ReceiptList(_Camel):
    """A page of them, newest first."""

    data: list[ReceiptView]
    next_cursor: str | None


class PurchaseOrderDetail(PurchaseOrderView):
    """A purchase order with its lines, by SKU, and what came of it."""

    lines: list[PurchaseOrderLine]
    receipts: Annotated[
        list[ReceiptView],
        Field(description=f"Newest first, the last {RECEIPTS_SHOWN}; `…/receipts` has them all"),
    ]


class PurchaseOrderList(_Camel):
    """A page of them, newest first."""

    data: list[PurchaseOrderView]
    next_cursor: str | None


class _LineQuantity(_Camel):
    model_config = ConfigDict(extra="forbid")

    sku: Annotated[Sku, Field(description="As the supplier calls it")]


class LineChange(_LineQuantity):
    """A SKU of the draft, or a new one."""

    quantity: Annotated[int, Field(ge=0, le=QUANTITY_MAX, description="0 takes it out")]


class LineChanges(BaseModel, extra="forbid"):
    """What is to be otherwise; the other lines stay."""

    lines: Annotated[list[LineChange], Field(min_length=1, max_length=LINES_MAX)]


class LineReceived(_LineQuantity):
    """Units of a SKU that came."""

    quantity: Annotated[int, Field(ge=1, le=QUANTITY_MAX)]


class Receipt(_Camel):
    """What came, once per receipt id."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, populate_by_name=True)

    receipt_id: Annotated[
        str,
        Field(min_length=1, max_length=128, pattern="^[^\\x00]+$", description="Yours: of the delivery note"),
    ]
    lines: Annotated[list[LineReceived], Field(min_length=1, max_length=LINES_MAX)]


VIEW_EXAMPLE: Final[dict[str, Any]] = {
    "purchaseOrderId": "01980000-0000-7000-8000-00000000000f",
    "number": 17,
    "supplierId": "01980000-0000-7000-8000-000000000003",
    "supplierCode": "nordparts",
    "supplierName": "Nordparts",
    "state": "draft",
    "sending": False,
    "lineCount": 1,
    "units": 24,
    "createdAt": "2026-11-21T09:30:00Z",
    "approvedAt": None,
    "approvedBy": None,
    "sentAt": None,
    "closedAt": None,
    "lastError": None,
}
RECEIPT_EXAMPLE: Final[dict[str, Any]] = {
    "receiptId": "DN-4711",
    "receivedAt": "2026-11-24T08:15:00Z",
    "receivedBy": "anna@example.com",
    "units": 12,
    "lines": [{"sku": "N-55716013", "quantity": 12}],
}
DETAIL_EXAMPLE: Final[dict[str, Any]] = VIEW_EXAMPLE | {
    "lines": [
        {
            "sku": "N-55716013",
            "partNumber": "55716013",
            "quantity": 24,
            "received": 0,
            "overReceived": 0,
            "price": "12.50",
            "setByPerson": False,
        }
    ],
    "receipts": [],
}
