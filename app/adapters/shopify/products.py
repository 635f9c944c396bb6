"""Products in one shop: looked up, made, changed, deleted."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, TypeVar
from uuid import UUID

from app.adapters.shopify.client import Client
from app.adapters.shopify.documents import (
    DEFINE_KEY,
    FIND,
    KEY,
    MEDIA,
    PAGE_MAX,
    PRODUCT,
    PRODUCT_BY_KEY,
    PRODUCT_DELETE,
    PRODUCT_MEDIA,
    PRODUCT_OPERATIONAL,
    PRODUCT_SET,
    PRODUCT_TENDED,
    PRODUCT_VARIANTS,
    REKEY,
    VARIANTS_BULK_UPDATE,
    VARIANTS_BY_SKU,
    Document,
    hits,
)
from app.adapters.shopify.errors import KeyUndefinedError, TransportFaultError, refused
from app.adapters.shopify.reading import Node, operational_of, product_of, variant_of
from app.adapters.shopify.searching import sku_query
from app.adapters.shopify.sending import bulk_variant, points, product_set_input
from app.domain.push.errors import ShopGoneError, ShopRefusedError
from app.domain.push.product import Found, ProductInput, ShopProduct, ShopVariant, VariantInput

_T = TypeVar("_T")

SKUS_AT_ONCE: Final = 50
VARIANTS_AT_ONCE: Final = 250
_VARIANTS_UNKNOWN: Final = 20
_METAFIELDS: Final = 2
"""One of them may be our key."""
_COLLECTIONS: Final = 10
"""A product that is in more than these was put there by somebody."""
_DEFINITION: Final = {
    "name": "Stockline product",
    "description": "By this Stockline finds the product again. Do not change it.",
    "key": KEY,
    "type": "id",
    "ownerType": "PRODUCT",
}


class Products:
    """The products' half of a shop."""

    def __init__(self, client: Client, location: str) -> None:
        self._client = client
        self._location = location

    def define_key(self) -> None:
        """Make room for our key, once; that it is there already is as good. https://shopify.dev/docs/apps/build/custom-data"""
        told = self._client.ask(DEFINE_KEY, definition=_DEFINITION)["metafieldDefinitionCreate"]["userErrors"]
        if told and not all(one.get("code") == "TAKEN" for one in told):
            raise refused(told)
        self._client.session.defined = True

    def _keyed(self, work: Callable[[], _T]) -> _T:
        """Work that goes by our key; once more after its definition, if that is missing."""
        if not self._client.session.defined:
            self.define_key()
        try:
            return work()
        except KeyUndefinedError:
            self.define_key()
        try:
            return work()
        except KeyUndefinedError as error:
            raise ShopRefusedError("shopify_refused", f"Shopify does not take our key: {error}") from error

    def get(self, product_id: str, variants: int) -> ShopProduct | None:
        """With all its variants and media."""
        size = _page(variants)
        data = self._client.ask(
            PRODUCT, size, id=product_id, location=self._location, variants=size, media=MEDIA
        )
        return self._whole(data["product"])

    def operational(self, product_id: str, variants: int) -> ShopProduct | None:
        """With what is operational of its variants, and nothing else."""
        size = _page(variants)
        data = self._client.ask(
            PRODUCT_OPERATIONAL, size, id=product_id, location=self._location, variants=size
        )
        node = data["product"]
        if node is None:
            return None
        return operational_of(node, self._rest(PRODUCT_VARIANTS, node["id"], "variants", node["variants"]))

    def by_key(self, key: UUID, variants: int = _VARIANTS_UNKNOWN) -> ShopProduct | None:
        """The product that carries our key."""
        size = _page(variants)
        data = self._client.ask(
            PRODUCT_BY_KEY, size, key=str(key), location=self._location, variants=size, media=MEDIA
        )
        return self._whole(data["productByIdentifier"])

    def find(self, key: UUID, skus: Sequence[str]) -> Found:
        """By our key, and by exact SKUs: Shopify's search goes by words, so its hits are compared."""
        return self._keyed(lambda: self._find(key, list(dict.fromkeys(one for one in skus if one))))

    def _find(self, key: UUID, skus: Sequence[str]) -> Found:
        if not skus:
            return Found(self.by_key(key))
        first, *rest = _portions(skus, SKUS_AT_ONCE)
        size = len(first)
        data = self._client.ask(
            FIND,
            size,
            key=str(key),
            skus=sku_query(first),
            hits=hits(size),
            location=self._location,
            variants=_page(size),
            media=MEDIA,
        )
        found = list(self._searched(first, data["productVariants"]))
        for portion in rest:
            found += self._searched(portion, None)
        return Found(self._whole(data["productByIdentifier"]), _exact(found, skus))

    def _searched(self, skus: Sequence[str], page: Node | None) -> Iterator[Node]:
        """All hits of a search, from a page on that is there already."""
        size, query = hits(len(skus)), sku_query(skus)
        after = None
        while True:
            if page is None:
                page = self._client.ask(
                    VARIANTS_BY_SKU, size, skus=query, hits=size, after=after, location=self._location
                )["productVariants"]
            yield from page["nodes"]
            if not page["pageInfo"]["hasNextPage"]:
                return
            after, size, page = page["pageInfo"]["endCursor"], PAGE_MAX, None

    def _whole(self, node: Node | None) -> ShopProduct | None:
        """A product, its further pages read."""
        if node is None:
            return None
        variants = self._rest(PRODUCT_VARIANTS, node["id"], "variants", node["variants"])
        media = self._rest(PRODUCT_MEDIA, node["id"], "media", node["media"])
        return product_of(node, variants, media)

    def _rest(self, document: Document, product_id: str, name: str, page: Node) -> list[Node]:
        nodes = list(page["nodes"])
        place = {"location": self._location} if document is PRODUCT_VARIANTS else {}
        while page["pageInfo"]["hasNextPage"]:
            after = page["pageInfo"]["endCursor"]
            data = self._client.ask(document, PAGE_MAX, id=product_id, first=PAGE_MAX, after=after, **place)
            if data["product"] is None:
                raise ShopGoneError("gone", "the product was deleted in the shop while it was read")
            page = data["product"][name]
            nodes += page["nodes"]
        return nodes

    def create(self, key: UUID, product: ProductInput) -> ShopProduct:
        """By our key: made, or changed if it turns out to be there.

        It carries stock, so it is never sent blindly a second time: after a fault the shop is asked first whether
        the product came into being.
        """
        identifier = {"customId": {"key": KEY, "value": str(key)}}

        def attempt() -> ShopProduct:
            try:
                return self._set(self._client.ask_once, identifier, product)
            except TransportFaultError:
                made = self.by_key(key, len(product.variants or ()))
                if made is None:
                    raise
                return made

        return self._keyed(lambda: self._client.retried(attempt))

    def rekey(self, product_id: str, key: UUID) -> None:
        """Another value of our metafield; productSet would delete the merchant's own ones."""
        told = self._client.ask(REKEY, product=product_id, key=str(key))["metafieldsSet"]["userErrors"]
        if told:
            raise refused(told)

    def change(self, product_id: str, product: ProductInput) -> ShopProduct:
        """What is given is set."""
        return self._set(self._client.ask, {"id": product_id}, product)

    def _set(
        self, ask: Callable[..., dict[str, Any]], identifier: dict[str, Any], product: ProductInput
    ) -> ShopProduct:
        payload = ask(
            PRODUCT_SET,
            points(product),
            identifier=identifier,
            input=product_set_input(product, self._location),
            location=self._location,
            variants=_page(_VARIANTS_UNKNOWN if product.variants is None else len(product.variants)),
            media=_page(max(MEDIA, len(product.images or ()))),
        )["productSet"]
        if payload["userErrors"]:
            raise refused(payload["userErrors"])
        made = self._whole(payload["product"])
        assert made
        return made

    def change_variants(self, product_id: str, variants: Sequence[VariantInput]) -> None:
        """In portions; each is done or not done as a whole."""
        for portion in _portions(variants, VARIANTS_AT_ONCE):
            data = self._client.ask(
                VARIANTS_BULK_UPDATE, product=product_id, variants=[bulk_variant(one) for one in portion]
            )
            if told := data["productVariantsBulkUpdate"]["userErrors"]:
                raise refused(told)

    def tended(self, product_id: str) -> bool:
        """Whether there is a metafield that is not our key, a theme's template, a collection that goes by no rules."""
        sizes = {"metafields": _METAFIELDS, "collections": _COLLECTIONS}
        node = self._client.ask(PRODUCT_TENDED, _COLLECTIONS, id=product_id, **sizes)["product"]
        if node is None:
            return False
        collections = node["collections"]
        return (
            bool(node["templateSuffix"])
            or any(one["key"] != KEY for one in node["metafields"]["nodes"])
            or any(one["ruleSet"] is None for one in collections["nodes"])
            or bool(collections["pageInfo"]["hasNextPage"])
        )

    def delete(self, product_id: str) -> None:
        """That it is gone already is as good."""
        told = self._client.ask(PRODUCT_DELETE, id=product_id)["productDelete"]["userErrors"]
        if told and not all("does not exist" in one["message"].lower() for one in told):
            raise refused(told)


def _page(size: int) -> int:
    return max(1, min(size, PAGE_MAX))


def _portions(items: Sequence[_T], size: int) -> list[Sequence[_T]]:
    return [items[start : start + size] for start in range(0, len(items), size)]


def _exact(hits: Sequence[Node], skus: Sequence[str]) -> tuple[ShopVariant, ...]:
    """Those whose SKU is meant, each once."""
    wanted = set(skus)
    found = {one["id"]: one for one in hits if one["sku"] in wanted}
    return tuple(variant_of(one, one["product"]["id"]) for one in found.values())
