"""What Stockline has under some part numbers, as the products that the shop should have: the mapping of fields."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from uuid import UUID, uuid5

from app.domain.catalog.html import sanitised
from app.domain.push.product import Mapped, Values, WantedProduct, WantedVariant
from app.domain.push.profile import Field

DEFAULT_OPTION: Final = ("Title", "Default Title")
"""What Shopify itself calls the option of a product that has no choice."""
GROUP_OPTION: Final = "Variant"
"""Of a group that names no option."""


@dataclass(frozen=True, slots=True)
class Item:
    """One part that a tenant sells, with what a push may write of it and its place in a group.

    `source`: catalog or own. The fields are the columns of the same names; `group_code` is None outside a group.
    """

    item_id: int
    source: str
    part_number: str
    name: str
    description: str | None
    brand: str | None
    category: str | None
    ean: str | None
    weight_kg: Decimal | None
    hs_code: str | None
    country_of_origin: str | None
    image_url: str | None
    seo_title: str | None
    seo_description: str | None
    tags: Sequence[str] | None
    price: Decimal | None
    compare_at_price: Decimal | None
    cost_price: Decimal | None
    stock: int
    group_code: str | None
    group_name: str | None
    option_name: str | None
    option_value: str | None
    position: int | None
    mapping: Mapped


def product_key(tenant_id: UUID, item: Item) -> UUID:
    """The custom id of the product that an item goes into: the same for all members of a group, for ever."""
    name = ("part", item.part_number) if item.group_code is None else ("group", item.group_code)
    return uuid5(tenant_id, ":".join((item.source, *name)))


def assembled(tenant_id: UUID, items: Iterable[Item], gone: Iterable[Mapped] = ()) -> list[WantedProduct]:
    """The products of these items, each with all its members; `gone` are mappings of those that left one."""
    by_key: dict[UUID, list[Item]] = {}
    for item in items:
        by_key.setdefault(product_key(tenant_id, item), []).append(item)
    left: dict[UUID | None, list[Mapped]] = {}
    for mapped in gone:
        left.setdefault(mapped.product_key, []).append(mapped)
    return [_product(key, members, left.get(key, ())) for key, members in by_key.items()]


def _product(key: UUID, members: list[Item], gone: Sequence[Mapped]) -> WantedProduct:
    """The content is the first member's; a group's own name goes before its."""
    members.sort(key=lambda one: (one.position or 0, one.part_number))
    master = members[0]
    grouped = master.group_code is not None
    options = _options(members) if grouped else [DEFAULT_OPTION[1]]
    return WantedProduct(
        key=key,
        option_name=(master.option_name or GROUP_OPTION) if grouped else DEFAULT_OPTION[0],
        values=_content(master, (master.group_name if grouped else None) or master.name),
        variants=tuple(
            WantedVariant(
                one.item_id, one.part_number, option, _of_variant(one), one.mapping, _alone(one, key)
            )
            for one, option in zip(members, options, strict=True)
        ),
        gone=tuple(gone),
        grouped=grouped,
    )


def _options(members: list[Item]) -> list[str]:
    """Each member's value of the option; who would share another's is told apart by its part number."""
    taken: set[str] = set()
    values = []
    for one in members:
        value = one.option_value or one.part_number
        if value.lower() in taken:
            value = f"{value} ({one.part_number})"
        taken.add(value.lower())
        values.append(value)
    return values


def _alone(item: Item, key: UUID) -> Values:
    """Only where it was, or was on its way, into another product: that one may say what the item says."""
    elsewhere = {item.mapping.product_key, item.mapping.sending_key} - {None, key}
    return _content(item, item.name) if elsewhere else {}


def _content(master: Item, title: str) -> Values:
    return _present(
        {
            Field.TITLE: title,
            Field.DESCRIPTION_HTML: None if master.description is None else sanitised(master.description),
            Field.VENDOR: master.brand,
            Field.PRODUCT_TYPE: master.category,
            Field.TAGS: None if master.tags is None else tuple(sorted(set(master.tags), key=str.lower)),
            Field.SEO_TITLE: master.seo_title,
            Field.SEO_DESCRIPTION: master.seo_description,
        }
    )


def _of_variant(item: Item) -> Values:
    values = _present(
        {
            Field.PRICE: _money(item.price),
            Field.COMPARE_AT_PRICE: _money(item.compare_at_price),
            Field.COST_PRICE: _money(item.cost_price),
            Field.WEIGHT: item.weight_kg,
            Field.EAN: item.ean,
            Field.HS_CODE: item.hs_code,
            Field.COUNTRY_OF_ORIGIN: item.country_of_origin,
            Field.STOCK: item.stock,
            Field.IMAGE: item.image_url,
        }
    )
    if Field.PRICE in values:  # a price without one to compare it with says that the sale is over
        values.setdefault(Field.COMPARE_AT_PRICE, None)
    return values


def _present(values: dict[Field, Any]) -> dict[Field, Any]:
    """What Stockline has nothing to say about is not said."""
    return {field: value for field, value in values.items() if value is not None}


def _money(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:.2f}"
