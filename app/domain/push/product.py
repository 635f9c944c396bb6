"""A product on its way: what Stockline wants it to be, what the shop has, and what it was mapped to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from app.domain.push.profile import Field

Values = Mapping[Field, Any]
"""By field: text, or a decimal as text for money, a Decimal in kg for weight, an int for stock, a tuple for tags.

A field that is not in it has no value here, and the shop's is left alone. None empties: compareAtPrice, when the
item has a price and no price to compare it with.
"""


@dataclass(frozen=True, slots=True)
class Mapped:
    """What one item became in the shop: the ids, the product it was put into, our picture.

    `sending_key` and `sending_url` are the product and the picture of a call that nobody has noted the end of.
    """

    item_id: int
    product_key: UUID | None = None
    product_id: str | None = None
    variant_id: str | None = None
    inventory_item_id: str | None = None
    image_id: str | None = None
    image_url: str | None = None
    sending_key: UUID | None = None
    sending_url: str | None = None


@dataclass(frozen=True, slots=True)
class WantedVariant:
    """One item as it is to stand in the shop. `option` is its value of the product's only option.

    `alone`: where it comes out of another product, what a product of the item alone says.
    """

    item_id: int
    part_number: str
    option: str
    values: Values
    mapping: Mapped
    alone: Values = field(default_factory=dict)

    @property
    def sku(self) -> str:
        """What it is called in the shop."""
        return self.part_number


@dataclass(frozen=True, slots=True)
class WantedProduct:
    """A part, or a group of parts: one product. Money, stock and the like are of its variants.

    `key` is deterministic: it goes into the product as its custom id, so that a product whose mapping was lost is
    found again. `gone` are items that were in it and are not any more.
    """

    key: UUID
    option_name: str
    values: Values
    variants: tuple[WantedVariant, ...]
    gone: tuple[Mapped, ...] = ()
    grouped: bool = False


@dataclass(frozen=True, slots=True)
class ShopVariant:
    """One variant as the shop has it. `available` is None where the item is not stocked at the location."""

    id: str
    product_id: str
    sku: str
    inventory_item_id: str
    options: tuple[tuple[str, str], ...]
    values: Values
    tracked: bool
    available: int | None
    image_id: str | None = None


@dataclass(frozen=True, slots=True)
class ShopProduct:
    """A product as the shop has it, with all its variants and pictures in their order."""

    id: str
    values: Values
    options: tuple[tuple[str, tuple[str, ...]], ...]
    variants: tuple[ShopVariant, ...]
    image_ids: tuple[str, ...] = ()
    key: UUID | None = None

    def variant(self, variant_id: str | None) -> ShopVariant | None:
        """One of its variants."""
        return next((one for one in self.variants if one.id == variant_id), None)


@dataclass(frozen=True, slots=True)
class Found:
    """What the shop has that may be the wanted product: the one with its key, and variants with its SKUs."""

    product: ShopProduct | None
    skus: tuple[ShopVariant, ...] = ()


@dataclass(frozen=True, slots=True)
class VariantInput:
    """A variant as it is sent. With an id it is one of the shop's, without it is a new one.

    `values` without stock; `options` (name, value) only where all variants of a product are sent. `image`: the id
    or the URL of one of the product's pictures. `quantity`: stock of a new variant.
    """

    id: str | None
    sku: str | None
    values: Values = field(default_factory=dict)
    options: tuple[tuple[str, str], ...] = ()
    image: str | None = None
    quantity: int | None = None
    tracked: bool | None = None


@dataclass(frozen=True, slots=True)
class ProductInput:
    """A product as it is sent. `variants` and `images`, where given, are all that there will be.

    `images` are ids of pictures the shop has, or URLs of new ones.
    """

    values: Values = field(default_factory=dict)
    options: tuple[tuple[str, tuple[str, ...]], ...] | None = None
    variants: tuple[VariantInput, ...] | None = None
    images: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Level:
    """Stock of one item at the connection's location: what it is to be, if it still is what we saw."""

    inventory_item_id: str
    quantity: int
    change_from: int | None
