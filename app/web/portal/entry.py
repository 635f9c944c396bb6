"""Signing in and out, choosing a company, a link's password, one's own password, light or dark."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, UUID, uuid5

from flask import current_app, make_response, render_template, request
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.wrappers import Response as AnyResponse

from app.domain.errors import InvalidInputError
from app.domain.tenancy.account_ports import Account
from app.domain.tenancy.entry import SignedIn
from app.domain.tenancy.users import NotAllowedError, Role, WrongPasswordError
from app.web import sessions
from app.web.context import container
from app.web.errors import HttpError
from app.web.portal.pages import HOME, SIGN_IN, Pages, see

pages = Pages("You")

CHOICE_LIVES_S: Final = 300
TRIES_PER_S: Final = 0.2
TRIES_BURST: Final = 20
"""Of one address, from one host, and of one's own password: then one try each 5 seconds."""
THEMES: Final = ("auto", "light", "dark")
THEME_COOKIE: Final = "stockline_theme"
_YEAR_S: Final = 365 * 24 * 3600


@pages.page("GET", SIGN_IN, open_=True)
def show_sign_in() -> object:
    """The form; whoever is signed in goes on."""
    if sessions.visit() is not None:
        return see(_next())
    return render_template("portal/sign_in.html", next=_next(), email="", error=None)


@pages.page("POST", SIGN_IN, open_=True)
def sign_in() -> object:
    """In, or back to the form with what went wrong."""
    email, password = request.form.get("email", ""), request.form.get("password", "")
    try:
        _spend_try(email)
        accounts = container().entry.check(email, password, datetime.now(UTC))
        if len(accounts) > 1:
            return _choice(accounts)
        return _enter(container().entry.sign_in(accounts[0], password, _agent()))
    except (WrongPasswordError, HttpError) as error:
        status = 401 if isinstance(error, WrongPasswordError) else 429
        page = render_template("portal/sign_in.html", next=_next(), email=email, error=error.message)
        return make_response(page, status)


@pages.page("POST", f"{SIGN_IN}/company", open_=True)
def choose_company() -> object:
    """For somebody at several companies: the one to work for now; in the browser that had the password, once."""
    try:
        user_id, stamp, mark = _serializer().loads(request.form.get("choice", ""), max_age=CHOICE_LIVES_S)
        if not sessions.is_marked(mark):
            return see(SIGN_IN)
        return _enter(container().entry.choose(UUID(user_id), stamp, _agent()))
    except (BadSignature, WrongPasswordError):
        return see(SIGN_IN)


@pages.page("POST", f"{HOME}/sign-out", role=Role.VIEWER)
def sign_out() -> object:
    """Out, in this browser."""
    sessions.end()
    return see(SIGN_IN)


@pages.page("GET", f"{HOME}/invitation/<token>", open_=True)
def show_invitation(token: str) -> object:
    """The form in which somebody chooses a password."""
    offered = container().entry.invitation(token)
    return render_template("portal/invitation.html", offered=offered, name="", error=None)


@pages.page("POST", f"{HOME}/invitation/<token>", open_=True)
def accept_invitation(token: str) -> object:
    """In for the first time, or with a new password."""
    name, password = request.form.get("name", ""), request.form.get("password", "")
    try:
        if password != request.form.get("again", ""):
            raise InvalidInputError("the two passwords differ; type them again")
        return _enter(container().entry.accept(token, name, password, _agent()))
    except InvalidInputError as error:
        offered = container().entry.invitation(token)
        page = render_template("portal/invitation.html", offered=offered, name=name, error=error.message)
        return make_response(page, 400)


@pages.page("GET", f"{HOME}/account")
def show_account() -> str:
    """One's own name, company and password."""
    return render_template("portal/account.html", error=None, done=request.args.get("done"))


@pages.page("POST", f"{HOME}/account/password", role=Role.VIEWER)
def change_password() -> object:
    """A new password; other browsers are signed out."""
    visit = sessions.visit()
    assert visit is not None  # the page is not open to everybody
    _spend("password", str(visit.user.id))
    old, new = request.form.get("old", ""), request.form.get("new", "")
    try:
        if new != request.form.get("again", ""):
            raise InvalidInputError("the two new passwords differ; type them again")
        container().entry.change_password(visit, sessions.token(), old, new)
    except (InvalidInputError, NotAllowedError) as error:
        return make_response(render_template("portal/account.html", error=error.message, done=None), 400)
    return see(f"{HOME}/account?done=password")


@pages.page("POST", f"{HOME}/theme", open_=True)
def choose_theme() -> object:
    """Light, dark, or as the machine has it."""
    theme = request.form.get("theme", "auto")
    response = see(_next())
    if theme in THEMES:
        response.set_cookie(THEME_COOKIE, theme, max_age=_YEAR_S, secure=True, httponly=True, samesite="Lax")
    return response


def _enter(signed_in: SignedIn) -> AnyResponse:
    place = _next()
    sessions.begin(signed_in)
    return see(place)


def _choice(accounts: Sequence[Account]) -> str:
    made, mark = _serializer(), sessions.mark()
    choices = [(made.dumps((str(one.user.id), one.stamp, mark)), one) for one in accounts]
    return render_template("portal/choose.html", choices=choices, next=_next())


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.config["SECRET_KEY"]), salt="choice")


def _spend_try(email: str) -> None:
    """Each try costs a token of the address and one of the host; while Redis is away the user's own count holds."""
    _spend("sign-in", email.strip().lower())
    _spend("sign-in-from", request.remote_addr or "")


def _spend(purpose: str, whose: str) -> None:
    """One try; 429 when there is none left."""
    wait_s = container().rate_limiter.take(
        purpose, uuid5(NAMESPACE_URL, whose), rate_per_s=TRIES_PER_S, burst=TRIES_BURST
    )
    if wait_s:
        raise HttpError(
            429,
            "rate_limited",
            f"too many tries; wait {wait_s} s and try again",
            headers={"Retry-After": str(wait_s)},
        )


def _agent() -> str:
    return request.headers.get("User-Agent", "")


def _next() -> str:
    """Where to go on: a page of the portal, never another site."""
    place = request.values.get("next", "")
    if not place.startswith(HOME):
        return HOME
    parts = urlsplit(place)
    inside = not parts.scheme and not parts.netloc and (parts.path == HOME or place.startswith(f"{HOME}/"))
    return place if inside and "\\" not in place and "//" not in parts.path and place.isprintable() else HOME
