"""What every page has around it: the menu, who is signed in, the words that templates share."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from flask import Flask, request
from flask_wtf.csrf import generate_csrf

from app.domain.tenancy.tenant import FEATURES
from app.domain.tenancy.users import Role, Visit
from app.web import sessions
from app.web.portal.callers import who
from app.web.portal.pages import HOME, Link, Pages


@dataclass(frozen=True, slots=True)
class Shown:
    """A link of the menu for this person. `here`: the page that is open is this or below it."""

    title: str
    path: str
    here: bool


def install(app: Flask, sections: Sequence[Pages]) -> None:
    """Give every template of the portal the frame's words."""

    @app.context_processor
    def frame() -> dict[str, Any]:
        if request.path != "/" and not request.path.startswith(HOME):
            return {}
        visit = sessions.visit() if app.config["SECRET_KEY"] else None
        return {
            "visit": visit,
            "menu": menu(sections, visit, request.path) if visit else (),
            "csrf": generate_csrf if app.config["SECRET_KEY"] else lambda: "",
            "may": lambda role: visit is not None and visit.user.role.may(Role(role)),
        }

    app.jinja_env.filters["when"] = when
    app.jinja_env.filters["in_path"] = in_path
    app.jinja_env.filters["thousands"] = thousands
    app.jinja_env.filters["who"] = who
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True


def menu(sections: Sequence[Pages], visit: Visit, path: str) -> list[tuple[str, list[Shown]]]:
    """By section, what this person may open."""
    links = [link for section in sections for link in section.links if _is_for(link, visit)]
    here = max((link.path for link in links if _holds(link.path, path)), key=len, default="")
    titles = dict.fromkeys(section.section for section in sections)
    shown: dict[str, list[Shown]] = {title: [] for title in titles}
    for section in sections:
        shown[section.section] += [
            Shown(link.title, link.path, link.path == here) for link in section.links if link in links
        ]
    return [(title, entries) for title, entries in shown.items() if entries]


def when(moment: datetime | str | None) -> str:
    """A time in UTC, to the minute; the page's script tells it in the reader's own."""
    if moment is None:
        return "never"
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def in_path(part_number: str) -> str:
    """As the end of a path. Of one with `..` in it the browser would make another path: its slashes are encoded."""
    leads_away = {".", ".."}.intersection(part_number.split("/"))
    return quote(part_number, safe="" if leads_away else "/")


def thousands(number: float | None) -> str:
    """A number that is easy to read."""
    return "–" if number is None else f"{number:,}"


def _is_for(link: Link, visit: Visit) -> bool:
    return (
        visit.user.role.may(link.role)
        and (link.feature is None or visit.tenant.type in FEATURES[link.feature])
        and (visit.user.platform or not link.platform)
    )


def _holds(place: str, path: str) -> bool:
    return path == place or (place != HOME and path.startswith(f"{place}/"))
