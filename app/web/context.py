"""What a view may ask about the request it serves."""

from typing import Final, cast

from flask import current_app, g

from app.bootstrap import Container
from app.domain.tenancy.tenant import Principal

EXTENSION: Final = "stockline"


def container() -> Container:
    """Everything this process was built with."""
    return cast("Container", current_app.extensions[EXTENSION])


def principal() -> Principal:
    """The authenticated caller; only inside a route that has a scope."""
    return cast("Principal", g.principal)


def request_id() -> str:
    """The id of this request, the caller's own if it sent a sane one."""
    return cast("str", g.request_id)
