"""What a push would do, field by field: reads the shop and writes nothing."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from app.domain.push.creation import creation
from app.domain.push.difference import recognised, update
from app.domain.push.errors import ShopRefusedError
from app.domain.push.leaving import leaving
from app.domain.push.locate import locate
from app.domain.push.plan import Action, Change, Plan
from app.domain.push.ports import PushRules, Shop
from app.domain.push.product import WantedProduct

Item = dict[str, Any]


def compare(
    shop: Shop, part_numbers: Sequence[str], wanted: Mapping[str, WantedProduct], rules: PushRules
) -> list[Item]:
    """One entry per part number, in order; what cannot be pushed says why beside `action: none`."""
    shop.prepare()
    plans: dict[UUID, Plan | ShopRefusedError] = {}
    items = []
    for part_number in part_numbers:
        product = wanted.get(part_number)
        if product is None:
            items.append(_refused(part_number, "unknown_part", "you sell no such part"))
            continue
        if product.key not in plans:
            plans[product.key] = _planned(shop, product, rules)
        items.append(_shown(part_number, product, plans[product.key]))
    return items


def _planned(shop: Shop, wanted: WantedProduct, rules: PushRules) -> Plan | ShopRefusedError:
    try:
        located = locate(shop, wanted, rules)
        for old in located.moved:
            leaving(wanted, old)
        if located.product is None:
            return creation(wanted, rules)
        return update(recognised(wanted, located.product), located.product, rules)
    except ShopRefusedError as error:
        return error


def _shown(part_number: str, wanted: WantedProduct, plan: Plan | ShopRefusedError) -> Item:
    if isinstance(plan, ShopRefusedError):
        return _refused(part_number, plan.refusal, plan.message)
    item_id = next(one.item_id for one in wanted.variants if one.part_number == part_number)
    changes = [one for one in plan.changes if one.item_id in (None, item_id)]
    action = Action.UPDATE if changes else Action.NONE
    if item_id in plan.joined:
        action = Action.CREATE
    return {
        "partNumber": part_number,
        "action": action.value,
        "changes": [] if action is Action.CREATE else [_change(one) for one in changes],
    }


def _refused(part_number: str, code: str, message: str) -> Item:
    return {
        "partNumber": part_number,
        "action": Action.NONE.value,
        "changes": [],
        "error": {"code": code, "message": message},
    }


def _change(one: Change) -> dict[str, Any]:
    return {"field": one.field.value, "from": _value(one.before), "to": _value(one.after)}


def _value(value: Any) -> Any:
    """As JSON has it: weights as numbers, tags as lists."""
    if isinstance(value, Decimal):
        return float(value)
    return list(value) if isinstance(value, tuple) else value
