"""The GraphQL documents, each with a first estimate of its cost: from then on Shopify's own answers tell.

The figures follow https://shopify.dev/docs/apps/build/apis/graphql-admin/rate-limits: an object 1, a connection
2 + ⌊2 · ln(size)⌋ times what is in it, a mutation 10. An estimate that is wrong costs one wait, no more.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

_FOLDER: Final = Path(__file__).parent / "queries"
_SPREAD: Final = re.compile(r"\.\.\.(\w+)")
_FRAGMENTS: Final = {
    "Variant": "variant",
    "VariantOperational": "variant_operational",
    "ProductContent": "product_content",
}

PAGE_MAX: Final = 250
KEY: Final = "stockline_product"
"""Of the metafield that carries our own id of a product, in the app's reserved namespace."""
MEDIA: Final = 20
"""Of a product's first page; few products have more."""
MUTATION: Final = 10.0
_OPERATIONAL: Final = 4
_VARIANT: Final = _OPERATIONAL + 3
_HIT: Final = _VARIANT + 1


@dataclass(frozen=True, slots=True)
class Document:
    """One operation. `estimate`: what it may cost, by the size that its caller names."""

    name: str
    text: str
    estimate: Callable[[int], float]

    def __repr__(self) -> str:
        return f"<{self.name}>"


def connection(size: int, each: float) -> float:
    """What a page of `size` costs."""
    return 2 + math.floor(2 * math.log(max(2, min(size, PAGE_MAX)))) * each


def hits(skus: int) -> int:
    """How many a search for SKUs may find at first: it goes by words, so more than are meant."""
    return min(2 * skus + 8, PAGE_MAX)


def _product(variants: int) -> float:
    return 3 + connection(MEDIA, 1) + connection(variants, _VARIANT)


def _document(name: str, estimate: Callable[[int], float]) -> Document:
    return Document(name, _text(name), estimate)


def _text(name: str) -> str:
    """The file and the fragments that it names, each once."""
    texts, waiting = dict[str, str](), [name]
    while waiting:
        one = waiting.pop()
        if one not in texts:
            texts[one] = (_FOLDER / f"{one}.graphql").read_text("utf-8")
            waiting += [_FRAGMENTS[spread] for spread in _SPREAD.findall(texts[one])]
    return "\n".join(texts.values())


# Sizes: how many variants, hits, levels … are asked for; of PRODUCT_SET, the points that its input costs.
PRODUCT: Final = _document("product", _product)
PRODUCT_OPERATIONAL: Final = _document("product_operational", lambda size: 1 + connection(size, _OPERATIONAL))
PRODUCT_VARIANTS: Final = _document("product_variants", lambda size: 1 + connection(size, _VARIANT))
PRODUCT_MEDIA: Final = _document("product_media", lambda size: 1 + connection(size, 1))
PRODUCT_TENDED: Final = _document("product_tended", lambda size: 1 + connection(2, 1) + connection(size, 1))
PRODUCT_BY_KEY: Final = _document("product_by_key", _product)
FIND: Final = _document("find", lambda size: _product(size) + connection(hits(size), _HIT))
VARIANTS_BY_SKU: Final = _document("variants_by_sku", lambda size: connection(size, _HIT))
PRODUCT_SET: Final = _document("product_set", lambda size: MUTATION + size)
VARIANTS_BULK_UPDATE: Final = _document("variants_bulk_update", lambda _: MUTATION)
REKEY: Final = _document("rekey", lambda _: MUTATION)
PRODUCT_DELETE: Final = _document("product_delete", lambda _: MUTATION)
SET_QUANTITIES: Final = _document("set_quantities", lambda _: MUTATION)
ACTIVATE: Final = _document("activate", lambda _: MUTATION)
DEFINE_KEY: Final = _document("define_key", lambda _: MUTATION)
LOCATION: Final = _document("location", lambda _: 1)
LOCATIONS: Final = _document("locations", lambda size: connection(size, 1))
LEVELS: Final = _document("levels", lambda size: 1 + connection(size, 3))
PUBLICATIONS: Final = _document("publications", lambda size: connection(size, 1))
PUBLISH: Final = _document("publish", lambda _: MUTATION)
SUBSCRIBE: Final = _document("subscribe", lambda _: MUTATION)


@cache
def all_documents() -> tuple[Document, ...]:
    """Every one."""
    return tuple(one for one in globals().values() if isinstance(one, Document))
