"""Products: one, many, by handle, by custom id, and what they show."""

# ruff: noqa: D103 - a resolver says in its decorator which field it is

import html
import re
from decimal import Decimal
from typing import Any

from app.local.shopify_sim.clock import iso
from app.local.shopify_sim.gids import number
from app.local.shopify_sim.paging import Page
from app.local.shopify_sim.reading.metafields import by_custom_id
from app.local.shopify_sim.resolving import Arguments, Call, resolves
from app.local.shopify_sim.search import Exactly, Readers, search
from app.local.shopify_sim.state import DEFAULT_VALUE, Collection, Option, Product, Value

_TAGS = re.compile(r"<[^>]*>")

_READERS: Readers = {
    "": lambda one: [one.title, one.vendor, one.product_type, *(each.sku for each in one.variants)],
    "barcode": lambda one: [Exactly(each.barcode) for each in one.variants if each.barcode],
    "created_at": lambda one: one.created_at,
    "handle": lambda one: Exactly(one.handle),
    "id": lambda one: one.id,
    "product_type": lambda one: Exactly(one.product_type),
    "sku": lambda one: [each.sku for each in one.variants],
    "status": lambda one: Exactly(one.status),
    "tag": lambda one: [Exactly(each) for each in one.tags],
    "title": lambda one: one.title,
    "updated_at": lambda one: one.updated_at,
    "vendor": lambda one: Exactly(one.vendor),
}

_SORTED_BY = {
    "CREATED_AT": lambda one: one.created_at,
    "ID": lambda _: 0,
    "PRODUCT_TYPE": lambda one: one.product_type.lower(),
    "RELEVANCE": lambda _: 0,
    "TITLE": lambda one: one.title.lower(),
    "UPDATED_AT": lambda one: one.updated_at,
    "VENDOR": lambda one: one.vendor.lower(),
}


@resolves("QueryRoot.product")
def product(_: Any, call: Call, arguments: Arguments) -> Product | None:
    return call.store.shop.products.get(number(arguments["id"], "Product") or 0)


@resolves("QueryRoot.productByHandle")
def product_by_handle(_: Any, call: Call, arguments: Arguments) -> Product | None:
    return call.store.by_handle(arguments["handle"])


@resolves("QueryRoot.productByIdentifier")
def product_by_identifier(_: Any, call: Call, arguments: Arguments) -> Product | None:
    identifier: Arguments = arguments["identifier"]
    if "customId" in identifier:
        return by_custom_id(call, identifier["customId"])
    if "handle" in identifier:
        return call.store.by_handle(identifier["handle"])
    return call.store.shop.products.get(number(identifier["id"], "Product") or 0)


@resolves("QueryRoot.products")
def products(_: Any, call: Call, arguments: Arguments) -> Page:
    matches = search(arguments.get("query"), _READERS)
    found = [one for one in call.store.shop.products.values() if matches(one)]
    return Page(found, arguments, _SORTED_BY[arguments["sortKey"]])


@resolves("QueryRoot.productsCount")
def products_count(_: Any, call: Call, arguments: Arguments) -> dict[str, Any]:
    matches = search(arguments.get("query"), _READERS)
    return counted(sum(1 for one in call.store.shop.products.values() if matches(one)))


@resolves("QueryRoot.productOperation")
def product_operation(_: Any, call: Call, arguments: Arguments) -> Any:
    return call.store.shop.operations.get(number(arguments["id"], "ProductSetOperation") or 0)


@resolves("ProductSetOperation.status")
def operation_status(source: Any, call: Call, _: Arguments) -> str:
    return str(source.status(call.now))


@resolves("ProductSetOperation.product")
def operation_product(source: Any, call: Call, _: Arguments) -> Product | None:
    return call.store.shop.products.get(source.product or 0)


@resolves("Product.description")
def description(source: Product, _: Call, arguments: Arguments) -> str:
    text = html.unescape(_TAGS.sub(" ", source.description_html))
    text = " ".join(text.split())
    limit = arguments.get("truncateAt")
    return text if limit is None else text[:limit]


@resolves("Product.seo")
def seo(source: Product, _: Call, __: Arguments) -> dict[str, Any]:
    return {"title": source.seo_title, "description": source.seo_description}


@resolves("Product.options")
def options(source: Product, _: Call, arguments: Arguments) -> list[dict[str, Any]]:
    shown = source.options[: arguments.get("first")]
    return [option_of(source, one) for one in shown]


def option_of(product: Product, option: Option) -> dict[str, Any]:
    """With the values that variants have first, as Shopify's `values` lists only those."""
    used = {variant.chosen[option.id] for variant in product.variants}
    return {
        "id": option.gid,
        "name": option.name,
        "position": product.options.index(option) + 1,
        "linkedMetafield": None,
        "values": [one.name for one in option.values if one.id in used],
        "optionValues": [value_of(one, one.id in used) for one in option.values],
    }


def value_of(value: Value, used: bool) -> dict[str, Any]:
    """An option's value."""
    return {
        "id": value.gid,
        "name": value.name,
        "hasVariants": used,
        "linkedMetafieldValue": None,
        "swatch": None,
    }


@resolves("Product.hasOnlyDefaultVariant")
def has_only_default_variant(source: Product, _: Call, __: Arguments) -> bool:
    return len(source.variants) == 1 and source.options[0].values[0].name == DEFAULT_VALUE


@resolves("Product.hasOutOfStockVariants")
def has_out_of_stock_variants(source: Product, _: Call, __: Arguments) -> bool:
    return any(one.item.tracked and available(one.item) <= 0 for one in source.variants)


@resolves("Product.totalInventory")
def total_inventory(source: Product, _: Call, __: Arguments) -> int:
    return sum(available(one.item) for one in source.variants if one.item.tracked)


@resolves("Product.tracksInventory")
def tracks_inventory(source: Product, _: Call, __: Arguments) -> bool:
    return any(one.item.tracked for one in source.variants)


@resolves("Product.variantsCount")
def variants_count(source: Product, _: Call, __: Arguments) -> dict[str, Any]:
    return counted(len(source.variants))


@resolves("Product.priceRangeV2")
def price_range(source: Product, call: Call, _: Arguments) -> dict[str, Any]:
    prices = sorted(Decimal(one.price) for one in source.variants)
    return {"minVariantPrice": amount(prices[0], call), "maxVariantPrice": amount(prices[-1], call)}


@resolves("Product.publishedAt")
def published_at(source: Product, _: Call, __: Arguments) -> str | None:
    return iso(min(source.published.values())) if source.published else None


@resolves("Product.isGiftCard", "Product.requiresSellingPlan", "Product.hasVariantsThatRequiresComponents")
def never(_: Any, __: Call, ___: Arguments) -> bool:
    return False


@resolves(
    "Product.category",
    "Product.onlineStoreUrl",
    "Product.combinedListingRole",
    "Product.giftCardTemplateSuffix",
)
def nothing(_: Any, __: Call, ___: Arguments) -> None:
    return None


@resolves("Product.publishedOnPublication", "ProductVariant.publishedOnPublication")
def published_on(source: Any, call: Call, arguments: Arguments) -> bool:
    found = source if isinstance(source, Product) else call.store.shop.products[source.product]
    return number(arguments["publicationId"], "Publication") in found.published


@resolves("Product.resourcePublicationsV2")
def resource_publications(source: Product, call: Call, arguments: Arguments) -> Page:
    shown = [one for one in call.store.shop.publications.values() if one.id in source.published]
    return Page([Published(one, source) for one in shown], arguments, lambda _: 0)


@resolves("Product.collections")
def collections(source: Product, call: Call, arguments: Arguments) -> Page:
    return Page([call.store.shop.collections[one] for one in source.collections], arguments, lambda _: 0)


@resolves("Collection.ruleSet")
def rule_set(source: Collection, _: Call, __: Arguments) -> dict[str, Any] | None:
    return {"appliedDisjunctively": False, "rules": []} if source.by_rules else None


class Published:
    """That a product is in a publication."""

    is_published = True

    def __init__(self, publication: Any, product: Product) -> None:
        self.id, self.publication, self.publishable = publication.id, publication, product
        self.publish_date = iso(product.published[publication.id])


def available(item: Any) -> int:
    """Over all places where it is stocked."""
    return sum(level.available for level in item.levels.values() if level.is_active)


def amount(value: Any, call: Call) -> dict[str, Any]:
    """Money in the shop's currency."""
    return {"amount": str(value), "currencyCode": call.store.shop.currency}


def counted(count: int) -> dict[str, Any]:
    """An exact count."""
    return {"count": count, "precision": "EXACT"}
