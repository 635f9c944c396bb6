"""The company's settings, each with what it is for; for owners."""

from typing import Final

from flask import flash, render_template, request

from app.domain.tenancy.settings_shown import PLATFORMS_OWN
from app.domain.tenancy.users import Role
from app.web.keys import change_settings, settings_now
from app.web.people import runs_the_platform
from app.web.portal.pages import HOME, Pages, see

_SETTINGS: Final = f"{HOME}/settings"

pages = Pages("Settings")


@pages.page("GET", _SETTINGS, role=Role.OWNER)
def show_settings() -> str:
    """All of them in one form."""
    fixed = frozenset() if runs_the_platform() else PLATFORMS_OWN
    return render_template("portal/people/settings.html", settings=settings_now(), fixed=fixed)


@pages.page("POST", _SETTINGS, role=Role.OWNER)
def save_settings() -> object:
    """Only what differs from what stands, so that two owners do not undo each other's changes."""
    given = request.form
    before = {one.key: given.get(f"was-{one.key}", one.value) for one in settings_now()}
    changed = {
        key: given[key] for key, value in before.items() if key in given and given[key].strip() != value
    }
    if changed:
        change_settings(changed)
    flash("The settings are saved." if changed else "Nothing was changed.", "message")
    return see(_SETTINGS)
