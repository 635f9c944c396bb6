"""The options of a product and what a variant chooses of each."""

from typing import Any

from app.local.shopify_sim.gids import number
from app.local.shopify_sim.state import DEFAULT_OPTION, DEFAULT_VALUE, Option, Product, Value
from app.local.shopify_sim.writing.draft import Draft
from app.local.shopify_sim.writing.mutation import unsupported

OPTIONS_MAX = 3
_NAME_MAX = 255


def default_options(draft: Draft) -> list[Option]:
    """Of a product without any: one option with one value."""
    shop = draft.call.store.shop
    return [Option(shop.number(), DEFAULT_OPTION, [Value(shop.number(), DEFAULT_VALUE)])]


def set_options(draft: Draft, given: list[dict[str, Any]], path: list[Any]) -> None:
    """All options anew; those of the same name or id keep their ids, and so do their values."""
    if len(given) > OPTIONS_MAX:
        draft.wrong("OPTIONS_OVER_LIMIT", path, f"Options are limited to {OPTIONS_MAX} per product")
    known = {one.name.lower(): one for one in draft.product.options}
    by_id = {one.id: one for one in draft.product.options}
    made: list[Option] = []
    for place, one in sorted(enumerate(given), key=lambda each: each[1].get("position") or each[0] + 1):
        here = [*path, place]
        unsupported(one, "linkedMetafield")
        old = by_id.get(number(one["id"], "ProductOption") or 0) if one.get("id") else None
        if one.get("id") and old is None:
            draft.wrong("OPTION_DOES_NOT_EXIST", [*here, "id"], "Option does not exist")
        name = (one.get("name") or (old.name if old else "")).strip()
        if not name or len(name) > _NAME_MAX:
            draft.wrong("INVALID_INPUT", [*here, "name"], "Option name can't be blank")
        if any(each.name.lower() == name.lower() for each in made):
            draft.wrong("DUPLICATED_OPTION_NAME", [*here, "name"], f"Option '{name}' is duplicated")
        old = old or known.get(name.lower())
        option = Option(old.id if old else draft.call.store.shop.number(), name)
        option.values = _values(draft, old, one.get("values") or [], here)
        made.append(option)
    draft.product.options = made


def _values(draft: Draft, old: Option | None, given: list[dict[str, Any]], path: list[Any]) -> list[Value]:
    if not given:
        draft.wrong(
            "OPTION_VALUES_MISSING", [*path, "values"], "Each option must have at least one option value"
        )
    known = {one.name: one for one in old.values} if old else {}
    by_id = {one.id: one for one in old.values} if old else {}
    made: list[Value] = []
    for place, one in enumerate(given):
        kept = by_id.get(number(one["id"], "ProductOptionValue") or 0) if one.get("id") else None
        if one.get("id") and kept is None:
            draft.wrong(
                "OPTION_VALUE_DOES_NOT_EXIST", [*path, "values", place, "id"], "Option value does not exist"
            )
        name = (one.get("name") or (kept.name if kept else "")).strip()
        if not name or len(name) > _NAME_MAX:
            draft.wrong("INVALID_INPUT", [*path, "values", place, "name"], "Option value name can't be blank")
        if any(each.name.lower() == name.lower() for each in made):
            here = [*path, "values", place, "name"]
            draft.wrong("DUPLICATED_OPTION_VALUE", here, f"Option value '{name}' is duplicated")
        kept = kept or known.get(name)
        made.append(Value(kept.id if kept else draft.call.store.shop.number(), name))
    return made


def chosen(draft: Draft, given: list[dict[str, Any]], path: list[Any], code: str) -> dict[int, int] | None:
    """A variant's choice, a value of every option; None when something is wrong about it."""
    faults = len(draft.errors)
    choice: dict[int, int] = {}
    for place, one in enumerate(given):
        here = [*path, "optionValues", place]
        unsupported(one, "linkedMetafieldValue")
        option = _option(draft.product, one)
        if option is None:
            draft.wrong("OPTION_DOES_NOT_EXIST", here, "Option does not exist")
            continue
        value = _value(option, one)
        if value is None:
            draft.wrong("OPTION_VALUE_DOES_NOT_EXIST", here, "Option value does not exist")
            continue
        choice[option.id] = value.id
    missing = [one.name for one in draft.product.options if one.id not in choice]
    if missing and len(draft.errors) == faults:
        draft.wrong(code, path, f"You need to add option values for {', '.join(missing)}")
    return None if len(draft.errors) > faults else choice


def _option(product: Product, given: dict[str, Any]) -> Option | None:
    if given.get("optionId"):
        wanted = number(given["optionId"], "ProductOption")
        return next((one for one in product.options if one.id == wanted), None)
    name = (given.get("optionName") or "").strip().lower()
    return next((one for one in product.options if one.name.lower() == name), None)


def _value(option: Option, given: dict[str, Any]) -> Value | None:
    if given.get("id"):
        wanted = number(given["id"], "ProductOptionValue")
        return next((one for one in option.values if one.id == wanted), None)
    name = (given.get("name") or "").strip().lower()
    return next((one for one in option.values if one.name.lower() == name), None)


def titled(product: Product, choice: dict[int, int]) -> str:
    """The title of the variant that has this choice."""
    names = {value.id: value.name for option in product.options for value in option.values}
    return " / ".join(names[choice[option.id]] for option in product.options)
