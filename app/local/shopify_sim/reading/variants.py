"""Variants: one, many, and what they show."""

# ruff: noqa: D103 - a resolver says in its decorator which field it is

from typing import Any

from app.local.shopify_sim.gids import number
from app.local.shopify_sim.paging import Page
from app.local.shopify_sim.reading.products import available, counted, value_of
from app.local.shopify_sim.resolving import Arguments, Call, resolves
from app.local.shopify_sim.search import Exactly, Readers, search
from app.local.shopify_sim.state import Product, Variant

_READERS: Readers = {
    "": lambda one: [one.sku, one.barcode],
    "barcode": lambda one: Exactly(one.barcode) if one.barcode else None,
    "id": lambda one: one.id,
    "product_id": lambda one: one.product,
    "sku": lambda one: one.sku,
    "updated_at": lambda one: one.updated_at,
}

_SORTED_BY = {
    "ID": lambda _: 0,
    "RELEVANCE": lambda _: 0,
    "SKU": lambda one: one.sku.lower(),
}


@resolves("QueryRoot.productVariant")
def product_variant(_: Any, call: Call, arguments: Arguments) -> Variant | None:
    found = call.store.variant(number(arguments["id"], "ProductVariant"))
    return found[1] if found else None


@resolves("QueryRoot.productVariants")
def product_variants(_: Any, call: Call, arguments: Arguments) -> Page:
    matches = search(arguments.get("query"), _READERS)
    found = [one for _, one in call.store.variants() if matches(one)]
    return Page(found, arguments, _SORTED_BY[arguments["sortKey"]])


@resolves("QueryRoot.productVariantsCount")
def product_variants_count(_: Any, call: Call, arguments: Arguments) -> dict[str, Any]:
    matches = search(arguments.get("query"), _READERS)
    return counted(sum(1 for _, one in call.store.variants() if matches(one)))


@resolves("Product.variants")
def variants(source: Product, _: Call, arguments: Arguments) -> Page:
    positions = {one.id: place for place, one in enumerate(source.variants)}
    by_position = arguments["sortKey"] == "POSITION"
    return Page(source.variants, arguments, lambda one: positions[one.id] if by_position else 0)


@resolves("ProductVariant.product")
def product(source: Variant, call: Call, _: Arguments) -> Product:
    return call.store.shop.products[source.product]


@resolves("ProductVariant.position")
def position(source: Variant, call: Call, _: Arguments) -> int:
    return call.store.shop.products[source.product].variants.index(source) + 1


@resolves("ProductVariant.title")
def title(source: Variant, call: Call, _: Arguments) -> str:
    return " / ".join(one["value"] for one in selected_options(source, call, {}))


@resolves("ProductVariant.displayName")
def display_name(source: Variant, call: Call, _: Arguments) -> str:
    return f"{call.store.shop.products[source.product].title} - {title(source, call, {})}"


@resolves("ProductVariant.selectedOptions")
def selected_options(source: Variant, call: Call, _: Arguments) -> list[dict[str, Any]]:
    owner = call.store.shop.products[source.product]
    values = {value.id: value for option in owner.options for value in option.values}
    return [
        {
            "name": option.name,
            "value": values[source.chosen[option.id]].name,
            "optionValue": value_of(values[source.chosen[option.id]], used=True),
        }
        for option in owner.options
    ]


@resolves("ProductVariant.inventoryItem")
def inventory_item(source: Variant, _: Call, __: Arguments) -> Any:
    return source.item


@resolves("ProductVariant.inventoryQuantity", "ProductVariant.sellableOnlineQuantity")
def inventory_quantity(source: Variant, _: Call, __: Arguments) -> int:
    return available(source.item)


@resolves("ProductVariant.availableForSale")
def available_for_sale(source: Variant, _: Call, __: Arguments) -> bool:
    return not source.item.tracked or source.inventory_policy == "CONTINUE" or available(source.item) > 0


@resolves("ProductVariant.showUnitPrice", "ProductVariant.requiresComponents")
def never(_: Any, __: Call, ___: Arguments) -> bool:
    return False
