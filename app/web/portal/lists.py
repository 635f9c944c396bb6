"""Lists on pages: what the URL asks for, where the list goes on, and how old a thing is."""

from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import urlencode

from flask import request
from pydantic import BaseModel

_M = TypeVar("_M", bound=BaseModel)


def asked(model: type[_M]) -> _M:
    """The query as the JSON route reads it; a field that a form left empty was not given."""
    return model.model_validate({name: value for name, value in request.args.items() if value})


def following(cursor: str | None, path: str = "") -> str | None:
    """This page's address with its filters, from there on; `path` for one that a form's answer shows too."""
    return cursor and f"{path or request.path}?{urlencode({**request.args.to_dict(), 'cursor': cursor})}"


def age(moment: datetime | None) -> str:
    """How long ago, in the largest unit that says enough."""
    if moment is None:
        return "never"
    passed = (datetime.now(UTC) - moment).total_seconds()
    if passed < -1:
        return f"in {_span(-passed)}"
    return f"{_span(max(passed, 0))} ago"


def _span(seconds: float) -> str:
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{int(seconds)} s"
