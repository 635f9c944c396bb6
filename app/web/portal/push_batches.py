"""A distributor's pushes into the shops of all resellers that let it: choose, watch them as one, stop."""

from typing import Any, Final
from uuid import UUID

import msgspec
from flask import flash, render_template, request

from app.domain.errors import InvalidInputError
from app.domain.push.push import PushStatus
from app.domain.tenancy.tenant import Feature
from app.domain.tenancy.users import Role
from app.web.api import to_json
from app.web.context import container, principal
from app.web.paging import Page, cut, decode_place
from app.web.portal.lists import asked, following
from app.web.portal.pages import HOME, Link, Pages, is_partial, see
from app.web.portal.pushes import FAILURES_LIVE, STATES, chosen, time_left

PATH: Final = f"{HOME}/push-batches"
_ONE: Final = f"{PATH}/<uuid:batch_id>"
_FEATURE: Final = Feature.PUSH_FOR_OTHERS

pages = Pages("Catalog", Link("Push for resellers", PATH, feature=_FEATURE))


@pages.page("GET", PATH, feature=_FEATURE)
def show_batches() -> str:
    """Who lets the distributor push what, and all batches, newest first."""
    query, tenant = asked(Page), principal().tenant
    before = decode_place(query.cursor) if query.cursor else None
    batches = container().push_batches.history(tenant, query.limit + 1, before)
    page, more = cut(batches, query.limit, lambda one: (one.batch.created_at, one.batch.id))
    return render_template(
        "portal/push_batches/list.html",
        batches=[(one.batch, one.shown()) for one in page],
        rights=container().push_batches.rights(tenant),
        states=STATES,
        more=following(more),
        tenant=tenant,
    )


@pages.page("GET", f"{PATH}/new", role=Role.OPERATOR, feature=_FEATURE)
def show_order() -> str:
    """What to push to whom."""
    return _order("")


@pages.page("POST", f"{HOME}/<any(catalog,parts):grid>/push-for-resellers", feature=_FEATURE)
def order_selected(grid: str) -> str:
    """The same, with what was ticked in the grid."""
    return _order("\n".join(chosen(grid)[0]))


@pages.page("POST", PATH, feature=_FEATURE)
def begin_batch() -> object:
    """Begin, and watch it."""
    caller = principal()
    batch = container().push_batches.begin(
        caller.tenant,
        [one for one in request.form.get("parts", "").splitlines() if one.strip()],
        _resellers(request.form.getlist("reseller")),
        requested_by=caller.name,
    )
    return see(f"{PATH}/{batch.id}")


@pages.page("GET", _ONE, feature=_FEATURE)
def show_batch(batch_id: UUID) -> str:
    """One batch, shop by shop."""
    return render_template("portal/push_batches/batch.html", batch=_told(batch_id), most=FAILURES_LIVE)


@pages.page("GET", f"{_ONE}/progress", feature=_FEATURE)
def show_batch_progress(batch_id: UUID) -> str:
    """What is asked for every second or two."""
    return _progress(batch_id)


@pages.page("POST", f"{_ONE}/cancel", feature=_FEATURE)
def cancel_batch(batch_id: UUID) -> object:
    """No shop gets a push any more; each push stops after the product in flight."""
    container().push_batches.cancel(principal().tenant, batch_id)
    if is_partial():
        return _progress(batch_id)
    flash("It stops after what is under way.", "message")
    return see(f"{PATH}/{batch_id}")


def _order(part_numbers: str) -> str:
    return render_template(
        "portal/push_batches/order.html",
        rights=container().push_batches.rights(principal().tenant),
        part_numbers=part_numbers,
    )


def _progress(batch_id: UUID) -> str:
    return render_template("portal/push_batches/progress.html", batch=_told(batch_id), most=FAILURES_LIVE)


def _told(batch_id: UUID) -> dict[str, Any]:
    body = container().push_batches.progress(principal().tenant, batch_id)[1]
    batch: dict[str, Any] = msgspec.json.decode(to_json(body))
    names = {one["resellerId"]: one["name"] for one in batch["pushes"]}
    return batch | {
        "over": PushStatus(batch["status"]).over,
        "states": STATES,
        "settled": batch["total"] - batch["remaining"],
        "left": time_left(batch["etaSeconds"]),
        "names": names,
    }


def _resellers(typed: list[str]) -> list[UUID]:
    if not typed:
        raise InvalidInputError("no reseller is chosen; tick at least one")
    try:
        return [UUID(one) for one in typed]
    except ValueError:
        raise InvalidInputError("that is no reseller; choose from the list") from None
