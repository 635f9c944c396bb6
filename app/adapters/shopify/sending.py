"""What is sent: the push's inputs as Shopify's."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from app.domain.push.product import ProductInput, VariantInput
from app.domain.push.profile import Field

Sent = dict[str, Any]

_GID: Final = "gid://"
_OF_PRODUCT: Final = {
    Field.TITLE: "title",
    Field.DESCRIPTION_HTML: "descriptionHtml",
    Field.VENDOR: "vendor",
    Field.PRODUCT_TYPE: "productType",
    Field.STATUS: "status",
}
_OF_SEO: Final = {Field.SEO_TITLE: "title", Field.SEO_DESCRIPTION: "description"}
_OF_VARIANT: Final = {Field.EAN: "barcode"}
_MONEY: Final = {Field.PRICE: "price", Field.COMPARE_AT_PRICE: "compareAtPrice"}
_OF_ITEM: Final = {
    Field.HS_CODE: "harmonizedSystemCode",
    Field.COUNTRY_OF_ORIGIN: "countryCodeOfOrigin",
}


def product_set_input(product: ProductInput, location: str) -> Sent:
    """A ProductSetInput with what is given and nothing else: what is left out is left alone."""
    sent = _named(product.values, _OF_PRODUCT)
    if Field.TAGS in product.values:
        sent["tags"] = list(product.values[Field.TAGS] or ())
    if seo := _named(product.values, _OF_SEO):
        sent["seo"] = seo
    if product.images is not None:
        sent["files"] = [_file(one) for one in product.images]
    if product.variants is not None:
        sent["productOptions"] = [
            {"name": name, "values": [{"name": value} for value in values]}
            for name, values in product.options or _options(product.variants)
        ]
        sent["variants"] = [_variant(one, location) for one in product.variants]
    return sent


def _options(variants: Sequence[VariantInput]) -> list[tuple[str, tuple[str, ...]]]:
    """Those that the variants use."""
    used: dict[str, dict[str, None]] = {}
    for one in variants:
        for name, value in one.options:
            used.setdefault(name, {})[value] = None
    return [(name, tuple(values)) for name, values in used.items()]


def _named(values: Mapping[Field, Any], names: Mapping[Field, str]) -> Sent:
    return {name: values[field] for field, name in names.items() if field in values}


def _file(image: str) -> Sent:
    """One of the shop's by its id, never by its source: that would make a copy."""
    return {"id": image} if image.startswith(_GID) else {"originalSource": image, "contentType": "IMAGE"}


def _variant(variant: VariantInput, location: str) -> Sent:
    sent = _common(variant)
    if variant.sku is not None:
        sent["sku"] = variant.sku
    sent["optionValues"] = [{"optionName": name, "name": value} for name, value in variant.options]
    if variant.image is not None:
        sent["file"] = _file(variant.image)
    if variant.quantity is not None:
        sent["inventoryQuantities"] = [
            {"locationId": location, "name": "available", "quantity": variant.quantity}
        ]
    return sent


def bulk_variant(variant: VariantInput) -> Sent:
    """A ProductVariantsBulkInput: fields of a variant that stays what it is. A picture only by its id."""
    sent = _common(variant)
    if variant.sku is not None:
        sent.setdefault("inventoryItem", {})["sku"] = variant.sku
    if variant.image is not None:
        sent["mediaId"] = variant.image
    return sent


def _common(variant: VariantInput) -> Sent:
    values = variant.values
    sent: Sent = {} if variant.id is None else {"id": variant.id}
    sent |= _named(values, _OF_VARIANT)
    sent |= {name: _money(values[field]) for field, name in _MONEY.items() if field in values}
    if item := _item(variant):
        sent["inventoryItem"] = item
    return sent


def _item(variant: VariantInput) -> Sent:
    values = variant.values
    sent = _named(values, _OF_ITEM)
    if variant.tracked is not None:
        sent["tracked"] = variant.tracked
    if Field.COST_PRICE in values:
        sent["cost"] = _money(values[Field.COST_PRICE])
    if (weight := values.get(Field.WEIGHT)) is not None:
        sent["measurement"] = {"weight": {"value": float(weight), "unit": "KILOGRAMS"}}
    return sent


def _money(amount: Any) -> str | None:
    """An exact decimal as text: a float would round."""
    return None if amount is None else format(Decimal(str(amount)), "f")


def points(product: ProductInput) -> int:
    """What the input adds to a productSet's cost: 0.2 per variant, 0.6 per variant's file, 1.9 per product's file."""
    variants = product.variants or ()
    files = sum(1 for one in variants if one.image is not None)
    tenths = 2 * len(variants) + 6 * files + 19 * len(product.images or ())
    return -(-tenths // 10)
