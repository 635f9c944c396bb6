"""From what a channel sends to one canonical order. Pure.

Shopify's order: https://shopify.dev/docs/api/admin-rest/latest/resources/order. `current_quantity` is what is left of a
line after edits and refunds; older API versions and test payloads have `quantity` alone.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Final

from app.domain.errors import InvalidInputError
from app.domain.imports.values import MONEY_MAX, PART_NUMBER_LENGTH_MAX, unstorable
from app.domain.orders.order import LINES_MAX, QUANTITY_MAX, Line, NewOrder, summed
from app.domain.orders.rules import SHOPIFY

_ID_DIGITS_MAX: Final = 20
_TEXT_KEPT_MAX: Final = 20_000


class Stage(StrEnum):
    """How far the channel is with an order."""

    CREATED = "created"
    FULFILLED = "fulfilled"
    CANCELLED = "cancelled"


FULFILLED: Final = "orders/fulfilled"
_STAGES: Final[Mapping[str, Stage]] = {
    "orders/create": Stage.CREATED,
    FULFILLED: Stage.FULFILLED,
    "orders/cancelled": Stage.CANCELLED,
}


class UnreadableOrderError(InvalidInputError):
    """The payload is no order; `order_id` as far as one can be seen."""

    code = "unreadable_order"

    def __init__(self, message: str, order_id: str | None = None) -> None:
        super().__init__(message)
        self.order_id = order_id


@dataclass(frozen=True, slots=True)
class ChannelLine:
    """A line as the channel has it; its part number is found by `variant` first, then it is the SKU."""

    sku: str
    product: str | None
    variant: str | None
    quantity: int
    price: Decimal | None


@dataclass(frozen=True, slots=True)
class ChannelOrder:
    """An order as the channel has it."""

    channel: str
    order_id: str
    account: str | None
    stage: Stage
    lines: Sequence[ChannelLine]

    def canonical(self, parts: Mapping[str, str]) -> NewOrder:
        """As one that is posted; `parts`: our part numbers by the channel's variants."""
        named = [(parts.get(one.variant or "") or one.sku, one) for one in self.lines if one.quantity]
        lines, repeated = summed(Line(name, one.quantity, one.price) for name, one in named if name)
        if any(line.quantity > QUANTITY_MAX for line in lines):
            raise UnreadableOrderError(f"a part has more than {QUANTITY_MAX:,} units", self.order_id)
        nameless = sum(one.quantity for name, one in named if not name)
        return NewOrder(
            self.channel, self.order_id, lines, self.account, repeated=repeated, nameless=nameless
        )


def read_shopify(topic: str, body: str | bytes, account: str | None) -> ChannelOrder:
    """The order that a webhook tells of. Raises UnreadableOrderError."""
    said = _object(body)
    order_id = _order_id(said.get("id"))
    if order_id is None:
        raise UnreadableOrderError("the payload has no order id")
    lines = said.get("line_items")
    if not isinstance(lines, list) or len(lines) > LINES_MAX:
        raise UnreadableOrderError(f"line_items is no list of at most {LINES_MAX} lines", order_id)
    stage = Stage.CANCELLED if said.get("cancelled_at") else _STAGES[topic]
    return ChannelOrder(SHOPIFY, order_id, account, stage, [_line(one, stage, order_id) for one in lines])


def kept(body: bytes) -> str:
    """What a refusal keeps of a payload to read it again: nothing about the customer."""
    try:
        said = _object(body)
    except UnreadableOrderError:
        return body[:_TEXT_KEPT_MAX].decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
    lines = said.get("line_items")
    if isinstance(lines, list):
        lines = [_only(one, _LINE_FIELDS) for one in lines[: LINES_MAX + 1]]
    return json.dumps(_only(said, _ORDER_FIELDS) | {"line_items": lines})


_ORDER_FIELDS: Final = ("id", "name", "cancelled_at")
_LINE_FIELDS: Final = ("product_id", "variant_id", "sku", "quantity", "current_quantity", "price")


def _only(given: Any, fields: Sequence[str]) -> Any:
    return {name: given[name] for name in fields if name in given} if isinstance(given, dict) else given


def _object(body: str | bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise UnreadableOrderError("the payload is not JSON") from None
    if not isinstance(said, dict):
        raise UnreadableOrderError("the payload is no JSON object")
    return said


def _order_id(value: Any) -> str | None:
    number = _count(value)
    return None if number is None or len(str(number)) > _ID_DIGITS_MAX else str(number)


def _line(one: Any, stage: Stage, order_id: str) -> ChannelLine:
    said = one if isinstance(one, dict) else {}
    # What is cancelled has nothing left of it; what it was about is told by the quantity at first.
    left = (
        said.get("quantity")
        if stage is Stage.CANCELLED
        else said.get("current_quantity", said.get("quantity"))
    )
    quantity = _count(left)
    if quantity is None or quantity > QUANTITY_MAX:
        raise UnreadableOrderError(f"a line's quantity is no number up to {QUANTITY_MAX:,}", order_id)
    sku = said.get("sku")
    sound = isinstance(sku, str) and len(sku.strip()) <= PART_NUMBER_LENGTH_MAX and not unstorable(sku)
    return ChannelLine(
        sku.strip() if isinstance(sku, str) and sound else "",
        _gid("Product", said.get("product_id")),
        _gid("ProductVariant", said.get("variant_id")),
        quantity,
        _price(said.get("price")),
    )


def _count(value: Any) -> int | None:
    sound = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**_ID_DIGITS_MAX
    return value if sound else None


def _gid(kind: str, value: Any) -> str | None:
    number = _count(value)
    return None if number is None else f"gid://shopify/{kind}/{number}"


def _price(value: Any) -> Decimal | None:
    try:
        price = Decimal(value) if isinstance(value, str) else None
    except InvalidOperation:
        return None
    return price if price is not None and price.is_finite() and 0 <= price <= MONEY_MAX else None
