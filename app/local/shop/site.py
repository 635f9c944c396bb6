"""What the demo's shops consist of: whose they are, what they show, and in which words."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from app.local.demo.products import Product, products
from app.local.demo.tenants import MAKERS, SHOPS, remembered, slug
from app.local.record import FILE as RECORD

LANGUAGES = ("en", "sv", "fi", "de")
_WORDS = Path(__file__).parent / "words.json"


@dataclass(frozen=True)
class Shop:
    """One tenant's. The key is for everybody to read."""

    slug: str
    name: str
    key: str
    products: Sequence[Product]
    own_stores: bool

    def product(self, slug: str) -> Product | None:
        """One that it shows."""
        return next((one for one in self.products if address(one) == slug), None)


@dataclass(frozen=True)
class Site:
    """The shops by their slugs, and the origin that the widget comes from."""

    stockline: str
    shops: Mapping[str, Shop]


def address(product: Product) -> str:
    """A product's name in an address: two brands may have the same kind of it."""
    return f"{slug(product.brand)}-{product.slug}"


def site_of(data_dir: Path) -> Site | None:
    """As the system and its demo stand now; None before the demo made its tenants."""
    tenants = remembered(data_dir)
    shops = {
        slug(name): Shop(slug(name), name, tenants[name].shop_key, _shown_by(name), name not in MAKERS)
        for name in SHOPS
        if name in tenants and tenants[name].shop_key
    }
    if len(shops) < len(SHOPS):
        return None
    return Site(json.loads((data_dir / RECORD).read_text())["url"], shops)


def _shown_by(name: str) -> Sequence[Product]:
    """A manufacturer's own; every other one of all at the retailer's."""
    if name not in MAKERS:
        return products()[1::2]
    return [one for one in products() if one.brand == MAKERS[name]]


@cache
def words() -> Mapping[str, Mapping[str, str]]:
    """By language, then by use."""
    found: dict[str, dict[str, str]] = json.loads(_WORDS.read_text(encoding="utf-8"))
    return found
