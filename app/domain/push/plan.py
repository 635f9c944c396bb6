"""What a push will do with a product: the calls to make, and every change that they bring."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.domain.push.product import Level, ProductInput, VariantInput
from app.domain.push.profile import Field


class Action(StrEnum):
    """What a push does with a product."""

    CREATE = "create"
    UPDATE = "update"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Change:
    """One field of a product or of one of its items: the shop's value and ours. `item_id` is None for the product's."""

    field: Field
    before: Any
    after: Any
    item_id: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What to call. `product` makes the product or changes it as a whole, `variants` some of its variants.

    `levels` is stock to compare and set, `unstocked` stock of items that the location does not keep yet, and
    `quantities` all stock that is about to be written, by item, and `pictures` all that are about to be sent.
    `joined` are the items that get a new variant.
    """

    action: Action
    product: ProductInput | None = None
    variants: tuple[VariantInput, ...] = ()
    levels: tuple[Level, ...] = ()
    unstocked: tuple[tuple[str, int], ...] = ()
    quantities: tuple[tuple[int, int], ...] = ()
    pictures: tuple[tuple[int, str], ...] = ()
    joined: tuple[int, ...] = ()
    changes: tuple[Change, ...] = ()
