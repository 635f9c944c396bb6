"""Suppliers: how each does, what it holds back for a person, and how its readings went."""

from typing import Any, Final
from uuid import UUID

from flask import flash, render_template

from app.domain.suppliers.shown import shown_poll
from app.web import suppliers as api
from app.web.context import container, tenant_id
from app.web.errors import HttpError
from app.web.paging import Page
from app.web.portal.forms import minutes, text, ticked, whole_number
from app.web.portal.lists import age, asked, following
from app.web.portal.pages import HOME, Link, Pages, see
from app.web.supplier_models import SupplierChanges
from app.web.supplier_preview import look_at_held_report

PATH: Final = f"{HOME}/suppliers"
ONE: Final = f"{PATH}/<uuid:supplier_id>"
TONES: Final = {
    "ok": "good",
    "failing": "bad",
    "silent": "bad",
    "inactive": "plain",
    "accepted": "plain",
    "applied": "good",
    "unchanged": "good",
    "failed": "bad",
    "held": "warn",
    "released": "plain",
    "discarded": "plain",
}
"""How a state is coloured; its word stands beside it."""
CIRCUITS: Final = {
    "closed": ("as planned", "good"),
    "half-open": ("tried again", "warn"),
    "open": ("paused after failures", "bad"),
}
"""Whether the source is asked, in words."""
_RECENT: Final = 5

pages = Pages("Supply", Link("Suppliers", PATH))


@pages.page("GET", PATH)
def list_suppliers() -> str:
    """Each with its state; what is held first, in plain sight."""
    told = api.list_suppliers(asked(Page))
    holding = [one["supplierId"] for one in told["data"] if one["heldPollId"]]
    polls = container().suppliers.held_polls(tenant_id(), holding) if holding else ()
    held = {poll.supplier_id: shown_poll(poll) for poll in polls}
    return _page("list", suppliers=told["data"], held=held, more=following(told["nextCursor"]))


@pages.page("GET", ONE)
def show_supplier(supplier_id: UUID) -> str:
    """How it does, and what may be changed by a few words."""
    return _page("one", **_state(supplier_id))


@pages.page("GET", f"{ONE}/state")
def show_supplier_state(supplier_id: UUID) -> str:
    """The part of the page that moves."""
    return _page("state", **_state(supplier_id))


@pages.page("POST", f"{ONE}/poll")
def poll_supplier(supplier_id: UUID) -> object:
    """Read it now."""
    container().suppliers.ask(tenant_id(), supplier_id)
    flash("It is read as soon as a worker is free; this page shows what came of it.", "message")
    return see(f"{PATH}/{supplier_id}")


@pages.page("POST", f"{ONE}/settings")
def change_supplier(supplier_id: UUID) -> object:
    """Thresholds and times, at once and without touching how it is read."""
    changes = SupplierChanges.model_validate(
        {
            "name": text("name") or "",
            "interval_s": minutes("minutes", "Read every") or 0,
            "low_stock_threshold": whole_number("low_stock_threshold", "Low below"),
            "reorder_point": whole_number("reorder_point", "Order at"),
            "target_stock": whole_number("target_stock", "Order up to"),
            "drop_guard_percent": whole_number("drop_guard_percent", "Hold reports"),
            "active": ticked("active"),
        }
    )
    given = {
        name: value
        for name, value in changes.model_dump(exclude_unset=True).items()
        if value is not None or name in {"reorder_point", "target_stock"}
    }
    container().suppliers.change(tenant_id(), supplier_id, given)
    flash("Changed.", "message")
    return see(f"{PATH}/{supplier_id}")


@pages.page("GET", f"{ONE}/polls")
def list_polls(supplier_id: UUID) -> str:
    """All that is kept of them."""
    told = api.list_supplier_polls(str(supplier_id), asked(Page))
    return _page(
        "polls", supplier=_supplier(supplier_id), polls=told["data"], more=following(told["nextCursor"])
    )


@pages.page("GET", f"{ONE}/polls/<uuid:poll_id>")
def show_poll(supplier_id: UUID, poll_id: UUID) -> str:
    """One reading, with the rows that could not be read."""
    poll = api.get_supplier_poll(str(supplier_id), poll_id)
    look = _look(supplier_id, poll_id) if poll["outcome"] == "held" else {}
    return _page("poll", supplier=_supplier(supplier_id), poll=poll, **look)


@pages.page("POST", f"{ONE}/polls/<uuid:poll_id>/release")
def release_poll(supplier_id: UUID, poll_id: UUID) -> object:
    """Let what is held through."""
    container().suppliers.release(tenant_id(), supplier_id, poll_id)
    flash("The report is let through; a worker applies it next.", "message")
    return see(f"{PATH}/{supplier_id}")


@pages.page("POST", f"{ONE}/polls/<uuid:poll_id>/discard")
def discard_poll(supplier_id: UUID, poll_id: UUID) -> object:
    """Drop what is held."""
    container().suppliers.discard(tenant_id(), supplier_id, poll_id)
    flash("The report is dropped; what stood before stands.", "message")
    return see(f"{PATH}/{supplier_id}")


def _look(supplier_id: UUID, poll_id: UUID) -> dict[str, Any]:
    """What a held report says; by a mapping that was changed since, it may say nothing."""
    try:
        return {"told": look_at_held_report(supplier_id, poll_id)}
    except HttpError as refused:
        return {"error": refused.message}


def _state(supplier_id: UUID) -> dict[str, Any]:
    kept = container().suppliers.get(tenant_id(), supplier_id)
    polls = [shown_poll(one) for one in container().suppliers.polls(tenant_id(), supplier_id, _RECENT)]
    supplier = api.shown(kept)
    due = kept.next_poll_at is not None and kept.next_poll_at <= kept.now
    awaited = due or any(poll["outcome"] in {"accepted", "released"} for poll in polls)
    held = _held(supplier) if supplier["heldPollId"] else None
    return {"supplier": supplier, "polls": polls, "held": held, "awaited": awaited}


def _held(supplier: dict[str, Any]) -> dict[str, Any]:
    return api.get_supplier_poll(str(supplier["supplierId"]), supplier["heldPollId"])


def _supplier(supplier_id: UUID) -> dict[str, Any]:
    return api.get_supplier(str(supplier_id))


def _page(name: str, **given: Any) -> str:
    return render_template(f"portal/suppliers/{name}.html", tones=TONES, circuits=CIRCUITS, age=age, **given)
