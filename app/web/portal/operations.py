"""The platform's own pages, over all tenants: who they are, what runs and waits, what was put aside."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

from flask import flash, render_template, request

from app.domain.errors import InvalidInputError
from app.domain.operations.reads import Work
from app.domain.operations.service import Outcome
from app.domain.work.dispatch import QueueStatus
from app.web.context import container, principal
from app.web.operation_models import TenantsQuery
from app.web.operations import letters_page, queue_of, tenants_page
from app.web.paging import Page
from app.web.portal.lists import age, asked, following
from app.web.portal.pages import HOME, Link, Pages, is_partial, see

_WORK: Final = f"{HOME}/operations"
_TENANTS: Final = f"{_WORK}/tenants"
_LETTERS: Final = f"{_WORK}/dead-letters"
RUNNING_MAX: Final = 200
SLOW_MAX: Final = 25
PATIENCE_S: Final = 15.0
"""Work that waits longer, while nothing of its queue runs, waits for a worker that is not there."""

pages = Pages(
    "Operations",
    Link("Work", _WORK, platform=True),
    Link("Dead letters", _LETTERS, platform=True),
    Link("Tenants", _TENANTS, platform=True),
)


class Line(NamedTuple):
    """A queue's load, with how many workers are at it and whether somebody has to look."""

    status: QueueStatus
    running: int
    lost: int
    abandoned: bool

    @property
    def waiting(self) -> int:
        """Due, and nobody is at it yet."""
        return max(0, self.status.ready - self.running)


@pages.page("GET", _WORK, platform=True)
def show_work() -> str:
    """Queues, workers and slow jobs; looks again by itself."""
    running = container().operations.running(RUNNING_MAX)
    given: dict[str, Any] = {
        "queues": _lines(running),
        "running": running,
        "slow": container().operations.slow(SLOW_MAX),
        "age": age,
        "queue_of": queue_of,
    }
    piece = "portal/operations/_work.html" if is_partial() else "portal/operations/work.html"
    return render_template(piece, **given)


@pages.page("GET", _TENANTS, platform=True)
def show_tenants() -> str:
    """By name."""
    query = asked(TenantsQuery)
    tenants, more = tenants_page(query)
    return render_template(
        "portal/operations/tenants.html", tenants=tenants, query=query, more=following(more), age=age
    )


@pages.page("POST", f"{_TENANTS}/<uuid:tenant_id>/active", platform=True)
def change_tenant_active(tenant_id: UUID) -> object:
    """In or out, keys and people."""
    active = request.form.get("active") == "yes"
    here = container().operations
    tenant = here.set_active(tenant_id, active=active, own=principal().tenant.id)
    flash(f"{tenant.name} is {'let in again' if active else 'shut out'}.", "message")
    return see(f"{_TENANTS}?search={tenant.id}")


@pages.page("GET", _LETTERS, platform=True)
def show_dead_letters() -> str:
    """Oldest first."""
    letters, more = letters_page(asked(Page))
    return render_template(
        "portal/operations/letters.html", letters=letters, more=following(more), age=age, queue_of=queue_of
    )


@pages.page("POST", f"{_LETTERS}/replay", platform=True)
def replay_letters() -> object:
    """Those that were ticked."""
    return _done(container().operations.replay, "tried again")


@pages.page("POST", f"{_LETTERS}/discard", platform=True)
def discard_letters() -> object:
    """Those that were ticked."""
    return _done(container().operations.discard, "dropped")


def _done(act: Callable[[Sequence[UUID]], Outcome], what: str) -> object:
    outcome = act(_ticked())
    if outcome.done:
        flash(f"{len(outcome.done)} {what}.", "message")
    for one in outcome.refused:
        flash(f"{one.id} stays: {one.error.message}.", "error")
    return see(_LETTERS)


def _ticked() -> list[UUID]:
    try:
        found = [UUID(one) for one in request.form.getlist("id")]
    except ValueError:
        raise InvalidInputError("that is no dead letter's id; load the page again") from None
    if not found:
        raise InvalidInputError("tick at least one of them")
    return found


def _lines(running: Sequence[Work]) -> list[Line]:
    at_work = Counter(queue_of(one.actor) for one in running if not one.lost)
    lost = Counter(queue_of(one.actor) for one in running if one.lost)
    return [
        Line(one, at_work[one.queue], lost[one.queue], _abandoned(one, at_work[one.queue]))
        for one in container().queue_status()
    ]


def _abandoned(status: QueueStatus, running: int) -> bool:
    return status.ready > 0 and running == 0 and status.oldest_age_s > PATIENCE_S
