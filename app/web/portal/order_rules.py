"""The form of one rule for orders: what was typed, and what is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import pydantic

from app.domain.orders import order as limits
from app.domain.orders.rules import Action, Rule, RuleName
from app.web.order_models import RuleBody

RULES: Final = {
    "duplicate_lines": "The same part in several lines",
    "missing_sku": "A line without an SKU",
    "quantity_over": "More units of a part than a limit",
    "unknown_part": "A part that no supplier lists",
    "insufficient_stock": "More units than any supplier has",
}
MEANINGS: Final = {
    "duplicate_lines": "Where the order is taken, the units of these lines are added up.",
    "missing_sku": "Nobody can tell which part is meant. Where the order is taken, this line is left out.",
    "quantity_over": "A slip of the keyboard, or somebody who buys you empty. Where the order is taken, all of it is reserved.",
    "unknown_part": "Nobody could ship it. Where the order is taken, this line is left out.",
    "insufficient_stock": "Where the order is taken, this line is left out, and nothing is reserved for it.",
}
ACTIONS: Final = {
    "refuse": "the order is refused",
    "flag": "it is taken, with a flag",
    "ignore": "it is taken",
}
CHOICES: Final = {
    "refuse": "Refuse the order: nothing is reserved, and it waits under Refused",
    "flag": "Take it with a flag: the order says what was found",
    "ignore": "Take it and say nothing",
}
THERE: Final = {"rule": "You have this rule for the same channel and account already: change that one."}
FIELDS: Final = ("rule", "action", "channel", "account", "value")
_WRONG: Final = {
    "rule": "Choose one of the list.",
    "action": "Choose one of the list.",
    "channel": f"At most {limits.CHANNEL_MAX} characters and no slash, or empty for any channel.",
    "account": f"At most {limits.ACCOUNT_MAX} characters, or empty for any account.",
    "value": f"Type a whole number of units, from 1 to {limits.QUANTITY_MAX:,}.",
}


@dataclass(frozen=True, slots=True)
class Typed:
    """A form that was filled in. `rule` is None while something is wrong; `errors` says what, by field."""

    values: Mapping[str, str]
    rule: Rule | None = None
    errors: Mapping[str, str] = field(default_factory=dict)


def typed(given: Mapping[str, str]) -> Typed:
    """The rule that the fields say, or what is wrong with them."""
    values = {name: given.get(name, "").strip() for name in FIELDS}
    try:
        body = RuleBody.model_validate(values | {"value": values["value"] or None})
    except pydantic.ValidationError as error:
        wrong = [str(one["loc"][0]) for one in error.errors()]
        return Typed(values, errors={name: _WRONG[name] for name in wrong})
    limited = body.rule is RuleName.QUANTITY_OVER
    if limited and body.value is None:
        return Typed(values, errors={"value": "Say how many units of a part are allowed."})
    if body.value is not None and not limited:
        return Typed(
            values, errors={"value": f"Only “{RULES['quantity_over']}” has a limit: leave it empty."}
        )
    return Typed(values, Rule(body.rule, body.action, body.channel, body.account, body.value))


def filled(rule: Rule) -> dict[str, str]:
    """The form's fields as the rule has them."""
    value = "" if rule.value is None else str(rule.value)
    return {
        "rule": rule.rule.value,
        "action": rule.action.value,
        "channel": rule.channel,
        "account": rule.account,
        "value": value,
    }


def begun(given: Mapping[str, str]) -> dict[str, str]:
    """A new form, with what a link said already."""
    blank = {"rule": RuleName.QUANTITY_OVER.value, "action": Action.REFUSE.value}
    return {name: given.get(name) or blank.get(name, "") for name in FIELDS}
