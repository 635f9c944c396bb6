"""Who calls, by X-API-Key; from where, by Origin; and whether the key may."""

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from app.bootstrap import Container
from app.domain.tenancy.origins import is_allowed
from app.domain.tenancy.tenant import Principal, Scope
from app.web.context import PRINCIPAL
from app.web.errors import HttpError

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

HEADER: Final = "X-API-Key"
CHALLENGE: Final = f'ApiKey realm="stockline", header="{HEADER}"'
_origin_allowed = lru_cache(maxsize=4096)(is_allowed)


def authenticate(here: Container, environ: "WSGIEnvironment", scope: Scope) -> Principal:
    """The caller, remembered for the request; 401 and 403 as the contract has them."""
    key = environ.get("HTTP_X_API_KEY")
    if not key:
        raise _unauthorized(f"send your API key in the {HEADER} header")
    caller = here.authenticate(key)
    if caller is None:
        raise _unauthorized("this API key is malformed, unknown or revoked, or its tenant is inactive")
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


def _unauthorized(message: str) -> HttpError:
    return HttpError(401, "unauthorized", message, headers={"WWW-Authenticate": CHALLENGE})
