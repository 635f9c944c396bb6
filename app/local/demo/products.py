"""What the demo's shops show: a few products per brand, each variant of them a part of the catalog."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "products.json"
Words = Mapping[str, str]
"""By language."""


@dataclass(frozen=True)
class Product:
    """`variants`: the option's values, and the index of each one's part."""

    brand: str
    slug: str
    picture: str
    price: int
    name: Words
    about: Words
    option: Words
    variants: Mapping[str, int]

    def row(self, value: str) -> dict[str, Any]:
        """What the catalog says of a variant, by its columns."""
        return {
            "name": f"{self.name['en']} {value}",
            "description": f"<p>{self.about['en']}</p>",
            "variantGroup": f"{self.brand} {self.slug}",
            "variantGroupName": self.name["en"],
            "option1Name": self.option["en"],
            "option1Value": value,
            "position": str(list(self.variants).index(value)),
        }


@cache
def products() -> Sequence[Product]:
    """All, in the order in which they are shown."""
    return [Product(**one) for one in json.loads(FILE.read_text(encoding="utf-8"))]


@cache
def variants() -> Mapping[int, tuple[Product, str]]:
    """Product and value by the part's index."""
    return {index: (one, value) for one in products() for value, index in one.variants.items()}
