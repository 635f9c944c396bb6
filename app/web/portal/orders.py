"""Orders: what is reserved and where, what is short, what was refused and what is at stake, and by which rules."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from flask import Response, flash, render_template, request

from app.domain.orders.errors import RuleThereError
from app.domain.orders.order import Status
from app.domain.orders.rule_list import Place, found
from app.domain.orders.rules import DEFAULTS, Rule
from app.domain.tenancy.users import Role
from app.web import order_models as models
from app.web import orders_desk as api
from app.web.context import container, tenant_id
from app.web.paging import Page
from app.web.portal import order_rules
from app.web.portal.lists import age, asked, following
from app.web.portal.pages import HOME, Link, Pages, see

PATH: Final = f"{HOME}/orders"
TONES: Final = {
    "reserved": "warn",
    "fulfilled": "good",
    "cancelled": "plain",
    "expired": "plain",
    "open": "warn",
    "resolved": "good",
    "dismissed": "plain",
    "refuse": "bad",
    "flag": "warn",
    "ignore": "plain",
}
STATES: Final = (("", "any"), *((one.value, one.value) for one in Status))

pages = Pages("Supply", Link("Orders", PATH))


@pages.page("GET", PATH)
def list_orders() -> str:
    """Newest first."""
    query = asked(models.OrderQuery)
    told = api.list_orders(query)
    return _page("list", query=query, orders=told["data"], codes=_codes(), more=following(told["nextCursor"]))


@pages.page("GET", f"{PATH}/one")
def show_order() -> str:
    """By its channel and its id there, which may have slashes in it."""
    order = container().orders.get(tenant_id(), *_named(request.args))
    return _page("one", order=order.shown(), codes=_codes())


@pages.page("POST", f"{PATH}/fulfil")
def fulfil_order() -> object:
    """Its units left the supplier."""
    order = container().orders.fulfil(tenant_id(), *_named(request.form))
    flash(f"Order {order.order_id} is fulfilled.", "message")
    return see(_place(order.channel, order.order_id))


@pages.page("POST", f"{PATH}/cancel")
def cancel_order() -> object:
    """Its units are free again."""
    order = container().orders.cancel(tenant_id(), *_named(request.form))
    flash(f"Order {order.order_id} is cancelled; what it held is free again.", "message")
    return see(_place(order.channel, order.order_id))


@pages.page("GET", f"{PATH}/shortages")
def list_shortages() -> str:
    """SKUs with the orders that they owe units to."""
    told = api.list_shortages(asked(Page))
    return _page("shortages", shortages=told["data"], more=following(told["nextCursor"]))


@pages.page("GET", f"{PATH}/refusals")
def list_refusals() -> str:
    """What is most at stake first."""
    query = asked(models.RefusalQuery)
    told = api.list_order_refusals(query)
    return _page("refusals", query=query, refusals=told["data"], more=following(told["nextCursor"]))


@pages.page("POST", f"{PATH}/refusals/<uuid:refusal_id>/replay")
def replay_refusal(refusal_id: UUID) -> object:
    """Try it again; refused again it stays, and says why."""
    done = container().order_refusals.replay(tenant_id(), refusal_id)
    if done.refusal.state == "open":
        flash(f"Order {done.refusal.order_id} is refused again: {done.refusal.message}", "error")
    else:
        flash(f"Order {done.refusal.order_id} is taken.", "message")
    return see(f"{PATH}/refusals")


@pages.page("POST", f"{PATH}/refusals/<uuid:refusal_id>/dismiss")
def dismiss_refusal(refusal_id: UUID) -> object:
    """Let it go."""
    done = container().order_refusals.dismiss(tenant_id(), refusal_id)
    flash(f"Order {done.order_id} is off the list.", "message")
    return see(f"{PATH}/refusals")


@pages.page("POST", f"{PATH}/refusals/replay")
def replay_refusals() -> object:
    """All of them, those with most at stake first."""
    told = api.replay_order_refusals()
    flash(f"{told['taken']} taken, {told['refused']} refused again.", "message")
    return see(f"{PATH}/refusals")


@pages.page("GET", f"{PATH}/rules")
def show_rules() -> str:
    """The tenant's own, and what holds where they are silent."""
    return _page(
        "rules",
        rules=_rules(),
        defaults=DEFAULTS,
        actions=order_rules.ACTIONS,
        meanings=order_rules.MEANINGS,
    )


@pages.page("GET", f"{PATH}/rules/new", role=Role.OPERATOR)
def show_new_rule() -> str:
    """The form of one that is not there yet."""
    return _rule_form(order_rules.begun(request.args))


@pages.page("POST", f"{PATH}/rules/new")
def add_rule() -> object:
    """One more, for every order from now on."""
    return _save_rule(None, "Added.")


@pages.page("GET", f"{PATH}/rules/one", role=Role.OPERATOR)
def show_rule() -> str:
    """The form of one that is there."""
    place = _rule_named(request.args)
    return _rule_form(order_rules.filled(found(_rules(), place)), was=place)


@pages.page("POST", f"{PATH}/rules/one")
def change_rule() -> object:
    """As the form says, for every order from now on."""
    return _save_rule(_rule_named(request.form, "was-"), "Changed.")


@pages.page("POST", f"{PATH}/rules/remove")
def remove_rule() -> object:
    """What holds without it holds from now on."""
    container().orders.drop_rule(tenant_id(), _rule_named(request.form))
    return _rules_changed("Taken away.")


def _save_rule(was: Place | None, said: str) -> object:
    """The list with what was typed; the form again, with what is wrong beside its field."""
    typed = order_rules.typed(request.form)
    if typed.rule is None:
        return Response(_rule_form(typed.values, typed.errors, was), 400, mimetype="text/html")
    try:
        container().orders.save_rule(tenant_id(), typed.rule, was)
    except RuleThereError:
        return Response(_rule_form(typed.values, order_rules.THERE, was), 409, mimetype="text/html")
    return _rules_changed(said)


def _rules_changed(said: str) -> object:
    flash(
        f"{said} It holds for every order from now on; what is under Refused waits to be tried again.",
        "message",
    )
    return see(f"{PATH}/rules")


def _rule_form(
    values: Mapping[str, str],
    errors: Mapping[str, str] | None = None,
    was: Place | None = None,
) -> str:
    return _page(
        "rule_form",
        values=values,
        errors=errors or {},
        was=was,
        meanings=order_rules.MEANINGS,
        choices=order_rules.CHOICES,
    )


def _rule_named(given: Any, prefix: str = "") -> Place:
    rule, channel, account = (given.get(f"{prefix}{name}", "") for name in ("rule", "channel", "account"))
    return rule, channel, account


def _rules() -> Sequence[Rule]:
    return container().orders.rules(tenant_id())


def _named(given: Any) -> tuple[str, str]:
    return given.get("channel", ""), given.get("orderId", "")


def _place(channel: str, order_id: str) -> str:
    return f"{PATH}/one?{urlencode({'channel': channel, 'orderId': order_id})}"


def _codes() -> dict[UUID, str]:
    return {one.id: one.code for one in container().suppliers.names(tenant_id())}


def _page(name: str, **given: Any) -> str:
    return render_template(
        f"portal/orders/{name}.html",
        tones=TONES,
        states=STATES,
        names=order_rules.RULES,
        age=age,
        place=_place,
        **given,
    )
