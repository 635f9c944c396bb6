"""A browser's session: one signed cookie, which names a row in PostgreSQL, and the token that every change carries.

The row makes a session end when somebody ends it; the signature (itsdangerous, by Flask) only saves the database
from made-up names. Flask-WTF makes and checks the token against forged requests.
"""

import secrets
from typing import TYPE_CHECKING, Final

from flask import Flask, g, request, session
from flask.sessions import NullSession, SecureCookieSession, SecureCookieSessionInterface
from flask_wtf.csrf import CSRFError, CSRFProtect

from app.bootstrap import Container
from app.domain.tenancy.entry import LONGEST, SignedIn
from app.domain.tenancy.users import Visit
from app.web.context import container
from app.web.errors import HttpError

if TYPE_CHECKING:
    from flask import Request

COOKIE: Final = "stockline_session"
HOST_ONLY: Final = "__Host-"
"""Before a cookie's name: browsers take it over TLS alone and for this host alone, so that no other host plants one."""
CSRF_HEADER: Final = "X-CSRFToken"
_TOKEN: Final = "token"  # noqa: S105 - a field's name
_MARK: Final = "mark"
_NOBODY: Final = "/api/t/", "/api/integrations/"
_csrf = CSRFProtect()


class _Sessions(SecureCookieSessionInterface):
    """Flask's own, but for requests that never have a session, which pay nothing for it."""

    def open_session(self, app: Flask, request: "Request") -> SecureCookieSession | None:
        if request.path.startswith(_NOBODY):
            return NullSession()
        return super().open_session(app, request)


def install(app: Flask, here: Container) -> None:
    """Cookies that only this origin's pages send back, and no script reads."""
    app.config.update(
        SECRET_KEY=here.settings.secret_key or None,
        SESSION_COOKIE_NAME=cookie_name(here.settings.public_url),
        SESSION_COOKIE_SECURE=True,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=LONGEST,
        SESSION_REFRESH_EACH_REQUEST=False,
        WTF_CSRF_CHECK_DEFAULT=False,  # callers with a key send none; `require_token` asks those with a session
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session
    )
    app.session_interface = _Sessions()
    _csrf.init_app(app)


def cookie_name(public_url: str) -> str:
    """By the address that the world knows: over plain HTTP, as on a developer's machine, there is no prefix."""
    return f"{HOST_ONLY}{COOKIE}" if public_url.startswith("https://") else COOKIE


def mark() -> str:
    """A new word that only this browser has, until somebody signs in with it: binds what is said to nobody else."""
    made = session[_MARK] = secrets.token_urlsafe(16)
    return made


def is_marked(word: str) -> bool:
    """True in the browser that has this word."""
    return secrets.compare_digest(str(session.get(_MARK, "")).encode(), word.encode()) and bool(word)


def begin(signed_in: SignedIn) -> None:
    """Let the browser in, with a new cookie: what it had before is forgotten."""
    session.clear()
    session.permanent = True
    session[_TOKEN] = signed_in.token


def end() -> None:
    """Forget the browser, here and in its row."""
    if token := session.get(_TOKEN):
        container().entry.sign_out(token)
    session.clear()


def token() -> str:
    """The session's own, for what ends all others."""
    return str(session.get(_TOKEN, ""))


def visit() -> Visit | None:
    """Who is signed in; read once a request."""
    if "visit" not in g:
        known = session.get(_TOKEN)
        g.visit = container().entry.visit(known, click=not _by_itself()) if known else None
    found: Visit | None = g.visit
    return found


def settle() -> None:
    """Who is not known to be signed in by now, is not: nothing more is read in this request."""
    g.setdefault("visit", None)


def require_token() -> None:
    """Refuse a change that does not carry the token of its session: another site may have sent it."""
    try:
        _csrf.protect()
    except CSRFError as error:
        raise HttpError(
            403,
            "csrf",
            f"this page is too old, or the request came from elsewhere; load the page again ({error.description})",
        ) from None


def _by_itself() -> bool:
    """True for a piece of a page that htmx asks for: live pages do so for days, with nobody before them."""
    given = request.headers
    return request.method == "GET" and "HX-Request" in given and "HX-Boosted" not in given
