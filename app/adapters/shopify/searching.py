"""Shopify's search syntax for SKUs. https://shopify.dev/docs/api/usage/search-syntax"""

from collections.abc import Sequence


def sku_query(skus: Sequence[str]) -> str:
    """Any of these: quoted, so that nothing in them is syntax."""
    return " OR ".join(f'sku:"{_escaped(one)}"' for one in skus)


def _escaped(sku: str) -> str:
    return sku.replace("\\", "\\\\").replace('"', '\\"')
