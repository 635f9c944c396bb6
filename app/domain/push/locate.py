"""Finds the product in the shop that is the wanted one: by the mapping, by our key in it, by its SKUs."""

from dataclasses import dataclass, replace
from uuid import UUID

from app.domain.push.difference import paired
from app.domain.push.errors import ShopRefusedError
from app.domain.push.leaving import ARCHIVED, Left
from app.domain.push.ports import PushRules, Shop
from app.domain.push.product import ShopProduct, ShopVariant, WantedProduct, WantedVariant
from app.domain.push.profile import CONTENT, Field


@dataclass(frozen=True, slots=True)
class Located:
    """What there is. `moved`: products that still hold a variant of an item that goes into another one now.

    `strays`: the same where a worker broke off before it was noted, or while it put the product away.
    """

    product: ShopProduct | None
    known: bool
    moved: tuple[ShopProduct, ...] = ()
    strays: tuple[Left, ...] = ()


def locate(shop: Shop, wanted: WantedProduct, rules: PushRules) -> Located:
    """The product, and what is left of other places that its items were in or on their way to.

    Raises ShopRefusedError `sku_exists` where the shop has a SKU that cannot be taken for the item's.
    """
    mapped, moved = _mapped(shop, wanted, rules), _moved(shop, wanted)
    given_up = [one for one in (mapped, *moved) if one is not None and _given_up(wanted, one)]
    strays = [*map(_whole, given_up), *_strays(shop, wanted)]
    moved = tuple(one for one in moved if one not in given_up)
    product = None if mapped in given_up else mapped
    located = _located(shop, wanted, product, moved, {one.product_id for one in strays})
    taken = {one.id for one in located.moved} | ({located.product.id} if located.product else set())
    return replace(located, strays=tuple(one for one in strays if one.product_id not in taken))


def _located(
    shop: Shop,
    wanted: WantedProduct,
    product: ShopProduct | None,
    moved: tuple[ShopProduct, ...],
    strays: set[str],
) -> Located:
    """Look in the shop, as cheaply as what is known allows.

    A part that is alone in a product that was made for it under another key keeps that product, unless it has one
    under its own.
    """
    alone = not wanted.grouped and len(moved) == 1 and len(moved[0].variants) == 1
    if alone and shop.find(wanted.key, ()).product is None:
        return Located(moved[0], known=False)
    if product is not None and len(paired(wanted, product)) == len(wanted.variants):
        return Located(product, known=True, moved=moved)
    missing = _unpaired(wanted, product)
    found = shop.find(wanted.key, [one.sku for one in missing])
    known = product is not None
    if found.product is not None and found.product.id not in strays:
        product = product or found.product
    if product is not None:
        missing = _unpaired(wanted, product)
    own = {one.id for one in moved} | strays | ({product.id} if product else set())
    strangers = [hit for hit in found.skus if hit.product_id not in own]
    hits = {one.item_id: [hit for hit in strangers if hit.sku == one.sku] for one in missing}
    if product is None and any(hits.values()):
        return Located(_adopted(shop, wanted, hits), known=False, moved=moved)
    if any(hits.values()):
        taken = next(one for one in missing if hits[one.item_id])
        raise _sku_exists(taken, "in another product")
    # A group that comes together again finds its product with the member that kept it.
    return Located(
        product, known=known, moved=tuple(one for one in moved if one.id != (product and product.id))
    )


def _mapped(shop: Shop, wanted: WantedProduct, rules: PushRules) -> ShopProduct | None:
    """Without its content, where nothing of it can be asked for: all settled, nobody left, content left alone."""
    ids = dict.fromkeys(
        one.mapping.product_id for one in wanted.variants if one.mapping.product_key == wanted.key
    )
    expected = len(wanted.variants) + len(wanted.gone)
    sending = any(one.mapping.sending_url or one.mapping.sending_key for one in wanted.variants)
    content = bool(wanted.gone or sending or rules.profile.overwrite & CONTENT)
    for product_id in ids:
        product = shop.product(product_id, variants=expected, content=content) if product_id else None
        if product is not None and not content and _unpaired(wanted, product):
            product = shop.product(product.id, variants=expected)
        if product is not None:
            return product
    return None


def _given_up(wanted: WantedProduct, old: ShopProduct) -> bool:
    """Whether a worker broke off while it put the product away, or right after: nothing comes back to it."""
    if old.key is None or old.values.get(Field.STATUS) != ARCHIVED:
        return False
    items = [*(one.mapping for one in wanted.variants), *wanted.gone]
    on_their_way = {one.variant_id for one in items if one.sending_key not in (None, wanted.key)}
    return old.key not in {wanted.key, *(one.product_key for one in items)} or on_their_way.issuperset(
        one.id for one in old.variants
    )


def _unpaired(wanted: WantedProduct, product: ShopProduct | None) -> list[WantedVariant]:
    pairs = paired(wanted, product) if product else {}
    return [one for one in wanted.variants if one.item_id not in pairs]


def _adopted(shop: Shop, wanted: WantedProduct, hits: dict[int, list[ShopVariant]]) -> ShopProduct | None:
    """The merchant's own product with these SKUs, if there is no doubt which it is."""
    for one in wanted.variants:
        if len(hits.get(one.item_id, ())) > 1:
            raise _sku_exists(one, "more than once")
    products = {hit.product_id for found in hits.values() for hit in found}
    if len(products) > 1:
        raise _sku_exists(
            next(one for one in wanted.variants if hits.get(one.item_id)),
            "in a product of its own, and other members of its group are in others",
        )
    return shop.product(products.pop(), variants=len(wanted.variants))


def _sku_exists(one: WantedVariant, where: str) -> ShopRefusedError:
    return ShopRefusedError(
        "sku_exists",
        f"the shop has the SKU {one.sku} {where}; delete or rename it there, and push again",
    )


def _moved(shop: Shop, wanted: WantedProduct) -> tuple[ShopProduct, ...]:
    """Products that members were in before they came into this one, or left a group for one of their own."""
    ids = dict.fromkeys(
        one.mapping.product_id
        for one in wanted.variants
        if one.mapping.product_id and one.mapping.product_key not in (None, wanted.key)
    )
    found = [shop.product(product_id, variants=2) for product_id in ids if product_id]
    return tuple(one for one in found if one is not None)


def _strays(shop: Shop, wanted: WantedProduct) -> list[Left]:
    """Where a worker broke off, and the item was put into another group before the next one came."""
    on_their_way: dict[UUID, set[str]] = {}
    for one in wanted.variants:
        if one.mapping.sending_key not in (None, wanted.key, one.mapping.product_key):
            assert one.mapping.sending_key
            on_their_way.setdefault(one.mapping.sending_key, set()).add(one.sku)
    found = [(shop.find(key, ()).product, skus) for key, skus in on_their_way.items()]
    held = [_held(product, skus) for product, skus in found if product is not None]
    return [one for one in held if one.variants]


def _whole(product: ShopProduct) -> Left:
    return Left(product.id, frozenset(one.id for one in product.variants))


def _held(product: ShopProduct, skus: set[str]) -> Left:
    """Its variants with these SKUs, and those that lost theirs while it was put away."""
    lost = {""} if product.values.get(Field.STATUS) == ARCHIVED else set()
    return Left(product.id, frozenset(one.id for one in product.variants if one.sku in skus | lost))
