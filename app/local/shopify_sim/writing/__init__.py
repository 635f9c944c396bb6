"""What is written: importing it registers the mutations."""

from app.local.shopify_sim.writing import (
    files,
    metafields,
    product_set,
    products,
    publishing,
    stock,
    subscriptions,
    variants,
)

__all__ = [
    "files",
    "metafields",
    "product_set",
    "products",
    "publishing",
    "stock",
    "subscriptions",
    "variants",
]
