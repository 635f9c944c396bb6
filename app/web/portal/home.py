"""The first page: how the company's systems are. Its live piece is asked again every few seconds."""

from contextlib import suppress
from typing import Any

from flask import render_template, request

from app.domain.errors import NotFoundError
from app.domain.push.push import Push
from app.web.context import container, principal
from app.web.portal.feed_words import SURFACES, WORK, counters_of, surface_of
from app.web.portal.lists import age, span
from app.web.portal.pages import HOME, Link, Pages, see
from app.web.portal.spark import HEIGHT, spark

pages = Pages("Overview", Link("Overview", HOME))


@pages.page("GET", "/", open_=True)
def at_the_root() -> object:
    """To the portal."""
    return see(HOME)


@pages.page("GET", HOME)
def overview() -> str:
    """Where everything stands."""
    return render_template("portal/home/overview.html", **_standing())


@pages.page("GET", f"{HOME}/live")
def live() -> str:
    """The part of it that changes."""
    return render_template("portal/home/live.html", **_standing())


def _standing() -> dict[str, Any]:
    here, tenant = container(), principal().tenant
    seen, push = here.overviews.see(tenant.id), _push_under_way()
    look = seen.look
    return {
        "seen": seen,
        "look": look,
        "unknown": here.not_found.count(tenant.id),
        "push": push,
        "expected": span(tenant.expected_interval_s),
        "fresh": not (seen.surfaces or look.in_flight_count or look.aside or look.alert_count or push),
        "host": request.host_url.rstrip("/"),
        "names": SURFACES,
        "work": WORK,
        "spark": spark,
        "chart_height": HEIGHT,
        "counters_of": counters_of,
        "surface_of": surface_of,
        "age": age,
    }


def _push_under_way() -> Push | None:
    with suppress(NotFoundError):
        push = container().pushes.current(principal().tenant.id)
        return None if push.status.over else push
    return None
