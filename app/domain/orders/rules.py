"""What about an order is refused, flagged or let pass, by channel and account. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from app.domain.orders.allocation import Allocation
from app.domain.orders.order import NewOrder

SHOPIFY: Final = "shopify"


class RuleName(StrEnum):
    """What may be wrong with an order, the gravest first."""

    DUPLICATE_LINES = "duplicate_lines"  # a part in several lines; they are summed
    MISSING_SKU = "missing_sku"  # a channel's line that names no SKU; it is left out
    QUANTITY_OVER = "quantity_over"  # more units of a part than the rule's value
    UNKNOWN_PART = "unknown_part"  # no supplier lists it; the line is left out
    INSUFFICIENT_STOCK = "insufficient_stock"  # no supplier has enough of it; the line is left out


class Action(StrEnum):
    """What a rule does with it."""

    REFUSE = "refuse"  # the order is not taken
    FLAG = "flag"  # it is taken, and its flags say so
    IGNORE = "ignore"  # it is taken


@dataclass(frozen=True, slots=True)
class Rule:
    """A tenant's word; '' is any channel, any account. `value`: quantity_over alone has one."""

    rule: RuleName
    action: Action
    channel: str = ""
    account: str = ""
    value: int | None = None


DEFAULTS: Final = (
    Rule(RuleName.DUPLICATE_LINES, Action.IGNORE),
    Rule(RuleName.MISSING_SKU, Action.FLAG),
    Rule(RuleName.QUANTITY_OVER, Action.IGNORE),
    Rule(RuleName.UNKNOWN_PART, Action.REFUSE),
    # A shop sells more than what suppliers ship for it.
    Rule(RuleName.UNKNOWN_PART, Action.IGNORE, channel=SHOPIFY),
    Rule(RuleName.INSUFFICIENT_STOCK, Action.REFUSE),
)
SENTENCES: Final[Mapping[RuleName, str]] = {
    RuleName.DUPLICATE_LINES: "a part is in several lines; send one line for each part",
    RuleName.MISSING_SKU: "a line names no SKU; give the product one in the channel, then replay the order",
    RuleName.QUANTITY_OVER: "a line asks for more units than the rule for this channel allows",
    RuleName.UNKNOWN_PART: "no supplier lists this part; map the supplier's SKU to it, then send or replay the order",
    RuleName.INSUFFICIENT_STOCK: "no supplier has enough available; nothing was reserved",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule caught."""

    rule: RuleName
    details: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The gravest finding that refuses, if one does, and all that are to be seen."""

    refused: Finding | None
    flags: Sequence[Mapping[str, Any]]


class Rules:
    """The rules that hold for one order's channel and account."""

    def __init__(self, given: Iterable[Rule], channel: str, account: str | None) -> None:
        # Whatever the tenant says goes before any default; then the channel's before the account's before any.
        ordered = [*sorted(DEFAULTS, key=_closeness), *sorted(given, key=_closeness)]
        self._mine = {
            one.rule: one
            for one in ordered
            if one.channel in {"", channel} and one.account in {"", account or ""}
        }

    def judge(self, order: NewOrder, allocation: Allocation) -> Verdict:
        """Over everything that there is to find."""
        found = [one for one in self._findings(order, allocation) if one.details]
        refused = next((one for one in found if self._action(one.rule) is Action.REFUSE), None)
        flagged = [one for one in found if self._action(one.rule) is Action.FLAG]
        return Verdict(refused, [{"rule": one.rule, **detail} for one in flagged for detail in one.details])

    def _action(self, rule: RuleName) -> Action:
        return self._mine[rule].action

    def _findings(self, order: NewOrder, allocation: Allocation) -> Iterable[Finding]:
        over = self._mine[RuleName.QUANTITY_OVER].value
        yield Finding(RuleName.DUPLICATE_LINES, [{"partNumber": one} for one in order.repeated])
        yield Finding(RuleName.MISSING_SKU, [{"quantity": order.nameless}] if order.nameless else [])
        yield Finding(
            RuleName.QUANTITY_OVER,
            [
                {"partNumber": one.part_number, "requested": one.quantity, "allowed": over}
                for one in order.lines
                if over is not None and one.quantity > over
            ],
        )
        yield Finding(
            RuleName.UNKNOWN_PART,
            [{"partNumber": one.part_number, "requested": one.quantity} for one in allocation.unknown],
        )
        yield Finding(
            RuleName.INSUFFICIENT_STOCK,
            [
                {
                    "partNumber": one.line.part_number,
                    "requested": one.line.quantity,
                    "available": one.available,
                }
                for one in allocation.short
            ],
        )


def _closeness(rule: Rule) -> tuple[bool, bool]:
    return bool(rule.channel), bool(rule.account)
