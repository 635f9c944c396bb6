"""`/api/app/users*` and `/api/app/invitations*`: the people of a company, for its owners; and who is signed in."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from flask import Response
from flask_wtf.csrf import generate_csrf

from app.domain.tenancy.account_ports import Invitation
from app.domain.tenancy.people import Invited
from app.domain.tenancy.tenant import Scope
from app.domain.tenancy.users import Role, User
from app.web import people_models as models
from app.web import sessions
from app.web.api import Api, Body, Reply, no_content
from app.web.bodies import read_model
from app.web.context import container, principal
from app.web.paging import Page, cut, decode_text

api = Api("People", "The people of a company and their roles. For people only: no key may call this.")

_USERS: Final = "/api/app/users"
_INVITATIONS: Final = "/api/app/invitations"
_NOT_FOUND: Final = {404: ["not_found"]}


@api.route(
    "GET",
    "/api/app/session",
    summary="Who is signed in",
    scope=Scope.INTEGRATIONS,
    responses={200: Reply(models.SessionView)},
    keys=False,
)
def get_session() -> dict[str, Any]:
    """With the token that every change carries in the header X-CSRFToken."""
    visit = sessions.visit()
    assert visit is not None  # the route is for people
    user, tenant = visit.user, visit.tenant
    return {
        "userId": user.id,
        "email": user.email,
        "name": user.name,
        "role": user.role,
        "platform": user.platform,
        "tenant": {"tenantId": tenant.id, "name": tenant.name, "type": tenant.type},
        "csrfToken": generate_csrf(),
    }


@api.route(
    "GET",
    _USERS,
    summary="The people of the company",
    scope=Scope.INTEGRATIONS,
    query=Page,
    responses={200: Reply(models.UserList)},
    role=Role.OWNER,
    keys=False,
)
def list_users(query: Page) -> dict[str, Any]:
    """By e-mail, the shut out too."""
    page, more = users_page(query)
    return {"data": [_user(one) for one in page], "nextCursor": more}


@api.route(
    "PATCH",
    f"{_USERS}/<uuid:user_id>",
    summary="Change what somebody may do",
    scope=Scope.INTEGRATIONS,
    body=Body(models.UserChanges, example=models.USER_EXAMPLE),
    responses={200: Reply(models.UserView)},
    errors={**_NOT_FOUND, 409: ["conflict"]},
    role=Role.OWNER,
    keys=False,
)
def change_user(user_id: UUID) -> dict[str, Any]:
    """Whoever is shut out is signed out at once, and whoever may invite no more leaves no open link. 409 when the
    company would be left without an owner. Who runs the platform is changed by others who do.
    """
    given = read_model(models.UserChanges)
    return _user(
        container().people.change(
            principal().tenant.id,
            user_id,
            role=given.role,
            active=given.active,
            name=given.name,
            platform=runs_the_platform(),
        )
    )


@api.route(
    "POST",
    f"{_USERS}/<uuid:user_id>/password-link",
    summary="A link for a new password",
    scope=Scope.INTEGRATIONS,
    responses={201: Reply(models.InvitationMadeView)},
    errors=_NOT_FOUND,
    role=Role.OWNER,
    keys=False,
)
def make_password_link(user_id: UUID) -> tuple[dict[str, Any], int]:
    """Told in this answer only; it opens once, within 7 days. The present password holds until then."""
    made = container().people.reset(
        principal().tenant.id, user_id, invited_by=principal().name, platform=runs_the_platform()
    )
    return _made(made), 201


@api.route(
    "GET",
    _INVITATIONS,
    summary="Links that still open",
    scope=Scope.INTEGRATIONS,
    responses={200: Reply(models.InvitationList)},
    role=Role.OWNER,
    keys=False,
)
def list_invitations() -> dict[str, Any]:
    """Of newcomers, and for new passwords."""
    return {"data": [_invitation(one) for one in container().people.invitations(principal().tenant.id)]}


@api.route(
    "POST",
    _INVITATIONS,
    summary="Invite somebody",
    scope=Scope.INTEGRATIONS,
    body=Body(models.InvitationBody, example={"email": "anna@example.com", "role": "operator"}),
    responses={201: Reply(models.InvitationMadeView)},
    errors={409: ["conflict"]},
    role=Role.OWNER,
    keys=False,
)
def invite() -> tuple[dict[str, Any], int]:
    """The link is told in this answer only, opens once within 7 days, and voids an earlier one of the address."""
    given = read_model(models.InvitationBody)
    made = container().people.invite(
        principal().tenant.id, given.email, given.role, invited_by=principal().name
    )
    return _made(made), 201


@api.route(
    "DELETE",
    f"{_INVITATIONS}/<uuid:invitation_id>",
    summary="Withdraw a link",
    scope=Scope.INTEGRATIONS,
    responses={204: None},
    errors=_NOT_FOUND,
    role=Role.OWNER,
    keys=False,
)
def withdraw_invitation(invitation_id: UUID) -> Response:
    """It opens no more."""
    container().people.withdraw(principal().tenant.id, invitation_id)
    return no_content()


def users_page(query: Page) -> tuple[Sequence[User], str | None]:
    """A page of the company's people, and the cursor of the next."""
    after = decode_text(query.cursor) if query.cursor else ""
    found = container().people.users_from(principal().tenant.id, query.limit + 1, after)
    return cut(found, query.limit, lambda one: (one.email,))


def link_of(made: Invited) -> str:
    """What is sent to the invited person."""
    return f"{container().settings.public_url}/portal/invitation/{made.token}"


def runs_the_platform() -> bool:
    """True when the person who asks does."""
    visit = sessions.visit()
    return visit is not None and visit.user.platform


def _user(user: User) -> dict[str, Any]:
    return {
        "userId": user.id,
        "email": user.email,
        "name": user.name,
        "role": user.role,
        "active": user.active,
        "platform": user.platform,
        "createdAt": user.created_at,
        "lastSignInAt": user.last_sign_in_at,
    }


def _invitation(one: Invitation) -> dict[str, Any]:
    return {
        "invitationId": one.id,
        "email": one.email,
        "role": one.role,
        "userId": one.user_id,
        "invitedBy": one.invited_by,
        "createdAt": one.created_at,
        "expiresAt": one.expires_at,
    }


def _made(made: Invited) -> dict[str, Any]:
    return {**_invitation(made.invitation), "url": link_of(made)}
