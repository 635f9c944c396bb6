"""A product, or a variant of one, that the shop does not have: what the profile lets into it."""

from collections.abc import Sequence

from app.domain.push.plan import Action, Plan
from app.domain.push.ports import PushRules
from app.domain.push.product import ProductInput, VariantInput, WantedProduct, WantedVariant
from app.domain.push.profile import Field

NOT_SENT_AS_VALUES = frozenset({Field.STOCK, Field.IMAGE})


def creation(wanted: WantedProduct, rules: PushRules) -> Plan:
    """A product that the shop does not have. It always has a title: without one in the profile, its part number."""
    create = rules.profile.create
    values = {field: value for field, value in wanted.values.items() if field in create}
    values.setdefault(Field.TITLE, wanted.variants[0].part_number)
    if Field.STATUS in create:
        values[Field.STATUS] = rules.new_product_status
    variants = tuple(new_variant(one, ((wanted.option_name, one.option),), rules) for one in wanted.variants)
    pictures = dict.fromkeys(one.image for one in variants if one.image)
    return Plan(
        Action.CREATE,
        product=ProductInput(
            values=values,
            options=((wanted.option_name, tuple(one.option for one in wanted.variants)),),
            variants=variants,
            images=tuple(pictures) or None,
        ),
        quantities=quantities_of(wanted.variants) if Field.STOCK in create else (),
        pictures=pictures_of_new(wanted.variants, rules),
        joined=tuple(one.item_id for one in wanted.variants),
    )


def new_variant(one: WantedVariant, options: tuple[tuple[str, str], ...], rules: PushRules) -> VariantInput:
    """One that the product gets, with its place among the options."""
    create = rules.profile.create
    stocked = Field.STOCK in create
    return VariantInput(
        id=None,
        sku=one.sku,
        values={
            field: value
            for field, value in one.values.items()
            if field in create and field not in NOT_SENT_AS_VALUES
        },
        options=options,
        image=one.values.get(Field.IMAGE) if Field.IMAGE in create else None,
        quantity=one.values[Field.STOCK] if stocked else None,
        tracked=True if stocked else None,
    )


def quantities_of(variants: Sequence[WantedVariant]) -> tuple[tuple[int, int], ...]:
    """The stock of each, by item."""
    return tuple((one.item_id, one.values[Field.STOCK]) for one in variants)


def pictures_of_new(variants: Sequence[WantedVariant], rules: PushRules) -> tuple[tuple[int, str], ...]:
    """The picture of each that has one, by item."""
    if Field.IMAGE not in rules.profile.create:
        return ()
    return tuple((one.item_id, one.values[Field.IMAGE]) for one in variants if Field.IMAGE in one.values)
