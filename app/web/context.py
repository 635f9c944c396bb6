"""What a view may ask about the request it serves; kept in the WSGI environ, where reading is cheapest."""

from typing import Final, cast
from uuid import UUID

from flask import current_app, request

from app.bootstrap import Container
from app.domain.tenancy.tenant import Principal

EXTENSION: Final = "stockline"
REQUEST_ID: Final = "stockline.request_id"
PRINCIPAL: Final = "stockline.principal"
ROUTE: Final = "stockline.route"


def container() -> Container:
    """Everything this process was built with."""
    return cast("Container", current_app.extensions[EXTENSION])


def principal() -> Principal:
    """The authenticated caller; only inside a route that has a scope."""
    return cast("Principal", request.environ[PRINCIPAL])


def tenant_id() -> UUID:
    """The caller's company."""
    return principal().tenant.id


def request_id() -> str:
    """The id of this request, the caller's own if it sent a sane one."""
    return cast("str", request.environ[REQUEST_ID])
