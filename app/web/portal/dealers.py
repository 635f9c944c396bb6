"""A tenant's dealers: as a list and on a map, one by one, and from a file that is looked at before it is written."""

import hashlib
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from flask import flash, render_template, request

from app.domain.errors import InvalidInputError
from app.domain.network.dealer import FIELDS
from app.domain.network.dealers import StoredDealer, shown
from app.domain.network.hours import DAYS
from app.domain.network.hours_plain import DAY_NAMES, day_text, hours_of, plain_days, plain_exceptions
from app.domain.tenancy.users import Role
from app.web.context import container, principal
from app.web.dealers_desk import DealerQuery, found_dealers, import_file
from app.web.portal.dealer_map import map_of
from app.web.portal.pages import HOME, Pages, is_partial, see

PATH: Final = f"{HOME}/dealers"
ON_THE_MAP_MAX: Final = 1_000

pages = Pages("Network")
"""Its link is with stock sharing's."""

_TEXTS: Final = tuple(name for name in FIELDS if name not in {"active", "openingHours"})


@pages.page("GET", PATH)
def list_dealers() -> str:
    """Those that were sought, page by page, and the first thousand of them on a map."""
    query = DealerQuery.model_validate(request.args.to_dict())
    dealers, more = found_dealers(query)
    on_the_map = container().network.dealers(
        principal().tenant.id, ON_THE_MAP_MAX + 1, sought=query.q.strip()
    )
    return render_template(
        "portal/dealers/list.html",
        dealers=[shown(one) for one in dealers],
        q=query.q,
        map=map_of(on_the_map[:ON_THE_MAP_MAX]),
        map_is_cut=len(on_the_map) > ON_THE_MAP_MAX,
        token=principal().tenant.mapbox_token,
        paged=bool(query.cursor),
        more=more and f"{PATH}?{urlencode({'q': query.q, 'cursor': more})}",
    )


@pages.page("GET", f"{PATH}/new", role=Role.OPERATOR)
def show_new_dealer() -> str:
    """The form for one that is not there yet."""
    return _form(None)


@pages.page("POST", f"{PATH}/new")
def create_dealer() -> object:
    """One more."""
    made = container().network.create_dealer(principal().tenant.id, _typed())
    flash(f"{made.dealer.name} is added.", "message")
    return see(f"{PATH}/{made.id}")


@pages.page("GET", f"{PATH}/<uuid:dealer_id>")
def show_dealer(dealer_id: UUID) -> str:
    """One of them, where it is and when it is open."""
    stored = _dealer(dealer_id)
    hours = stored.dealer.opening_hours or {}
    return render_template(
        "portal/dealers/dealer.html",
        dealer=shown(stored),
        week=[(DAY_NAMES[day], day_text(hours.get(day, ()))) for day in DAYS] if hours else (),
        exceptions=[(day, day_text(on)) for day, on in hours.get("exceptions", {}).items()],
        map=map_of([stored]),
        token=principal().tenant.mapbox_token,
    )


@pages.page("GET", f"{PATH}/<uuid:dealer_id>/edit", role=Role.OPERATOR)
def show_dealer_form(dealer_id: UUID) -> str:
    """The form for one that is there."""
    return _form(_dealer(dealer_id))


@pages.page("POST", f"{PATH}/<uuid:dealer_id>/edit")
def change_dealer(dealer_id: UUID) -> object:
    """What the form has, as a whole."""
    changed = container().network.change_dealer(principal().tenant.id, dealer_id, _typed())
    flash(f"{changed.dealer.name} is saved.", "message")
    return see(f"{PATH}/{dealer_id}")


@pages.page("POST", f"{PATH}/<uuid:dealer_id>/remove")
def remove_dealer(dealer_id: UUID) -> object:
    """For good."""
    container().network.remove_dealer(principal().tenant.id, dealer_id)
    flash("The dealer is removed, with the stock that its location reported.", "message")
    return see(PATH)


@pages.page("GET", f"{PATH}/import", role=Role.OPERATOR)
def show_import() -> str:
    """Where a file is chosen, and what it may look like."""
    return render_template("portal/dealers/import.html", fields=list(FIELDS))


@pages.page("POST", f"{PATH}/import")
def import_dealers() -> object:
    """First what the file would do; then, if it is the file that was looked at, do it."""
    file = request.files.get("file")
    if file is None or not file.filename:
        raise InvalidInputError("choose a file first: .csv with a header, or .jsonl with one object a line")
    body = file.stream.read()
    looked_at = hashlib.sha256(body).hexdigest()
    confirmed = request.form.get("confirm", "")
    write = bool(confirmed) and confirmed == looked_at
    imported = import_file(file.filename, body.removeprefix(b"\xef\xbb\xbf"), dry_run=not write)
    told = {
        "imported": imported,
        "written": write,
        "looked_at": looked_at,
        "changed": bool(confirmed) and not write,
        "filename": file.filename,
    }
    if is_partial():
        return render_template("portal/dealers/preview.html", **told)
    return render_template("portal/dealers/import.html", fields=list(FIELDS), **told)


def _dealer(dealer_id: UUID) -> StoredDealer:
    return container().network.dealer(principal().tenant.id, dealer_id)


def _form(stored: StoredDealer | None) -> str:
    hours = stored.dealer.opening_hours if stored else None
    return render_template(
        "portal/dealers/form.html",
        dealer=shown(stored) if stored else {"active": True},
        stored=stored,
        days=[(day, DAY_NAMES[day], text) for day, text in plain_days(hours).items()],
        exceptions=plain_exceptions(hours),
    )


def _typed() -> dict[str, Any]:
    """What the form's fields say, by the API's names; the use case checks it."""
    given: dict[str, Any] = {name: request.form.get(name, "") for name in _TEXTS}
    given["active"] = "active" in request.form
    given["openingHours"] = hours_of(
        {day: request.form.get(day, "") for day in DAYS}, request.form.get("exceptions", "")
    )
    return given
