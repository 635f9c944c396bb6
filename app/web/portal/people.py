"""Who may sign in for the company, with which role; for owners. Links to get in are shown once."""

from typing import Any, Final
from uuid import UUID

from flask import Response, flash, make_response, render_template, request

from app.domain.tenancy.people import Invited
from app.domain.tenancy.users import Role, User, checked_role
from app.web import sessions
from app.web.context import container, principal
from app.web.paging import Page
from app.web.people import link_of, runs_the_platform, users_page
from app.web.portal.lists import asked, following
from app.web.portal.pages import HOME, Link, Pages, see

_PEOPLE: Final = f"{HOME}/people"
_USER: Final = f"{_PEOPLE}/<uuid:user_id>"
ROLES: Final = (
    (Role.VIEWER, "Viewer: looks at everything, changes nothing"),
    (Role.OPERATOR, "Operator: works with feeds, catalog, pushes and orders"),
    (Role.OWNER, "Owner: decides about people, keys, settings, shops and sharing too"),
)

pages = Pages(
    "Company",
    Link("People", _PEOPLE, role=Role.OWNER),
    Link("Keys", f"{HOME}/keys", role=Role.OWNER),
    Link("Settings", f"{HOME}/settings", role=Role.OWNER),
)


@pages.page("GET", _PEOPLE, role=Role.OWNER)
def show_people() -> str:
    """Everybody by e-mail, a page at a time, and who was invited."""
    return _shown()


@pages.page("POST", f"{_PEOPLE}/invitations", role=Role.OWNER)
def invite_somebody() -> Response:
    """The same page with the link, which is not shown again."""
    email, role = request.form.get("email", ""), checked_role(request.form.get("role", ""))
    made = container().people.invite(principal().tenant.id, email, role, invited_by=principal().name)
    return _shown_once(made)


@pages.page("POST", f"{_PEOPLE}/invitations/<uuid:invitation_id>/withdraw", role=Role.OWNER)
def withdraw_link(invitation_id: UUID) -> object:
    """The link opens no more."""
    container().people.withdraw(principal().tenant.id, invitation_id)
    flash("The link is withdrawn.", "message")
    return see(_PEOPLE)


@pages.page("POST", f"{_USER}/role", role=Role.OWNER)
def change_role(user_id: UUID) -> object:
    """From the next click of that person on."""
    role = checked_role(request.form.get("role", ""))
    user = container().people.change(principal().tenant.id, user_id, role=role, platform=runs_the_platform())
    flash(f"{user.called} is {role} now.", "message")
    return _back(user)


@pages.page("POST", f"{_USER}/active", role=Role.OWNER)
def change_active(user_id: UUID) -> object:
    """Out at once and in every browser, or in again."""
    active = request.form.get("active") == "yes"
    user = container().people.change(
        principal().tenant.id, user_id, active=active, platform=runs_the_platform()
    )
    flash(f"{user.called} may sign in again." if active else f"{user.called} is shut out.", "message")
    return _back(user)


@pages.page("POST", f"{_USER}/password-link", role=Role.OWNER)
def show_password_link(user_id: UUID) -> Response:
    """The same page with the link, which is not shown again."""
    made = container().people.reset(
        principal().tenant.id, user_id, invited_by=principal().name, platform=runs_the_platform()
    )
    return _shown_once(made)


def _back(user: User) -> object:
    """To the list, or home for an owner who gave that up."""
    visit = sessions.visit()
    gave_up = visit is not None and user.id == visit.user.id and user.role is not Role.OWNER
    return see(HOME if gave_up else _PEOPLE)


def _shown_once(made: Invited) -> Response:
    """Under the list's own address, so that loading it again makes no other link."""
    return make_response(_shown(made), {"HX-Push-Url": _PEOPLE})


def _shown(made: Invited | None = None) -> str:
    users, more = users_page(asked(Page))
    given: dict[str, Any] = {
        "users": users,
        "more": following(more, _PEOPLE),
        "invitations": container().people.invitations(principal().tenant.id),
        "made": made,
        "link": link_of(made) if made else None,
    }
    return render_template("portal/people/people.html", roles=ROLES, **given)
