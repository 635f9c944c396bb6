"""Lists on pages: what the URL asks for, where the list goes on, and how old a thing is."""

from datetime import UTC, datetime
from typing import Final, TypeVar
from urllib.parse import urlencode

from flask import request
from pydantic import BaseModel

_M = TypeVar("_M", bound=BaseModel)
_UNITS: Final = ((86_400, "d", "day"), (3_600, "h", "hour"), (60, "min", "minute"), (1, "s", "second"))


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
    size, short, _ = _unit(abs(passed))
    told = f"{int(abs(passed) // size)} {short}"
    return f"in {told}" if passed < -1 else f"{told} ago"


def span(seconds: int) -> str:
    """A length of time in the largest unit that tells it whole, or nearly."""
    size, _, word = _unit(seconds)
    count = f"{seconds / size:.3g}"
    return f"{count} {word}" if count == "1" else f"{count} {word}s"


def _unit(seconds: float) -> tuple[int, str, str]:
    return next((one for one in _UNITS if seconds >= one[0]), _UNITS[-1])
