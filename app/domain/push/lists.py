"""Calls that send lists: what is left out of a list is deleted, so everything in the shop goes along by its id.

Between the look and the call lies a moment in which a merchant may add something; no call of Shopify's can close it.
"""

from collections.abc import Sequence
from dataclasses import replace

from app.domain.push.creation import new_variant
from app.domain.push.errors import ShopRefusedError
from app.domain.push.ports import PushRules
from app.domain.push.product import (
    ProductInput,
    ShopProduct,
    ShopVariant,
    Values,
    VariantInput,
    WantedProduct,
    WantedVariant,
)


def as_a_whole(
    wanted: WantedProduct,
    shop: ShopProduct,
    rules: PushRules,
    values: Values,
    inputs: dict[str, VariantInput],
    joined: Sequence[WantedVariant],
    left: set[str | None],
    pairs: dict[int, ShopVariant],
    pictures: dict[int, tuple[str | None, str]],
) -> ProductInput:
    """All variants and pictures that there shall be: the merchant's by their ids, ours as they should be."""
    shown = {pairs[item].id: url for item, (_, url) in pictures.items()}
    variants = [
        VariantInput(
            id=one.id,
            sku=None,
            values=inputs[one.id].values if one.id in inputs else {},
            options=one.options,
            image=shown.get(one.id, one.image_id),
            tracked=inputs[one.id].tracked if one.id in inputs else None,
        )
        for one in shop.variants
        if one.id not in left
    ]
    # A repeated call would find them there: their stock is compared and set afterwards.
    added = [replace(new_variant(one, _place(wanted, shop, one), rules), quantity=None) for one in joined]
    _refuse_twins(variants, added, joined)
    images = [one for one in shop.image_ids if one not in _outdated(wanted, pictures)]
    images += [one.image for one in (*variants, *added) if one.image]
    return ProductInput(
        values=values,
        options=_options(shop, [*variants, *added]),
        variants=(*variants, *added),
        images=tuple(dict.fromkeys(images)),
    )


def _place(wanted: WantedProduct, shop: ShopProduct, one: WantedVariant) -> tuple[tuple[str, str], ...]:
    """The new variant's value of the first option; of options that a merchant added, the first value there is."""
    if not shop.options:
        return ((wanted.option_name, one.option),)
    first, *others = shop.options
    return ((first[0], one.option), *((name, values[0]) for name, values in others))


def _refuse_twins(
    variants: Sequence[VariantInput], added: Sequence[VariantInput], joined: Sequence[WantedVariant]
) -> None:
    held = {one.options for one in variants}
    for one, wanted in zip(added, joined, strict=True):
        if one.options in held:
            raise ShopRefusedError(
                "option_taken",
                f"the product has a variant {wanted.option!r} of another SKU already; "
                "rename that one in the shop, or this one's option value here",
            )


def _options(shop: ShopProduct, variants: Sequence[VariantInput]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Every option with the values in use, in the shop's order; new ones come last."""
    names = dict.fromkeys(name for one in variants for name, _ in one.options)
    used = {
        name: dict.fromkeys(value for one in variants for n, value in one.options if n == name)
        for name in names
    }
    standing = dict(shop.options)
    return tuple(
        (name, tuple(dict.fromkeys([*(v for v in standing.get(name, ()) if v in used[name]), *used[name]])))
        for name in names
    )


def _outdated(wanted: WantedProduct, pictures: dict[int, tuple[str | None, str]]) -> set[str]:
    """Our own pictures that are replaced, or whose item left, and that no other member shows."""
    replaced = {one.mapping.image_id for one in wanted.variants if one.item_id in pictures}
    replaced |= {one.image_id for one in wanted.gone}
    kept = {one.mapping.image_id for one in wanted.variants if one.item_id not in pictures}
    return {one for one in replaced - kept if one}


def remaining(old: ShopProduct, variants: Sequence[ShopVariant], wanted: WantedProduct) -> ProductInput:
    """A product that the wanted one's items have left: these variants, and no picture that went with the others."""
    kept = tuple(VariantInput(one.id, None, options=one.options, image=one.image_id) for one in variants)
    gone = {one.mapping.image_id for one in wanted.variants} - {one.image for one in kept}
    return ProductInput(
        options=_options(old, kept),
        variants=kept,
        images=tuple(one for one in old.image_ids if one not in gone),
    )
