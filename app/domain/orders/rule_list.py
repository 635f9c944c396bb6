"""A tenant's rules for orders, changed one by one."""

from collections.abc import Sequence
from typing import Final

from app.domain.errors import InvalidInputError, NotFoundError
from app.domain.orders.errors import RuleThereError
from app.domain.orders.rules import Rule

RULES_MAX: Final = 500
Place = tuple[str, str, str]
"""What a rule is known by: the rule, its channel, its account."""


def place_of(rule: Rule) -> Place:
    """A tenant has one rule for each."""
    return rule.rule.value, rule.channel, rule.account


def found(rules: Sequence[Rule], place: Place) -> Rule:
    """Raises NotFoundError when somebody took it away."""
    for one in rules:
        if place_of(one) == place:
            return one
    raise NotFoundError("this rule is not there any more; load the list of rules again")


def with_one(rules: Sequence[Rule], rule: Rule, was: Place | None = None) -> list[Rule]:
    """The list with the rule, in the place of the one that it was.

    Raises RuleThereError, NotFoundError, InvalidInputError.
    """
    if place_of(rule) in {place_of(one) for one in rules} - {was}:
        raise RuleThereError("there is a rule for the same channel and account already; change that one")
    if was is None:
        if len(rules) >= RULES_MAX:
            raise InvalidInputError(f"{RULES_MAX} rules are the most; take one away first")
        return [*rules, rule]
    old = found(rules, was)
    return [rule if one is old else one for one in rules]


def without(rules: Sequence[Rule], place: Place) -> list[Rule]:
    """The list without it. Raises NotFoundError."""
    gone = found(rules, place)
    return [one for one in rules if one is not gone]
