"""The bodies of webhooks, as Shopify's REST resources look: snake_case, numbers for ids.

Fields: https://shopify.dev/docs/api/webhooks?reference=toml; only those that a stock integration reads are filled.
"""

from collections.abc import Callable, Mapping
from typing import Any

from app.local.shopify_sim.clock import iso_offset
from app.local.shopify_sim.state import Item, Level, Line, Order, Product, Shop, Variant


def inventory_level(level: Level) -> dict[str, Any]:
    """inventory_levels/update and connect: `available` is null while an item is not tracked or not stocked there."""
    return {
        "inventory_item_id": level.item,
        "location_id": level.location,
        "available": level.available if level.is_active else None,
        "updated_at": iso_offset(level.updated_at),
        "admin_graphql_api_id": level.gid,
    }


def product(one: Product) -> dict[str, Any]:
    """products/create and products/update."""
    return {
        "admin_graphql_api_id": one.gid,
        "body_html": one.description_html,
        "created_at": iso_offset(one.created_at),
        "handle": one.handle,
        "id": one.id,
        "product_type": one.product_type,
        "status": one.status.lower(),
        "tags": ", ".join(one.tags),
        "title": one.title,
        "updated_at": iso_offset(one.updated_at),
        "variants": [_variant(each) for each in one.variants],
        "vendor": one.vendor,
    }


def _variant(one: Variant) -> dict[str, Any]:
    return {
        "admin_graphql_api_id": one.gid,
        "barcode": one.barcode,
        "compare_at_price": one.compare_at_price,
        "id": one.id,
        "inventory_item_id": one.item.id,
        "inventory_quantity": sum(level.available for level in one.item.levels.values() if level.is_active),
        "price": one.price,
        "product_id": one.product,
        "sku": one.sku,
    }


def item(one: Item) -> dict[str, Any]:
    """inventory_items/update."""
    return {
        "admin_graphql_api_id": one.gid,
        "cost": one.cost,
        "country_code_of_origin": one.country_code_of_origin,
        "harmonized_system_code": one.harmonized_system_code,
        "id": one.id,
        "tracked": one.tracked,
        "updated_at": iso_offset(one.updated_at),
    }


def order(one: Order) -> dict[str, Any]:
    """orders/create, orders/fulfilled, orders/cancelled. An online order names no location."""
    return {
        "admin_graphql_api_id": one.gid,
        "cancelled_at": iso_offset(one.cancelled_at) if one.cancelled_at else None,
        "created_at": iso_offset(one.created_at),
        "financial_status": "voided" if one.cancelled_at else "paid",
        "fulfillment_status": "fulfilled" if one.fulfilled_at else None,
        "id": one.id,
        "line_items": [_line(line) for line in one.lines],
        "location_id": None,
        "name": one.name,
        "updated_at": iso_offset(one.cancelled_at or one.fulfilled_at or one.created_at),
    }


def _line(one: Line) -> dict[str, Any]:
    return {
        "admin_graphql_api_id": f"gid://shopify/LineItem/{one.id}",
        "fulfillable_quantity": one.quantity,
        "id": one.id,
        "price": one.price,
        "product_id": one.product,
        "quantity": one.quantity,
        "sku": one.sku,
        "title": one.title,
        "variant_id": one.variant,
    }


def shop(one: Shop) -> dict[str, Any]:
    """app/uninstalled."""
    return {
        "domain": one.domain,
        "id": one.id,
        "myshopify_domain": one.domain,
        "name": one.name,
        "plan_name": one.plan,
    }


PAYLOADS: Mapping[str, Callable[[Any], dict[str, Any]]] = {
    "app/uninstalled": shop,
    "inventory_items/update": item,
    "inventory_levels/connect": inventory_level,
    "inventory_levels/update": inventory_level,
    "orders/cancelled": order,
    "orders/create": order,
    "orders/fulfilled": order,
    "products/create": product,
    "products/update": product,
}
