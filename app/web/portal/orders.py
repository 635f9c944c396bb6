"""Orders: what is reserved and where, what is short, what was refused and what is at stake, and by which rules."""

from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from flask import flash, render_template, request

from app.domain.orders.order import Status
from app.domain.orders.rules import DEFAULTS
from app.web import order_models as models
from app.web import orders_desk as api
from app.web.context import container, principal
from app.web.paging import Page
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
RULES: Final = {
    "duplicate_lines": "The same part in several lines",
    "missing_sku": "A line without an SKU",
    "quantity_over": "More units of a part than a limit",
    "unknown_part": "A part that no supplier lists",
    "insufficient_stock": "More units than any supplier has",
}
ACTIONS: Final = {
    "refuse": "the order is refused",
    "flag": "it is taken, with a flag",
    "ignore": "it is taken",
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
    order = container().orders.get(_tenant_id(), *_named(request.args))
    return _page("one", order=order.shown(), codes=_codes())


@pages.page("POST", f"{PATH}/fulfil")
def fulfil_order() -> object:
    """Its units left the supplier."""
    order = container().orders.fulfil(_tenant_id(), *_named(request.form))
    flash(f"Order {order.order_id} is fulfilled.", "message")
    return see(_place(order.channel, order.order_id))


@pages.page("POST", f"{PATH}/cancel")
def cancel_order() -> object:
    """Its units are free again."""
    order = container().orders.cancel(_tenant_id(), *_named(request.form))
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
    done = container().order_refusals.replay(_tenant_id(), refusal_id)
    if done.refusal.state == "open":
        flash(f"Order {done.refusal.order_id} is refused again: {done.refusal.message}", "error")
    else:
        flash(f"Order {done.refusal.order_id} is taken.", "message")
    return see(f"{PATH}/refusals")


@pages.page("POST", f"{PATH}/refusals/<uuid:refusal_id>/dismiss")
def dismiss_refusal(refusal_id: UUID) -> object:
    """Let it go."""
    done = container().order_refusals.dismiss(_tenant_id(), refusal_id)
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
    rules = container().orders.rules(_tenant_id())
    return _page("rules", rules=rules, defaults=DEFAULTS, actions=ACTIONS)


def _named(given: Any) -> tuple[str, str]:
    return given.get("channel", ""), given.get("orderId", "")


def _place(channel: str, order_id: str) -> str:
    return f"{PATH}/one?{urlencode({'channel': channel, 'orderId': order_id})}"


def _codes() -> dict[UUID, str]:
    return {one.id: one.code for one in container().suppliers.names(_tenant_id())}


def _tenant_id() -> UUID:
    return principal().tenant.id


def _page(name: str, **given: Any) -> str:
    return render_template(
        f"portal/orders/{name}.html", tones=TONES, states=STATES, names=RULES, age=age, place=_place, **given
    )
