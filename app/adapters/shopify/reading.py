"""What is read: Shopify's products as the push's, with values of the same types as those that are wanted."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from app.domain.push.product import ShopProduct, ShopVariant, Values
from app.domain.push.profile import Field

Node = Mapping[str, Any]

_KILOGRAMS: Final = {
    "KILOGRAMS": Decimal(1),
    "GRAMS": Decimal("0.001"),
    "POUNDS": Decimal("0.45359237"),
    "OUNCES": Decimal("0.028349523125"),
}
_NO_MEDIA: Final[Node] = {"nodes": ()}
_CENT: Final = Decimal("0.01")


def product_of(
    node: Node, variants: Sequence[Node] | None = None, media: Sequence[Node] | None = None
) -> ShopProduct:
    """A product; with all its variants and media where they took more than a page."""
    variants = node["variants"]["nodes"] if variants is None else variants
    media = node["media"]["nodes"] if media is None else media
    return ShopProduct(
        id=node["id"],
        values=_values_of_product(node),
        options=tuple((one["name"], tuple(one["values"])) for one in node["options"]),
        variants=tuple(variant_of(one, node["id"]) for one in variants),
        image_ids=tuple(one["id"] for one in media),
        key=_key(node["metafield"]),
    )


def operational_of(node: Node, variants: Sequence[Node]) -> ShopProduct:
    """A product of which only what is operational was read."""
    found = tuple(variant_of(one, node["id"]) for one in variants)
    return ShopProduct(id=node["id"], values={}, options=(), variants=found)


def _values_of_product(node: Node) -> Values:
    seo = node["seo"] or {}
    return _present(
        {
            Field.TITLE: node["title"],
            Field.DESCRIPTION_HTML: node["descriptionHtml"],
            Field.VENDOR: node["vendor"],
            Field.PRODUCT_TYPE: node["productType"],
            Field.TAGS: tuple(sorted(node["tags"])),
            Field.STATUS: node["status"],
            Field.SEO_TITLE: seo.get("title"),
            Field.SEO_DESCRIPTION: seo.get("description"),
        }
    )


def _key(metafield: Node | None) -> UUID | None:
    try:
        return UUID(metafield["value"]) if metafield else None
    except ValueError:
        return None


def variant_of(node: Node, product_id: str) -> ShopVariant:
    """A variant."""
    item, media = node["inventoryItem"], node.get("media", _NO_MEDIA)["nodes"]
    available = available_of(item["inventoryLevel"])
    return ShopVariant(
        id=node["id"],
        product_id=product_id,
        sku=node["sku"] or "",
        inventory_item_id=item["id"],
        options=tuple((one["name"], one["value"]) for one in node["selectedOptions"]),
        values=_values_of_variant(node, item, available),
        tracked=bool(item["tracked"]),
        available=available,
        image_id=media[0]["id"] if media else None,
    )


def _values_of_variant(node: Node, item: Node, available: int | None) -> Values:
    cost = item["unitCost"]
    return _present(
        {
            Field.PRICE: _money(node["price"]),
            Field.COMPARE_AT_PRICE: _money(node["compareAtPrice"]),
            Field.COST_PRICE: _money(cost["amount"]) if cost else None,
            Field.WEIGHT: _weight(item["measurement"]["weight"]),
            Field.EAN: node["barcode"],
            Field.HS_CODE: item["harmonizedSystemCode"],
            Field.COUNTRY_OF_ORIGIN: item["countryCodeOfOrigin"],
            Field.STOCK: available,
        }
    )


def available_of(level: Node | None) -> int | None:
    """What an inventory level says; None where there is none."""
    quantities = level["quantities"] if level else []
    return int(quantities[0]["quantity"]) if quantities else None


def _present(values: Mapping[Field, Any]) -> Values:
    return {field: value for field, value in values.items() if value is not None and value not in ("", ())}


def _money(amount: Any) -> str | None:
    """With two decimals at least, as the items' prices have; Shopify writes 5.0 in some places."""
    if amount is None:
        return None
    exact = Decimal(str(amount))
    rounded = exact.quantize(_CENT)
    return str(rounded) if rounded == exact else format(exact, "f")


def _weight(weight: Node | None) -> Decimal | None:
    if weight is None:
        return None
    return (Decimal(str(weight["value"])) * _KILOGRAMS[weight["unit"]]).normalize() + 0
