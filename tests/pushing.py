"""Parts, products and shops for the tests of pushes: what is said, and defaults for all that is not."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from app.domain.push.assemble import Item, assembled
from app.domain.push.ports import PushRules
from app.domain.push.product import Mapped, ShopProduct, ShopVariant, WantedProduct
from app.domain.push.profile import DEFAULT, Field, Profile

TENANT = UUID(int=7)
RULES = PushRules(DEFAULT, "ACTIVE")
EVERYTHING = PushRules(Profile(overwrite=frozenset(Field)), "ACTIVE")


def item(number: int = 1, **given: Any) -> Item:
    """A part that is sold, with every field that a push can write."""
    values: dict[str, Any] = {
        "item_id": number,
        "source": "catalog",
        "part_number": f"P-{number}",
        "name": f"Part {number}",
        "description": "<p>Good</p>",
        "brand": "KTM",
        "category": "Levers",
        "ean": "4006381333931",
        "weight_kg": Decimal("0.25"),
        "hs_code": "871410",
        "country_of_origin": "AT",
        "image_url": f"https://cdn.example/{number}.jpg",
        "seo_title": None,
        "seo_description": None,
        "tags": ("new", "steel"),
        "price": Decimal("12.50"),
        "compare_at_price": None,
        "cost_price": Decimal(7),
        "stock": 3,
        "group_code": None,
        "group_name": None,
        "option_name": None,
        "option_value": None,
        "position": None,
        "mapping": Mapped(number),
    }
    return Item(**values | given)


def member(number: int, position: int, value: str | None, **given: Any) -> Item:
    """A part in a group of colours."""
    group = {"group_code": "G", "group_name": "Lever", "option_name": "Color"}
    return item(number, **group | {"option_value": value, "position": position} | given)


def wanted(*items: Item, gone: tuple[Mapped, ...] = ()) -> WantedProduct:
    """The one product that these items go into."""
    (product,) = assembled(TENANT, items or (item(),), gone)
    return product


def in_the_shop(product: WantedProduct, **given: Any) -> ShopProduct:
    """The product as the shop has it when everything was pushed."""
    variants = tuple(
        ShopVariant(
            id=f"variant/{one.item_id}",
            product_id="product/1",
            sku=one.sku,
            inventory_item_id=f"stock/{one.item_id}",
            options=((product.option_name, one.option),),
            values={
                field: value
                for field, value in one.values.items()
                if field not in (Field.STOCK, Field.IMAGE) and value is not None
            },
            tracked=True,
            available=one.values[Field.STOCK],
            image_id=f"image/{one.item_id}",
        )
        for one in product.variants
    )
    values = {**product.values, Field.STATUS: "ACTIVE"}
    options = ((product.option_name, tuple(one.option for one in product.variants)),)
    images = tuple(f"image/{one.item_id}" for one in product.variants)
    return ShopProduct(
        **{
            "id": "product/1",
            "values": values,
            "options": options,
            "variants": variants,
            "image_ids": images,
            "key": product.key,
        }
        | given
    )


def mapped(number: int, product: WantedProduct | None = None, **given: Any) -> Mapped:
    """An item that was pushed before."""
    key = product.key if product else wanted(item(number)).key
    values = {
        "product_key": key,
        "product_id": "product/1",
        "variant_id": f"variant/{number}",
        "inventory_item_id": f"stock/{number}",
        "image_id": f"image/{number}",
        "image_url": f"https://cdn.example/{number}.jpg",
    }
    return Mapped(number, **values | given)
