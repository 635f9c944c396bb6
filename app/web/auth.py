"""Who calls, by X-API-Key or by a session; from where, by Origin; and whether that caller may."""

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from app.bootstrap import Container
from app.domain.tenancy.origins import is_allowed
from app.domain.tenancy.tenant import Principal, Scope
from app.domain.tenancy.users import Role, Visit
from app.web import sessions
from app.web.context import PRINCIPAL
from app.web.errors import HttpError

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

HEADER: Final = "X-API-Key"
CHALLENGE: Final = f'ApiKey realm="stockline", header="{HEADER}"'
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_origin_allowed = lru_cache(maxsize=4096)(is_allowed)


def authenticate(here: Container, environ: "WSGIEnvironment", scope: Scope) -> Principal:
    """The caller by its key, remembered for the request; 401 and 403 as the contract has them."""
    key = environ.get("HTTP_X_API_KEY")
    if not key:
        raise unauthorized(f"send your API key in the {HEADER} header")
    caller = here.authenticate(key)
    if caller is None:
        raise unauthorized("this API key is malformed, unknown or revoked, or its tenant is inactive")
    environ[PRINCIPAL] = caller
    origin = environ.get("HTTP_ORIGIN")
    domains = caller.tenant.allowed_domains
    if domains and origin is not None and not _origin_allowed(origin, domains):
        raise HttpError(
            403,
            "origin_not_allowed",
            f"{origin[:200]} is not one of the tenant's allowed domains; add it there",
        )
    if scope not in caller.scopes:
        raise HttpError(
            403, "insufficient_scope", f"this API key lacks the scope {scope}; use one that has it"
        )
    return caller


def authenticate_person(environ: "WSGIEnvironment", role: Role, *, platform: bool = False) -> Principal:
    """The caller by the browser's session, with the role it takes; a change carries the session's token."""
    visit = sessions.visit()
    if visit is None:
        raise unauthorized("sign in at /portal, or send an API key in the X-API-Key header")
    caller = environ[PRINCIPAL] = principal_of(visit)
    if environ["REQUEST_METHOD"] not in SAFE_METHODS:
        sessions.require_token()
    require(visit, role, platform=platform)
    return caller


def principal_of(visit: Visit) -> Principal:
    """A person as routes know a caller."""
    return Principal(
        None,
        visit.tenant,
        frozenset(Scope),
        network_version=visit.network_version,
        person=visit.user.email,
    )


def require(visit: Visit, role: Role, *, platform: bool = False) -> None:
    """403 unless this person may."""
    if platform and not visit.user.platform:
        raise HttpError(403, "not_allowed", "this is for those who run the platform; ask one of them")
    if not visit.user.role.may(role):
        raise HttpError(
            403,
            "not_allowed",
            f"this takes the role {role}, yours is {visit.user.role}; ask an owner of your company",
        )


def unauthorized(message: str) -> HttpError:
    """401, with what to send."""
    return HttpError(401, "unauthorized", message, headers={"WWW-Authenticate": CHALLENGE})
