"""Part numbers that feeds named and nobody knew: said what they are, or dismissed; and the aliases there are."""

from contextlib import suppress
from typing import Any
from urllib.parse import quote, urlencode

from flask import flash, render_template, request

from app.domain.errors import NotFoundError
from app.domain.stock.not_found import Order
from app.domain.tenancy.users import Role
from app.web.context import container, principal, request_id
from app.web.feed_desk_models import AliasQuery, NotFoundQuery
from app.web.paging import cut, decode_text
from app.web.portal.feed_words import SURFACES
from app.web.portal.feeds import PATH as FEEDS
from app.web.portal.lists import age, asked, following
from app.web.portal.pages import Pages, is_partial, see
from app.web.unknown_parts import read

pages = Pages("Unknown part numbers")

PATH = f"{FEEDS}/not-found"
ALIASES = f"{FEEDS}/aliases"
ORDERS = [(Order.TIMES.value, "Most often"), (Order.LAST.value, "Latest")]


@pages.page("GET", PATH)
def unknown() -> str:
    """The list."""
    query = asked(NotFoundQuery)
    found, more = read(query)
    return render_template(
        "portal/feeds/not_found.html",
        found=found,
        more=following(more),
        query=query,
        orders=ORDERS,
        names=SURFACES,
        age=age,
        path=PATH,
        aliases=ALIASES,
        url=_alias_of,
    )


@pages.page("GET", f"{PATH}/alias", role=Role.OPERATOR)
def ask_what_it_is() -> str:
    """The dialog, or without script the page, in which somebody says what a part number is."""
    alias = request.args.get("alias", "")
    sought = request.args.get("q", alias)
    template = "portal/feeds/alias_dialog.html" if is_partial() else "portal/feeds/alias.html"
    return render_template(
        template, alias=alias, sought=sought, path=PATH, **_suggested(sought), **_last(alias)
    )


@pages.page("GET", f"{PATH}/suggestions", role=Role.OPERATOR)
def suggestions() -> str:
    """What fits the words typed so far."""
    return render_template("portal/feeds/suggestions.html", **_suggested(request.args.get("q", "")))


@pages.page("POST", f"{PATH}/alias")
def say_what_it_is() -> object:
    """The alias, and if wanted what was last sent under it."""
    alias, part_number = request.form.get("alias", ""), request.form.get("partNumber", "").strip()
    here, caller = container(), principal()
    here.aliases.add(caller.tenant.id, alias, part_number)
    flash(f"{alias} now means {part_number}. The next feed that names it will find it.", "message")
    if "resend" in request.form:
        feed = here.resender.resend(caller.tenant, alias, request_id=request_id())
        flash(f"What was last sent of it is being applied, as feed {feed.id}.", "message")
    return see(PATH)


@pages.page("POST", f"{PATH}/dismiss")
def dismiss() -> object:
    """Out of the list."""
    part_number = request.form.get("partNumber", "")
    container().not_found.dismiss(principal().tenant.id, part_number, principal().name)
    flash(f"{part_number} is dismissed: it is shown no more, however often it comes.", "message")
    return see(PATH)


@pages.page("POST", f"{PATH}/restore")
def restore() -> object:
    """Into the list again."""
    part_number = request.form.get("partNumber", "")
    container().not_found.restore(principal().tenant.id, part_number)
    flash(f"{part_number} is in the list again.", "message")
    return see(f"{PATH}?dismissed=true")


@pages.page("GET", ALIASES)
def aliases() -> str:
    """Every alias there is."""
    query = asked(AliasQuery)
    after = decode_text(query.cursor) if query.cursor else ""
    found = container().aliases.list(principal().tenant.id, query.limit + 1, after, query.q)
    page, more = cut(found, query.limit, lambda one: (one.alias,))
    return render_template(
        "portal/feeds/aliases.html", found=page, more=following(more), query=query, path=ALIASES, unknown=PATH
    )


@pages.page("POST", ALIASES)
def add_alias() -> object:
    """One more, for a name that no feed has named yet."""
    alias, part_number = request.form.get("alias", "").strip(), request.form.get("partNumber", "").strip()
    container().aliases.add(principal().tenant.id, alias, part_number)
    flash(f"{alias} now means {part_number}. The next feed that names it will find it.", "message")
    return see(ALIASES)


@pages.page("POST", f"{ALIASES}/remove")
def remove_alias() -> object:
    """The name means nothing any more."""
    alias = request.form.get("alias", "")
    container().aliases.remove(principal().tenant.id, alias)
    flash(f"{alias} is no alias any more; the next feed that names it will not find it.", "message")
    return see(ALIASES)


def _alias_of(part_number: str) -> str:
    return f"{PATH}/alias?{urlencode({'alias': part_number}, quote_via=quote)}"


def _suggested(sought: str) -> dict[str, Any]:
    found = container().aliases.suggest(principal().tenant.id, sought[:128])
    return {"suggestions": found, "typed": sought.strip()}


def _last(alias: str) -> dict[str, Any]:
    """What was last sent of it, where that is kept still."""
    with suppress(NotFoundError):
        found = container().resender.row(principal().tenant.id, alias)
        if found:
            feed, row = found
            return {"last": row, "sent": age(feed.accepted_at)}
    return {"last": None, "sent": None}
