"""Pushes into one's own shop: look at what would change, begin, watch, stop, go on, try the failed again; history."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import msgspec
from flask import flash, render_template, request

from app.domain.catalog.items import Source
from app.domain.errors import NotFoundError, StocklineError
from app.domain.push.errors import NothingToPushError, PushRunningError
from app.domain.push.push import Push, PushStatus
from app.domain.push.service import PART_NUMBERS_MAX
from app.domain.tenancy.users import Role
from app.web.context import container, principal
from app.web.errors import HttpError
from app.web.feeds import seated
from app.web.item_models import ItemsQuery
from app.web.paging import Page, cut, decode_place
from app.web.portal.lists import asked, following
from app.web.portal.pages import HOME, Link, Pages, is_partial, see

PATH: Final = f"{HOME}/pushes"
_ONE: Final = f"{PATH}/<uuid:push_id>"
_GRID: Final = f"{HOME}/<any(catalog,parts):grid>/push"
LOOKED_AT: Final = 20
"""So many parts are compared with the shop before a push: each takes it a call or two."""
FAILURES_LIVE: Final = 50
"""So many failures are shown while a push runs and in the dialog; its page has all that are told."""
STATES: Final = {
    "queued": ("Waiting for a worker", "plain"),
    "running": ("Running", "plain"),
    "paused": ("Paused", "warn"),
    "completed": ("Done", "good"),
    "cancelled": ("Cancelled", "warn"),
    "failed": ("Stopped by an error", "bad"),
}

pages = Pages("Catalog", Link("Pushes", PATH))


@pages.page("POST", f"{_GRID}/check", role=Role.OPERATOR)
def check_push(grid: str) -> str:
    """The dialog before a push: how many parts, and what would change; or the push that is under way."""
    going = under_way()
    if going is not None and not going["over"]:
        return _dialog(going, "A push is under way. Yours can begin when it is over.")
    part_numbers, everything = chosen(grid)
    return render_template(
        _around("order"),
        piece="order",
        grid=grid,
        count=len(part_numbers),
        chosen=() if everything else part_numbers,
        looked_at=min(len(part_numbers), LOOKED_AT),
        query=request.query_string.decode(),
    )


@pages.page("POST", f"{_GRID}/differences", role=Role.OPERATOR)
def show_differences(grid: str) -> str:
    """What a push would change of the first parts; nothing is written."""
    part_numbers, _ = chosen(grid)
    try:
        with seated():
            items = container().pushes.dry_run(principal().tenant.id, part_numbers[:LOOKED_AT])
    except (StocklineError, HttpError) as error:
        return render_template("portal/pushes/refused.html", error=error)
    actions = [item["action"] for item in items if "error" not in item]
    counts = {action: actions.count(action) for action in ("create", "update", "none")}
    return render_template("portal/pushes/differences.html", items=items, counts=counts, of=len(part_numbers))


@pages.page("POST", _GRID)
def begin_push(grid: str) -> object:
    """Begin, and watch it."""
    tenant_id, (part_numbers, _) = principal().tenant.id, chosen(grid)
    try:
        push = container().pushes.begin(tenant_id, part_numbers, requested_by=principal().name)
    except PushRunningError:
        if not is_partial():
            raise
        going = under_way()
        if going is None:
            raise
        return _dialog(going, "Somebody began a push just before you: here it is.")
    except StocklineError as error:
        if not is_partial():
            raise
        return render_template("portal/pushes/stopped.html", error=error)
    if not is_partial():
        return see(f"{PATH}/{push.id}")
    return _dialog(_told(push.id))


@pages.page("GET", PATH)
def show_pushes() -> str:
    """The history, newest first."""
    query = asked(Page)
    before = decode_place(query.cursor) if query.cursor else None
    pushes = container().pushes.history(principal().tenant.id, query.limit + 1, before)
    page, more = cut(pushes, query.limit, lambda push: (push.created_at, push.id))
    return render_template("portal/pushes/list.html", pushes=page, more=following(more), states=STATES)


@pages.page("GET", f"{PATH}/current")
def show_bar() -> str:
    """The line above the grid that tells of a push."""
    return render_template("portal/pushes/bar.html", push=under_way())


@pages.page("GET", _ONE)
def show_push(push_id: UUID) -> str:
    """One push."""
    push = _told(push_id)
    shown = len(push["failures"]) if push["over"] else FAILURES_LIVE
    return render_template("portal/pushes/push.html", push=push, most=shown)


@pages.page("GET", f"{_ONE}/dialog")
def show_push_dialog(push_id: UUID) -> str:
    """The same in a dialog over the grid; closing it leaves the push running."""
    return _dialog(_told(push_id))


@pages.page("GET", f"{_ONE}/progress")
def show_progress(push_id: UUID) -> str:
    """What is asked for every second."""
    return _progress(_told(push_id))


@pages.page("POST", f"{_ONE}/cancel")
def cancel_push(push_id: UUID) -> object:
    """Stop after the product in flight."""
    return _changed(
        container().pushes.cancel(principal().tenant.id, push_id), "It stops after what is under way."
    )


@pages.page("POST", f"{_ONE}/resume")
def resume_push(push_id: UUID) -> object:
    """Go on after a pause."""
    return _changed(container().pushes.resume(principal().tenant.id, push_id), "It goes on.")


@pages.page("POST", f"{_ONE}/retry-failed")
def retry_failed_push(push_id: UUID) -> object:
    """A new push of what failed."""
    pushes, caller = container().pushes, principal()
    push = pushes.retry_failed(caller.tenant.id, push_id, requested_by=caller.name)
    words = "This is a new push of what failed."
    return _dialog(_told(push.id), words) if is_partial() else _changed(push, words)


def under_way() -> dict[str, Any] | None:
    """The push that runs, or was over within the last hour; None without one."""
    try:
        return _told(container().pushes.current(principal().tenant.id).id)
    except NotFoundError:
        return None


def _told(push_id: UUID) -> dict[str, Any]:
    push: dict[str, Any] = msgspec.json.decode(container().pushes.progress(principal().tenant.id, push_id)[1])
    text, kind = STATES[push["status"]]
    settled = push["total"] - push["remaining"]
    return push | {
        "over": PushStatus(push["status"]).over,
        "state": text,
        "kind": kind,
        "settled": settled,
        "left": time_left(push["etaSeconds"]),
    }


def time_left(seconds: int | None) -> str:
    """How long it will take, in words."""
    if seconds is None:
        return ""
    if seconds < 90:
        return f"about {max(seconds, 1)} s left"
    minutes = round(seconds / 60)
    return f"about {minutes} min left" if minutes < 90 else f"about {round(minutes / 60)} h left"


def _changed(push: Push, words: str) -> object:
    if is_partial():
        return _progress(_told(push.id))
    flash(words, "message")
    return see(f"{PATH}/{push.id}")


def _progress(push: dict[str, Any]) -> str:
    return render_template("portal/pushes/progress.html", push=push, most=FAILURES_LIVE)


def _dialog(push: dict[str, Any], words: str = "") -> str:
    return render_template(_around("watch"), piece="watch", push=push, words=words, most=FAILURES_LIVE)


def _around(piece: str) -> str:
    """The piece alone for the dialog; a page of it for a browser without script."""
    return f"portal/pushes/{piece}.html" if is_partial() else "portal/pushes/alone.html"


def chosen(grid: str) -> tuple[Sequence[str], bool]:
    """The part numbers that were ticked, or all that the filter finds; and whether it is these.

    Raises NothingToPushError.
    """
    everything = "all" in request.form
    tenant = principal().tenant
    part_numbers: Sequence[str] = list(dict.fromkeys(request.form.getlist("part")))
    if everything:
        wanted = asked(ItemsQuery).filter(Source.CATALOG if grid == "catalog" else Source.OWN)
        part_numbers = container().items.part_numbers(
            tenant.id, wanted, PART_NUMBERS_MAX + 1, low_below=tenant.low_stock_threshold
        )
    if not part_numbers:
        raise NothingToPushError("nothing is selected; tick some parts first")
    return part_numbers, everything
