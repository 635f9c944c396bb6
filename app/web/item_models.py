"""What `/api/app/items*` takes and answers."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from app.domain.catalog.items import Item, ItemFilter, Line, Order, Sort, Source
from app.domain.imports.values import unstorable
from app.domain.tenancy.tenant import Tenant
from app.web.paging import Page, decode_item


def _storable(value: str | None) -> str | None:
    if value is not None and unstorable(value):
        raise ValueError("has a NUL or a character that is not UTF-8")
    return value


Words = Annotated[str | None, AfterValidator(_storable), Field(max_length=128)]


class _Camel(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class ItemsQuery(Page):
    """Which items of one catalog, and in what order."""

    q: Annotated[
        Words, Field(description="Words that are all in the part number, the name or the brand, in any case")
    ] = None
    level: Annotated[Literal["in-stock", "low", "out"] | None, Field(description="Only these")] = None
    brand: Annotated[Words, Field(description="In any case")] = None
    category: Annotated[Words, Field(description="In any case")] = None
    group: Annotated[Words, Field(description="A variant group's code")] = None
    priced: Annotated[bool | None, Field(description="Only with a price, or only without")] = None
    in_shop: Annotated[
        bool | None, Field(alias="inShop", description="Only what was pushed into the shop, or only the rest")
    ] = None
    sort: Annotated[Sort, Field(description="Equals go by part number")] = Sort.PART_NUMBER
    direction: Literal["asc", "desc"] = "asc"

    def filter(self, source: Source) -> ItemFilter:
        """Of one catalog."""
        return ItemFilter(
            source, self.q, self.level, self.brand, self.category, self.group, self.priced, self.in_shop
        )

    def order(self, *, backwards: bool = False) -> Order:
        """From the cursor on, or up to it."""
        place = decode_item(self.cursor, self.sort) if self.cursor else None
        return Order(self.sort, self.direction == "desc", place, backwards)


class SourcedItemsQuery(ItemsQuery):
    """The same of either catalog."""

    source: Annotated[Source, Field(description="The activated central parts, or the tenant's own SKUs")] = (
        Source.CATALOG
    )


class GroupView(_Camel):
    """The variant group of an item."""

    code: str
    name: str | None
    option_name: str | None
    option_value: str | None


class ItemView(_Camel):
    """An item as lists show it."""

    source: Source
    part_number: str
    name: str
    brand: str | None
    category: str | None
    stock: int
    level: Literal["in-stock", "low", "out"]
    price: Annotated[Decimal | None, Field(description="In the tenant's currency")]
    compare_at_price: Decimal | None
    cost_price: Decimal | None
    updated_at: Annotated[
        datetime | None, Field(description="When stock or price was last said; null: never")
    ]
    group: GroupView | None
    in_shop: bool
    pushed_at: datetime | None


class ItemList(_Camel):
    """A page of them."""

    data: list[ItemView]
    next_cursor: str | None


class MemberView(_Camel):
    """One of the item's variant group."""

    part_number: str
    name: str
    option_value: str | None
    position: int
    stock: int


class ShopView(_Camel):
    """What the item became in the shop, as the last push noted it."""

    product_id: str | None
    variant_id: str | None
    inventory_item_id: str | None
    last_push_hash: Annotated[str | None, Field(description="What the echo guard compares with")]
    last_pushed_at: datetime | None


class ItemSupplierView(_Camel):
    """What one supplier has of the part."""

    supplier_id: UUID
    supplier_code: str
    sku: str
    available: int
    level: str
    as_of: datetime | None


class ItemDetail(ItemView):
    """An item in full."""

    content: Annotated[dict[str, Any], Field(description="What it says of itself, by the imports' names")]
    stock_as_of: datetime | None
    price_as_of: datetime | None
    aliases: list[str]
    members: list[MemberView]
    shop: ShopView | None
    suppliers: list[ItemSupplierView]


Amount = Annotated[Decimal | str | None, Field(description="A decimal with 2 places at most; null clears")]


class ItemChange(BaseModel, extra="forbid"):
    """What is left out stays."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)
    stock: Annotated[int | None, Field(ge=0, le=2_147_483_647, description="null: 0")] = None
    price: Amount = None
    compare_at_price: Amount = None
    cost_price: Amount = None

    def given(self) -> dict[str, Any]:
        """What was sent, by the imports' names."""
        return self.model_dump(by_alias=True, exclude_unset=True)


CHANGE_EXAMPLE: Final = {"stock": 12, "price": "129.90"}


def shown_line(line: Line, tenant: Tenant) -> dict[str, Any]:
    """By the API's names."""
    group = None
    if line.group_code is not None:
        group = {
            "code": line.group_code,
            "name": line.group_name,
            "optionName": line.option_name,
            "optionValue": line.option_value,
        }
    return {
        "source": line.source.value,
        "partNumber": line.part_number,
        "name": line.name,
        "brand": line.brand,
        "category": line.category,
        "stock": line.stock,
        "level": tenant.stock_level(line.stock),
        "price": line.price,
        "compareAtPrice": line.compare_at_price,
        "costPrice": line.cost_price,
        "updatedAt": line.updated_at,
        "group": group,
        "inShop": line.in_shop,
        "pushedAt": line.pushed_at,
    }


def shown_item(item: Item, tenant: Tenant, suppliers: list[dict[str, Any]]) -> dict[str, Any]:
    """By the API's names."""
    return {
        **shown_line(item.line, tenant),
        "content": dict(item.content),
        "stockAsOf": item.stock_as_of,
        "priceAsOf": item.price_as_of,
        "aliases": list(item.aliases),
        "members": [MemberView.model_validate(one, from_attributes=True) for one in item.members],
        "shop": None if item.shop is None else dict(item.shop),
        "suppliers": suppliers,
    }
