"""What a shop tells by itself: is it the shop's word, and what does it say. Pure.

https://shopify.dev/docs/apps/build/webhooks: the signature covers the body alone, no header of it.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec

EVENT_ID_MAX: Final = 255
_TIME: Final = Annotated[datetime, msgspec.Meta(tz=True)]


class Topic(StrEnum):
    """Those that are listened to; any other is taken and ignored."""

    INVENTORY_LEVELS_UPDATE = "inventory_levels/update"
    ORDERS_CREATE = "orders/create"
    ORDERS_FULFILLED = "orders/fulfilled"
    ORDERS_CANCELLED = "orders/cancelled"
    PRODUCTS_DELETE = "products/delete"
    APP_UNINSTALLED = "app/uninstalled"


class EventOutcome(StrEnum):
    """What became of an event."""

    FED = "fed"  # a stock feed of one row
    NOT_FOUND = "notFound"  # the stock of something that is not ours
    IGNORED = "ignored"  # another location's, an order of nothing that suppliers ship, or it says nothing
    TAKEN = "taken"  # an order that stands as the shop has it
    REFUSED = "refused"  # an order that could not be taken, kept to be replayed
    UNMAPPED = "unmapped"  # the product's mapping is gone
    UNINSTALLED = "uninstalled"
    FAILED = "failed"  # put aside; an operator may replay it


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event as it is kept. `event_id` tells a repetition."""

    event_id: str
    topic: Topic
    triggered_at: datetime | None
    payload: bytes


@dataclass(frozen=True, slots=True)
class Event:
    """A kept event."""

    id: UUID
    topic: Topic
    triggered_at: datetime | None
    payload: bytes

    def read(self) -> dict[str, Any]:
        """The payload; empty when it is no JSON object."""
        try:
            read = json.loads(self.payload)
        except (ValueError, RecursionError):
            return {}
        return read if isinstance(read, dict) else {}


def is_signed(body: bytes, given: str, secrets: Sequence[str]) -> bool:
    """Whether one of the secrets made this signature; as long about it whichever did, or none."""
    offered = given.encode("utf-8", "replace")
    found = False
    for secret in secrets:
        made = base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256))
        found |= hmac.compare_digest(made, offered)
    return found


def event_id(sent: Sequence[str | None], topic: str, body: bytes) -> str:
    """The first of the ids that were sent, or what stands for one."""
    for one in sent:
        if one and len(one) <= EVENT_ID_MAX:
            return one
    return hashlib.sha256(topic.encode() + b"\n" + body).hexdigest()


def moment(text: Any) -> datetime | None:
    """A time as Shopify writes it; None for anything else."""
    try:
        stamp: datetime = msgspec.convert(text, _TIME)
    except (msgspec.ValidationError, OverflowError):
        return None
    return stamp


def product_of(event: Event) -> str | None:
    """The id of the product that the event is about."""
    product = number(event.read().get("id"))
    return None if product is None else f"gid://shopify/Product/{product}"


def number(value: Any) -> int | None:
    """A number as JSON has it; None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None
