"""The shapes of the orders' requests and answers, for the OpenAPI document."""

from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel
from pydantic.json_schema import SkipJsonSchema

from app.domain.imports.values import PART_NUMBER_LENGTH_MAX, unstorable
from app.domain.orders import order as limits
from app.domain.orders.order import Status
from app.domain.orders.refusal import RefusalState
from app.domain.orders.rule_list import RULES_MAX
from app.domain.orders.rules import Action, RuleName
from app.web.paging import Page


def _storable(value: str) -> str:
    if unstorable(value):
        raise ValueError("has a NUL or a character that is not UTF-8")
    return value


_STORABLE: Final = AfterValidator(_storable)


def _text(length_max: int, pattern: str | None = None, length_min: int = 1) -> Any:
    return StringConstraints(
        strip_whitespace=True, min_length=length_min, max_length=length_max, pattern=pattern
    )


Channel = Annotated[
    str,
    _text(limits.CHANNEL_MAX, r"^[^/]+$"),
    _STORABLE,
    Field(description="Whose order it is; no slash. What Shopify tells comes as `shopify`"),
]
OrderId = Annotated[
    str,
    _text(limits.ORDER_ID_MAX),
    _STORABLE,
    Field(description="The channel's own; Shopify's is the order's `id`"),
]
Account = Annotated[
    str,
    _text(limits.ACCOUNT_MAX),
    _STORABLE,
    Field(description="Whose, within the channel; Shopify's is the shop"),
]
PartNumber = Annotated[str, _text(PART_NUMBER_LENGTH_MAX), _STORABLE]


class _Camel(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class OrderLine(_Camel):
    """Units of a part, or of an alias of yours."""

    part_number: PartNumber
    quantity: Annotated[int, Field(ge=1, le=limits.QUANTITY_MAX)]


class OrderBody(_Camel):
    """What to reserve. Lines of the same part are summed."""

    channel: Channel
    order_id: OrderId
    lines: Annotated[list[OrderLine], Field(min_length=1, max_length=limits.LINES_MAX)]
    account: Account | SkipJsonSchema[None] = None
    expires_in_s: (
        Annotated[
            int,
            Field(
                ge=1,
                le=limits.EXPIRES_IN_S_MAX,
                description="Let go unless settled by then; without it, never",
            ),
        ]
        | SkipJsonSchema[None]
    ) = None


class ReservedLine(_Camel):
    """Units at one supplier."""

    part_number: str
    quantity: int
    supplier_id: UUID


class OrderView(_Camel):
    """An order as it stands."""

    order_id: str
    channel: str
    status: Status
    account: str | None
    lines: Annotated[list[ReservedLine], Field(description="One a part; no line is split over suppliers")]
    flags: Annotated[
        list[dict[str, Any]],
        Field(description="What a rule let pass but wants to be seen: `rule` and details"),
    ]
    created_at: datetime
    expires_at: datetime | None
    settled_at: Annotated[datetime | None, Field(description="Fulfilled, cancelled or expired")]


class OrderList(_Camel):
    """A page of orders."""

    data: list[OrderView]
    next_cursor: str | None


class OrderQuery(Page):
    """Which orders."""

    status: Status | None = None
    channel: Channel | None = None


class PromiseView(_Camel):
    """An order's units of a SKU that is short."""

    channel: str
    order_id: str
    state: Annotated[str, Field(description="open, or shipped and not yet seen in a report")]
    quantity: int
    created_at: datetime


class ShortageView(_Camel):
    """A SKU with fewer units than are promised of it."""

    supplier_id: UUID
    supplier_code: str
    sku: str
    part_number: str | None
    quantity: Annotated[int, Field(description="As the supplier last reported")]
    reserved: int
    shipped: Annotated[int, Field(description="Fulfilled, and not yet seen in a report")]
    shortage: Annotated[int, Field(description="How many units are missing")]
    orders: Annotated[list[PromiseView], Field(description="Oldest first")]


class ShortageList(_Camel):
    """A page of shortages."""

    data: list[ShortageView]
    next_cursor: str | None


class RuleBody(_Camel):
    """What is refused, flagged or let pass; '' is any channel, any account, and the nearest rule holds."""

    model_config = ConfigDict(extra="forbid")

    rule: RuleName
    action: Action
    channel: Annotated[str, _text(limits.CHANNEL_MAX, r"^[^/]*$", 0), _STORABLE] = ""
    account: Annotated[str, _text(limits.ACCOUNT_MAX, None, 0), _STORABLE] = ""
    value: Annotated[
        int | None, Field(ge=1, le=limits.QUANTITY_MAX, description="quantity_over's, units of a part")
    ] = None


class RulesBody(_Camel):
    """All of the tenant's rules."""

    model_config = ConfigDict(extra="forbid")

    rules: Annotated[list[RuleBody], Field(max_length=RULES_MAX)]


class RulesView(_Camel):
    """The tenant's rules, and what holds where they are silent."""

    rules: list[RuleBody]
    defaults: list[RuleBody]


class RefusalView(_Camel):
    """An order that could not be taken."""

    id: UUID
    channel: str
    order_id: str
    account: str | None
    code: Annotated[
        str, Field(description="The rule's, or unreadable_order, order_state, nothing_to_reserve")
    ]
    message: str
    details: list[dict[str, Any]]
    stake: Annotated[str, Field(description="What its lines are worth, as a decimal")]
    units: int
    times: Annotated[int, Field(description="How often it was refused")]
    state: RefusalState
    created_at: datetime
    refused_at: datetime


class RefusalList(_Camel):
    """A page of refusals, what is most at stake first."""

    data: list[RefusalView]
    next_cursor: str | None


class RefusalQuery(Page):
    """Which refusals."""

    state: RefusalState = RefusalState.OPEN


class ReplayView(_Camel):
    """What a replay came to."""

    refusal: Annotated[RefusalView, Field(description="Resolved, or open with its reason of now")]
    order: Annotated[
        OrderView | None, Field(description="null: refused again, or there is nothing to reserve")
    ]


class ReplaysView(_Camel):
    """What replays came to."""

    taken: int
    refused: int
    data: list[ReplayView]


ORDER_EXAMPLE: Final[dict[str, Any]] = {
    "channel": "webshop",
    "orderId": "1001",
    "lines": [{"partNumber": "55716013", "quantity": 2}],
}
VIEW_EXAMPLE: Final[dict[str, Any]] = {
    "orderId": "1001",
    "channel": "webshop",
    "status": "reserved",
    "account": None,
    "lines": [
        {"partNumber": "55716013", "quantity": 2, "supplierId": "01980000-0000-7000-8000-000000000000"}
    ],
    "flags": [],
    "createdAt": "2026-07-01T08:00:00Z",
    "expiresAt": None,
    "settledAt": None,
}
RULES_EXAMPLE: Final[dict[str, Any]] = {
    "rules": [
        {"rule": "quantity_over", "action": "flag", "channel": "shopify", "account": "", "value": 50},
        {"rule": "unknown_part", "action": "flag", "channel": "", "account": "", "value": None},
    ]
}
