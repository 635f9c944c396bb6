"""Decides what must be sent so that a product in the shop becomes what it should be: pure, the profile's rules applied.

What exists is changed by the cheapest call that does it. Only what changes the set of variants or pictures sends
lists (`lists.py`).
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from app.domain.push.creation import NOT_SENT_AS_VALUES, pictures_of_new, quantities_of
from app.domain.push.lists import as_a_whole
from app.domain.push.plan import Action, Change, Plan
from app.domain.push.ports import PushRules
from app.domain.push.product import (
    Level,
    ProductInput,
    ShopProduct,
    ShopVariant,
    VariantInput,
    WantedProduct,
    WantedVariant,
)
from app.domain.push.profile import PRODUCT_FIELDS, Field

_GRAM = Decimal("0.001")


def paired(wanted: WantedProduct, shop: ShopProduct) -> dict[int, ShopVariant]:
    """Which variant of the product is which item: by the mapping, else by its SKU where that is the only one."""
    pairs: dict[int, ShopVariant] = {}
    taken: set[str] = set()
    for one in wanted.variants:
        mapped = shop.variant(one.mapping.variant_id)
        if mapped is not None and mapped.id not in taken:
            pairs[one.item_id] = mapped
            taken.add(mapped.id)
    for one in wanted.variants:
        if one.item_id not in pairs:
            same = [each for each in shop.variants if each.sku == one.sku and each.id not in taken]
            if len(same) == 1:
                pairs[one.item_id] = same[0]
                taken.add(same[0].id)
    return pairs


def recognised(wanted: WantedProduct, shop: ShopProduct) -> WantedProduct:
    """The same with the pictures that were on their way when a worker broke off: those that variants show now are ours.

    Where the picture from before is still in the product, the call was not done.
    """
    pairs = paired(wanted, shop)

    def known(one: WantedVariant) -> WantedVariant:
        variant, mapping = pairs.get(one.item_id), one.mapping
        arrived = variant and variant.image_id and mapping.image_id not in shop.image_ids
        if not mapping.sending_url or not variant or not arrived:
            return one
        return replace(
            one, mapping=replace(mapping, image_id=variant.image_id, image_url=mapping.sending_url)
        )

    return replace(wanted, variants=tuple(known(one) for one in wanted.variants))


def update(wanted: WantedProduct, shop: ShopProduct, rules: PushRules) -> Plan:
    """A product that the shop has: what differs in the fields that the profile overwrites, and who joined or left.

    Raises ShopRefusedError when a member's option value is another variant's already.
    """
    pairs = paired(wanted, shop)
    content = _content_changes(wanted, shop, rules)
    per_item = {
        one.item_id: _variant_changes(one, pairs[one.item_id], rules)
        for one in wanted.variants
        if one.item_id in pairs
    }
    changes = [*content, *(each for found in per_item.values() for each in found)]
    joined = [one for one in wanted.variants if one.item_id not in pairs]
    left = {one.variant_id for one in wanted.gone} & {one.id for one in shop.variants}
    left -= {one.id for one in pairs.values()}
    pictures = _pictures(wanted, shop, pairs, rules)
    changes += [Change(Field.IMAGE, before, after, item) for item, (before, after) in pictures.items()]
    whole = bool(joined or left or pictures)
    values = {one.field: one.after for one in content}
    inputs = {pairs[item].id: _variant_input(pairs[item], found) for item, found in per_item.items() if found}
    product = None
    if whole:
        product = as_a_whole(wanted, shop, rules, values, inputs, joined, left, pairs, pictures)
    elif values:
        product = ProductInput(values=values)
    return Plan(
        Action.UPDATE if changes or joined or left else Action.NONE,
        product=product,
        variants=() if whole else tuple(one for one in inputs.values() if one.values or one.tracked),
        **_stock(wanted, pairs, joined, rules),
        pictures=(
            *((item, after) for item, (_, after) in pictures.items()),
            *pictures_of_new(joined, rules),
        ),
        joined=tuple(one.item_id for one in joined),
        changes=tuple(changes),
    )


def _content_changes(wanted: WantedProduct, shop: ShopProduct, rules: PushRules) -> list[Change]:
    values = dict(wanted.values)
    values[Field.STATUS] = rules.new_product_status
    return [
        Change(field, shop.values.get(field), values[field])
        for field in Field
        if field in PRODUCT_FIELDS & rules.profile.overwrite
        and field in values
        and not same(field, shop.values.get(field), values[field])
    ]


def _variant_changes(one: WantedVariant, variant: ShopVariant, rules: PushRules) -> list[Change]:
    found = [
        Change(field, _standing(field, variant), one.values[field], one.item_id)
        for field in Field
        if field in rules.profile.overwrite
        and field in one.values
        and field is not Field.IMAGE
        and not same(field, _standing(field, variant), one.values[field])
    ]
    if Field.STOCK in rules.profile.overwrite and not variant.tracked:
        found = [each for each in found if each.field is not Field.STOCK]
        found.append(Change(Field.STOCK, None, one.values[Field.STOCK], one.item_id))
    return found


def _standing(field: Field, variant: ShopVariant) -> Any:
    return variant.available if field is Field.STOCK else variant.values.get(field)


def same(field: Field, before: Any, after: Any) -> bool:
    """Whether the shop says the same: weights to the gram, which is as far as shops tell them; tags in any order and
    case, as shops do.
    """
    if field is Field.WEIGHT and before is not None:
        return bool(abs(Decimal(before) - after) < _GRAM)
    if field is Field.TAGS:
        return {one.lower() for one in before or ()} == {one.lower() for one in after}
    return bool(before == after)


def _variant_input(variant: ShopVariant, changes: Sequence[Change]) -> VariantInput:
    stocked = any(one.field is Field.STOCK for one in changes)
    return VariantInput(
        id=variant.id,
        sku=None,
        values={one.field: one.after for one in changes if one.field not in NOT_SENT_AS_VALUES},
        tracked=True if stocked and not variant.tracked else None,
    )


def _stock(
    wanted: WantedProduct, pairs: dict[int, ShopVariant], joined: Sequence[WantedVariant], rules: PushRules
) -> dict[str, Any]:
    """Stock of variants that are there, compared with what we saw; of new ones it comes with them."""
    levels: list[Level] = []
    unstocked: list[tuple[str, int]] = []
    quantities = list(quantities_of(joined)) if Field.STOCK in rules.profile.create else []
    for one in wanted.variants if Field.STOCK in rules.profile.overwrite else ():
        variant = pairs.get(one.item_id)
        if variant is None or (variant.available == one.values[Field.STOCK] and variant.tracked):
            continue
        quantities.append((one.item_id, one.values[Field.STOCK]))
        if variant.available is None:
            unstocked.append((variant.inventory_item_id, one.values[Field.STOCK]))
        elif variant.available != one.values[Field.STOCK]:
            levels.append(Level(variant.inventory_item_id, one.values[Field.STOCK], variant.available))
    return {"levels": tuple(levels), "unstocked": tuple(unstocked), "quantities": tuple(quantities)}


def stock_of_new(wanted: WantedProduct, made: ShopProduct, rules: PushRules, new: Collection[int]) -> Plan:
    """Stock of variants that were just made, where the shop does not have it yet. `new` are their items.

    After a creation there is nothing to do, unless the product turned out to be there: its stock was not touched.
    """
    if Field.STOCK not in rules.profile.create:
        return Plan(Action.NONE)
    levels: list[Level] = []
    unstocked: list[tuple[str, int]] = []
    pairs = paired(wanted, made)
    for one in wanted.variants:
        variant = pairs.get(one.item_id) if one.item_id in new else None
        if variant is None or variant.available == one.values[Field.STOCK]:
            continue
        if variant.available is None:
            unstocked.append((variant.inventory_item_id, one.values[Field.STOCK]))
        else:
            levels.append(Level(variant.inventory_item_id, one.values[Field.STOCK], variant.available))
    return Plan(
        Action.UPDATE if levels or unstocked else Action.NONE,
        levels=tuple(levels),
        unstocked=tuple(unstocked),
    )


def _pictures(
    wanted: WantedProduct, shop: ShopProduct, pairs: dict[int, ShopVariant], rules: PushRules
) -> dict[int, tuple[str | None, str]]:
    """By item, our picture's address before and now, where it changed or is not there any more."""
    if Field.IMAGE not in rules.profile.overwrite:
        return {}
    return {
        one.item_id: (one.mapping.image_url, one.values[Field.IMAGE])
        for one in wanted.variants
        if one.item_id in pairs
        and Field.IMAGE in one.values
        and not (one.mapping.image_url == one.values[Field.IMAGE] and one.mapping.image_id in shop.image_ids)
    }
