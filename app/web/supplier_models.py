"""The shapes of suppliers' requests and answers, for the OpenAPI document."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel
from pydantic.json_schema import SkipJsonSchema

from app.domain.imports.values import unstorable
from app.domain.suppliers.document import Email, OrderFormat, ReorderMode, Url
from app.domain.suppliers.schedule import FAILURES_MAX, INTERVAL_S
from app.web.paging import Page

UNITS_MAX: Final = 2_147_483_647
Units = Annotated[int, Field(ge=0, le=UNITS_MAX)]


def _storable(value: str) -> str:
    if unstorable(value):
        raise ValueError("has a NUL or a character that is not UTF-8")
    return value


class _Camel(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class SupplierView(_Camel):
    """A supplier as it is kept, in its file's words, and how it does; secrets are not shown."""

    supplier_id: UUID
    code: str
    name: str
    active: bool
    source: Annotated[
        dict[str, Any],
        Field(
            description="url (none: it sends), format, auth without its secret, items, fields, pagination …"
        ),
    ]
    interval_s: int
    low_stock_threshold: int
    reorder_point: int | None
    target_stock: int | None
    drop_guard_percent: int
    reorder_mode: Annotated[ReorderMode, Field(description="What becomes of a SKU at its reorder point")]
    order_email: Annotated[
        str | None, Field(description="Where purchase orders go, unless there is orderUrl")
    ]
    order_url: str | None
    order_format: OrderFormat
    state: Annotated[
        Literal["ok", "failing", "silent", "inactive"],
        Field(description="silent: nothing was confirmed for more than two intervals"),
    ]
    circuit: Annotated[
        Literal["closed", "open", "half-open"],
        Field(description=f"Opens after {FAILURES_MAX} failures in a row; half-open: one try is due"),
    ]
    failures: Annotated[int, Field(description="In a row")]
    last_error: str | None
    last_poll_at: Annotated[datetime | None, Field(description="Without a url: as of when it sent last")]
    next_poll_at: Annotated[datetime | None, Field(description="null: it is not read")]
    confirmed_at: Annotated[
        datetime | None, Field(description="As of when its stock was last confirmed, changed or not")
    ]
    held_poll_id: Annotated[UUID | None, Field(description="A report that waits for a person")]
    created_at: datetime
    updated_at: datetime


class SupplierList(_Camel):
    """A page of suppliers, by code."""

    data: list[SupplierView]
    next_cursor: str | None


class SupplierChanges(_Camel):
    """What is left out stays."""

    model_config = ConfigDict(extra="forbid")

    name: (
        Annotated[
            str,
            StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
            AfterValidator(_storable),
        ]
        | SkipJsonSchema[None]
    ) = None
    interval_s: Annotated[int, Field(ge=INTERVAL_S[0], le=INTERVAL_S[1])] | SkipJsonSchema[None] = None
    low_stock_threshold: Units | SkipJsonSchema[None] = None
    drop_guard_percent: Annotated[int, Field(ge=1, le=100)] | SkipJsonSchema[None] = None
    reorder_mode: ReorderMode | SkipJsonSchema[None] = None
    order_email: Annotated[Email | None, Field(description="null: none")] = None
    order_url: Annotated[Url | None, Field(description="null: none")] = None
    order_format: OrderFormat | SkipJsonSchema[None] = None
    active: bool | SkipJsonSchema[None] = None
    reorder_point: Annotated[Units | None, Field(description="null: none")] = None
    target_stock: Annotated[Units | None, Field(description="null: none")] = None


NULLABLE: Final = frozenset({"reorder_point", "target_stock", "order_email", "order_url"})


class Problem(BaseModel):
    """A row that could not be read."""

    index: int
    reason: str


class PollView(_Camel):
    """A reading of a supplier, or a report that it sent; kept 30 days."""

    poll_id: UUID
    supplier_id: UUID
    due_at: datetime
    started_at: datetime
    finished_at: datetime | None
    outcome: Annotated[
        Literal["accepted", "applied", "unchanged", "failed", "held", "released", "discarded"],
        Field(description="accepted, released: a worker will take it; held: a person must decide"),
    ]
    sent: Annotated[bool, Field(description="By the supplier, not read from its source")]
    status: Annotated[int | None, Field(description="The source's HTTP status")]
    rows: int
    changed: int
    dropped: Annotated[int, Field(description="SKUs that are not listed any more")]
    stale: Annotated[int, Field(description="Rows older than what stood")]
    malformed: int
    malformed_sample: Annotated[
        list[Problem],
        Field(description="The first 20, and once for each field values that were left out of their rows"),
    ]
    as_of: Annotated[datetime | None, Field(description="The report's own time")]
    error: str | None


class PollList(_Camel):
    """A page of them, newest first."""

    data: list[PollView]
    next_cursor: str | None


class SkuView(_Camel):
    """A supplier's SKU: what it reported, what is promised of it, and by which terms it is judged."""

    sku: str
    part_number: str | None
    listed: bool
    quantity: int
    reserved: Annotated[int, Field(description="Open reservations")]
    shipped: Annotated[int, Field(description="Fulfilled, and in no younger report yet")]
    available: int
    shortage: int
    incoming: int | None
    price: Decimal | None
    lead_time_days: int | None
    stock_level: Literal["in-stock", "low", "out"]
    as_of: datetime | None
    low_stock_threshold: int
    reorder_point: int | None
    target_stock: int | None
    pack_size: int
    order_minimum: int


class SkuList(_Camel):
    """A page of them, by SKU."""

    data: list[SkuView]
    next_cursor: str | None


class SkuTermsView(_Camel):
    """A SKU's terms were set. `listed` is null when no report has named it yet: they hold once one does."""

    sku: str
    listed: SkuView | None


class SendQuery(BaseModel):
    """How to take the report."""

    partial: Annotated[
        bool, Field(description="It tells of some SKUs only: what is not in it stays as it is.")
    ] = False
    plain: Annotated[
        bool,
        Field(
            description="An array of objects with our own names (sku, quantity, updatedAt, incoming, reserved, price,"
            " leadTimeDays), whatever the supplier's format is."
        ),
    ] = False
    as_of: Annotated[
        datetime | None,
        Field(
            alias="asOf", description="When the report was made, RFC 3339; without it, when it is accepted."
        ),
    ] = None


class SupplierStockView(_Camel):
    """A part at one supplier."""

    part_number: str
    supplier_id: UUID
    supplier_code: str
    sku: str
    quantity: Annotated[int, Field(description="As the supplier last reported")]
    reserved: Annotated[int, Field(description="Open reservations")]
    available: Annotated[
        int, Field(description="quantity less what is reserved and what is fulfilled but not yet confirmed")
    ]
    incoming: int | None
    stock_level: Literal["in-stock", "low", "out"]
    as_of: datetime | None
    fresh: Annotated[bool, Field(description="asOf is within twice the supplier's interval")]


class InventoryLine(_Camel):
    """A SKU at one source: a supplier, or the tenant's own stock."""

    source: Literal["own", "supplier"]
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
    stock_level: Literal["in-stock", "low", "out"]
    low_stock_threshold: int
    as_of: datetime | None
    fresh: bool


class InventoryList(_Camel):
    """A page of the one state, by part number."""

    data: list[InventoryLine]
    next_cursor: str | None


class InventoryQuery(Page):
    """Which lines."""

    level: Annotated[Literal["in-stock", "low", "out"] | None, Field(description="Only these")] = None
    supplier: Annotated[
        str | None,
        AfterValidator(lambda value: value and _storable(value)),
        Field(description="Its id or code"),
    ] = None
    q: Annotated[
        str | None,
        AfterValidator(lambda value: value and _storable(value)),
        Field(max_length=128, description="Within the SKU or the part number, in any case"),
    ] = None
    fresh: Annotated[bool | None, Field(description="Only what is fresh, or only what is not")] = None
    source: Annotated[Literal["own", "supplier"] | None, Field(description="Only these")] = None


class GapView(_Camel):
    """Something of which nothing fresh is known."""

    kind: Literal["supplier", "sku", "part"]
    supplier_id: UUID | None
    supplier_code: str | None
    sku: str | None
    part_number: str | None
    since: Annotated[
        datetime | None, Field(description="As of when its last data was; null: there never was any")
    ]
    reason: str | None


class GapList(_Camel):
    """A page of gaps."""

    data: list[GapView]
    next_cursor: str | None


class GapQuery(Page):
    """Gaps of what."""

    kind: Annotated[
        Literal["supplier", "sku", "part"],
        Field(description="Suppliers, their SKUs, or parts that no supplier lists freshly"),
    ] = "supplier"
