"""The company's Shopify shop: connected step by step, tested, and told how it is used. No page has its secret."""

from collections.abc import Sequence
from typing import Any, Final

from flask import flash, make_response, render_template, request

from app.domain.activity.activity import SurfaceActivity, report
from app.domain.errors import NotFoundError, StocklineError
from app.domain.push.errors import code_of
from app.domain.shop.causes import cause_of
from app.domain.shop.connection import OPTIONAL_SCOPES, SCOPES, Connection, missing_scopes
from app.domain.shop.event import Topic
from app.domain.shop.service import RESERVE_PERCENT_MAX, Connected
from app.domain.shop.webhooks import SURFACE
from app.domain.tenancy.users import Role
from app.web import errors
from app.web.context import container, principal
from app.web.feeds import seated
from app.web.portal.forms import whole_number
from app.web.portal.pages import HOME, Link, Pages, is_partial, see

PATH: Final = f"{HOME}/shopify"

pages = Pages("Shopify", Link("Shop", PATH), Link("What a push writes", f"{PATH}/profile"))

SCOPES_FOR: Final = {
    "write_products": "products, variants, options and tags",
    "read_products": "finding a product again",
    "read_inventory": "the webhook that tells of stock",
    "write_inventory": "stock",
    "read_files": "pictures that are known already, so that no gallery fills with copies",
    "read_locations": "the name of the location, and whether it is still active",
    **OPTIONAL_SCOPES,
}
TOPICS_FOR: Final = {
    Topic.INVENTORY_LEVELS_UPDATE: "Stock that changes in the shop becomes a stock feed",
    Topic.ORDERS_CREATE: "New orders reserve what suppliers ship",
    Topic.ORDERS_FULFILLED: "Fulfilled orders take it from their stock",
    Topic.ORDERS_CANCELLED: "Cancelled orders give it back",
    Topic.PRODUCTS_DELETE: "A product that is deleted there is made anew by the next push",
    Topic.APP_UNINSTALLED: "Pushes pause when the app is removed",
}
_INTERVALS: Final = {
    "": "Never",
    "300": "Every 5 minutes",
    "900": "Every 15 minutes",
    "3600": "Every hour",
    "21600": "Every 6 hours",
    "86400": "Once a day",
}


@pages.page("GET", PATH)
def show_shop() -> str:
    """How the shop is connected, or how to connect one."""
    connection = _standing()
    return _connect_form() if connection is None else _shop(connection)


@pages.page("GET", f"{PATH}/connect", role=Role.OWNER)
def show_connect() -> str:
    """The steps again, to change the secret, the app or the shop."""
    return _connect_form(_standing())


@pages.page("POST", f"{PATH}/connect", role=Role.OWNER)
def connect_shop() -> object:
    """Connected, or back to the form with the cause; the secret is not sent back."""
    given = [request.form.get(name, "") for name in ("shop", "client_id", "client_secret")]
    try:
        with seated():
            done = container().connections.connect(principal().tenant.id, *given)
    except StocklineError as error:
        page = _connect_form(_standing(), shop=given[0], client_id=given[1], error=error)
        return make_response(page, errors.answer_of(error).status_code)
    flash(f"{done.connection.shop} is connected. Stock goes to {done.connection.location.name}.", "message")
    _tell_news(done)
    return see(PATH)


@pages.page("POST", f"{PATH}/test")
def test_shop() -> str:
    """Whether a push may begin, and if not, why."""
    with seated():
        check = container().connections.test(principal().tenant.id)
    cause = cause_of(check.code, check.message) if check.code else None
    if is_partial():
        return render_template("portal/shop/check.html", check=check, cause=cause, wanted=SCOPES_FOR)
    return _shop(container().connections.get(principal().tenant.id), check=check, cause=cause)


@pages.page("GET", f"{PATH}/location", role=Role.OWNER)
def show_locations() -> str:
    """Where stock may go, asked of the shop."""
    connections, tenant_id = container().connections, principal().tenant.id
    with seated():
        locations = connections.locations(tenant_id)
    name = "locations" if is_partial() else "location"
    return render_template(
        f"portal/shop/{name}.html", locations=locations, chosen=connections.get(tenant_id).location
    )


@pages.page("POST", f"{PATH}/location", role=Role.OWNER)
def choose_location() -> object:
    """Where stock goes from now on."""
    with seated():
        changed = container().connections.set_location(
            principal().tenant.id, request.form.get("location", "")
        )
    flash(f"Stock goes to {changed.location.name} from now on.", "message")
    return see(PATH)


@pages.page("POST", f"{PATH}/options", role=Role.OWNER)
def change_options() -> object:
    """Publishing, the reserve, the reading of stock."""
    container().connections.set_options(
        principal().tenant.id,
        publish="publish" in request.form,
        reserve_percent=whole_number("reserve", "Reserve, in percent"),
        pull_interval_s=whole_number("pull", "Read stock from the shop"),
        keep_pull=False,
    )
    flash("Saved. It counts from the next call on.", "message")
    return see(PATH)


@pages.page("POST", f"{PATH}/webhooks", role=Role.OWNER)
def subscribe_webhooks() -> object:
    """Ask the shop once more to tell us; by topic, whether it will."""
    with seated():
        done = container().connections.subscribe(principal().tenant.id)
    if is_partial():
        return render_template("portal/shop/topics.html", topics=TOPICS_FOR, done=done)
    if not done.unsubscribed and done.warning is None:
        flash(f"The shop tells us of all {len(Topic)} topics.", "message")
    _tell_news(done)
    return see(PATH)


@pages.page("GET", f"{PATH}/disconnect", role=Role.OWNER)
def ask_disconnect() -> str:
    """What it means, before it is done."""
    connection = container().connections.get(principal().tenant.id)
    dialog = is_partial()
    name = "disconnect_dialog" if dialog else "disconnect"
    return render_template(f"portal/shop/{name}.html", connection=connection, dialog=dialog)


@pages.page("POST", f"{PATH}/disconnect", role=Role.OWNER)
def disconnect_shop() -> object:
    """The secrets are forgotten; the products stay."""
    container().connections.disconnect(principal().tenant.id)
    flash("The shop is disconnected, and its secret is forgotten. Its products stay as they are.", "message")
    return see(PATH)


def _standing() -> Connection | None:
    try:
        return container().connections.get(principal().tenant.id)
    except NotFoundError:
        return None


def _connect_form(
    standing: Connection | None = None,
    *,
    shop: str = "",
    client_id: str = "",
    error: StocklineError | None = None,
) -> str:
    return render_template(
        "portal/shop/connect.html",
        standing=standing,
        shop=shop or (standing.shop if standing else ""),
        client_id=client_id or (standing.client_id if standing else ""),
        cause=error and cause_of(code_of(error), error.message),
        scopes=SCOPES,
        wanted=SCOPES_FOR,
        optional=OPTIONAL_SCOPES,
    )


def _shop(connection: Connection, **more: Any) -> str:
    pull = connection.pull_interval_s
    missing = missing_scopes(connection.scopes)
    told = container().connections.shown(connection)
    return render_template(
        "portal/shop/shop.html",
        connection=connection,
        webhook_url=told["webhookUrl"],
        next_pull_at=told["nextPullAt"],
        last_pull_error=told["lastPullError"],
        scopes=[(one, SCOPES_FOR[one], one not in missing, one in OPTIONAL_SCOPES) for one in SCOPES],
        wanted=SCOPES_FOR,
        topics=TOPICS_FOR,
        heard=_heard(),
        reserve_max=RESERVE_PERCENT_MAX,
        intervals=_intervals(pull),
        pull=str(pull or ""),
        tenant=principal().tenant,
        **more,
    )


def _heard() -> SurfaceActivity:
    """When the shop told us something last, and how often."""
    surfaces = report(container().feed_transactions, principal().tenant.id)
    return next(one for one in surfaces if one.surface == SURFACE)


def _intervals(chosen: int | None) -> Sequence[tuple[str, str]]:
    """Those to choose from, with the one that stands."""
    known = dict(_INTERVALS)
    if chosen is not None and str(chosen) not in known:
        known[str(chosen)] = f"Every {chosen:,} seconds"
    return list(known.items())


def _tell_news(done: Connected) -> None:
    if done.warning is not None:
        flash(f"The shop will not tell us its news: {done.warning}", "error")
    elif done.unsubscribed:
        flash(f"The shop will not tell us of {', '.join(done.unsubscribed)}.", "error")
