"""How a page is written: one decorator that admits the person and refuses forged changes.

As `app.web.api` has it for JSON: a page names the role it takes, and nothing is served that went round it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from urllib.parse import quote

from flask import Flask, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from app.domain.tenancy.tenant import Feature, Scope
from app.domain.tenancy.users import Role, Visit
from app.web import sessions
from app.web.auth import SAFE_METHODS, principal_of, require
from app.web.context import PRINCIPAL, ROUTE, container
from app.web.errors import HttpError
from app.web.limits import spend

HOME: Final = "/portal"
SIGN_IN: Final = f"{HOME}/sign-in"
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: https:; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HTMX: Final = "HX-Request"
_V = TypeVar("_V", bound=Callable[..., Any])
_R = TypeVar("_R", bound=AnyResponse)


@dataclass(frozen=True, slots=True)
class Link:
    """An entry of the menu; shown to whom its page is for."""

    title: str
    path: str
    role: Role = Role.VIEWER
    feature: Feature | None = None
    platform: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """One page or action as it is served. `open`: to everybody, signed in or not."""

    method: str
    rule: str
    view: Callable[..., Any]
    role: Role
    feature: Feature | None
    platform: bool
    open: bool

    @property
    def endpoint(self) -> str:
        """Unique in the application."""
        return f"portal.{self.view.__module__.rsplit('.', 1)[-1]}.{self.view.__name__}"


class Pages:
    """The pages of one section, and its links in the menu."""

    def __init__(self, section: str, *links: Link) -> None:
        self.section = section
        self.links = links
        self.pages: list[Page] = []

    def page(
        self,
        method: str,
        rule: str,
        *,
        role: Role | None = None,
        feature: Feature | None = None,
        platform: bool = False,
        open_: bool = False,
    ) -> Callable[[_V], _V]:
        """Serve `rule` by the decorated function, which answers with HTML or a Response.

        Viewers may GET, operators change, unless `role` says otherwise.
        """

        def register(view: _V) -> _V:
            needed = role or (Role.VIEWER if method == "GET" else Role.OPERATOR)
            self.pages.append(Page(method, rule, view, needed, feature, platform, open_))
            return view

        return register


def serve(app: Flask, page: Page) -> None:
    """Put one page on the application."""
    app.add_url_rule(page.rule, page.endpoint, _view(page), methods=[page.method])


def see(path: str) -> AnyResponse:
    """After a change: look at this page."""
    return redirect(path, 303)


def is_partial() -> bool:
    """True when a piece of a page is asked for, and not a page: by htmx, but not by a boosted link."""
    return HTMX in request.headers and "HX-Boosted" not in request.headers


def _view(page: Page) -> Callable[..., AnyResponse]:
    def view(**arguments: Any) -> AnyResponse:
        request.environ[ROUTE] = page.rule
        return guarded(_answer(page, arguments))

    return view


def guarded(response: _R) -> _R:
    """With the headers that every page has."""
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    response.headers["Referrer-Policy"] = "same-origin"
    return response


def _answer(page: Page, arguments: dict[str, Any]) -> AnyResponse:
    if not container().settings.secret_key:
        raise HttpError(503, "secret_key_missing", "the portal is closed until the operator sets SECRET_KEY")
    visit = sessions.visit()
    if visit is None and not page.open:
        return _to_sign_in()
    if request.method not in SAFE_METHODS:
        _bound()
        sessions.require_token()
    if visit is not None and not page.open:
        _admit(visit, page)
    answer = page.view(**arguments)
    return answer if isinstance(answer, AnyResponse) else Response(answer, mimetype="text/html")


def _bound() -> None:
    """Before anything of a form is read: a file that is too large is not taken in, whether it says so or not."""
    limit = container().settings.body_limit_bytes
    request.max_content_length = limit
    if (request.content_length or 0) > limit:
        raise HttpError(413, "body_too_large", f"the form is larger than {limit:,} bytes; send it in parts")


def _admit(visit: Visit, page: Page) -> None:
    caller = request.environ[PRINCIPAL] = principal_of(visit)
    require(visit, page.role, platform=page.platform)
    if page.feature is not None:
        visit.tenant.require(page.feature)
    spend(container(), caller.tenant, Scope.INTEGRATIONS)


def _to_sign_in() -> AnyResponse:
    """Back to the same page afterwards, if it can be asked for again."""
    place = request.full_path.rstrip("?") if request.method == "GET" else HOME
    if is_partial():  # the whole page goes there, not the piece
        return Response(status=200, headers={"HX-Redirect": SIGN_IN})
    return redirect(f"{SIGN_IN}?next={quote(place, safe='')}", 303)
