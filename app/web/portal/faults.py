"""Errors as people read them: a page with what to do and the request's id, or a notice for htmx.

Whatever goes wrong under the portal's addresses comes through here, unknown addresses and crashes included.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from flask import Response, render_template, request

from app.domain.errors import StocklineError
from app.web import sessions
from app.web.context import request_id
from app.web.portal.pages import HOME, HTMX, guarded

HEADINGS: Final[Mapping[int, str]] = {
    403: "Not allowed",
    404: "Not found",
    405: "Not this way",
    413: "Too large",
    429: "Too many at once",
    500: "Our mistake",
    503: "Not now",
}
HEADING: Final = "That did not work"
WHAT_TO_DO: Final[Mapping[int, str]] = {
    404: "Look whether the address is complete. What was here may have been removed since.",
    405: "Begin at the overview.",
    413: "Nothing of it was taken in. Go back, and send less at once.",
    500: "Try again. If you were sending a form, look first whether it was done.",
    503: "Try again in a minute. What was accepted before is safe, and will be done.",
}
AGAIN: Final = frozenset({429, 500, 503})
"""Of these the same request may succeed later."""
_KEPT: Final = frozenset({"Retry-After", "Allow"})


def shown(told: Response) -> Response:
    """A route's error as it is; a page's as a page."""
    if not f"{request.path}/".startswith(f"{HOME}/"):
        return told
    headers = {name: value for name, value in told.headers.items() if name in _KEPT}
    if HTMX in request.headers:
        headers |= {"HX-Retarget": "#notices", "HX-Reswap": "innerHTML", "HX-Push-Url": "false"}
    return guarded(Response(_text(told), told.status_code, headers))


def _text(told: Response) -> str:
    status, message = told.status_code, _sentence(told)
    _settle_who(status)
    if HTMX in request.headers:
        return render_template("portal/notice.html", message=message)
    return render_template(
        "portal/error.html",
        heading=HEADINGS.get(status, HEADING),
        message=message,
        what_to_do=WHAT_TO_DO.get(status),
        again=request.method == "GET" and status in AGAIN,
        request_id=request_id(),
    )


def _sentence(told: Response) -> str:
    """What routes say of an address is for programmers."""
    if told.status_code == 405:
        return "this address only takes what a form sends"
    if request.url_rule is None:
        return "there is nothing at this address"
    return str(told.get_json()["error"]).rstrip(".")


def _settle_who(status: int) -> None:
    """The frame is drawn for who is signed in. After a fault of ours nothing more is read to find that out."""
    if status < 500:
        with suppress(StocklineError):
            sessions.visit()
    sessions.settle()
