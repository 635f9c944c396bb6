"""What surrounds every answer: its id, its CORS and caching headers, its measure.

A WSGI layer and not Flask hooks: the storefront asks thousands of times a second, and here a header costs
a list's append.
"""

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from app.bootstrap import Container
from app.web import cors, request_ids
from app.web.conditional import VARY
from app.web.context import REQUEST_ID
from app.web.observe import Observer

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_ALWAYS: Final = (("X-Content-Type-Options", "nosniff"),)
_OPEN: Final = (*_ALWAYS, *cors.HEADERS)
# What a view did not call cacheable is not; errors vary as what they stand in for.
_UNCACHED: Final = (("Cache-Control", "no-store"), ("Vary", VARY))


class Envelope:
    """Wraps an application."""

    def __init__(self, application: "WSGIApplication", container: Container) -> None:
        self._application = application
        self._observer = Observer(container)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Serve one request; a body of known length is sent in one piece, a stream as it comes."""
        started = time.perf_counter()
        request_id = request_ids.request_id_for(environ.get("HTTP_X_REQUEST_ID"))
        environ[REQUEST_ID] = request_id
        around = _OPEN if environ["PATH_INFO"].startswith(cors.OPEN) else _ALWAYS
        seen = [500, False]

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            names = {name for name, _ in headers}
            headers = [*headers, (request_ids.HEADER, request_id), *around]
            if "Cache-Control" not in names:
                headers += _UNCACHED
            seen[:] = int(status[:3]), "Content-Length" in names
            return start_response(status, headers, exc_info)

        body = self._application(environ, start)
        status, whole = seen
        self._observer.finish(environ, status, time.perf_counter() - started)
        return _at_once(body) if whole else body


def _at_once(body: Iterable[bytes]) -> Iterable[bytes]:
    """A body of known length as a list, which servers send in one piece."""
    try:
        return list(body)
    finally:
        if close := getattr(body, "close", None):
            close()
