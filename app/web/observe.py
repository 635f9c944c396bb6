"""Each request measured and logged; reads that went well are measured only, unless DEBUG is on."""

import logging
from typing import TYPE_CHECKING, Final

from flask import has_request_context, request
from prometheus_client import Histogram
from structlog.typing import EventDict, WrappedLogger

from app.bootstrap import Container
from app.telemetry.logs import logger
from app.web.context import PRINCIPAL, REQUEST_ID, ROUTE

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

SLOW_S: Final = 1.0
_UNMATCHED: Final = "unmatched"
_READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_LETS_IN: Final = "<token>"
"""Whoever knows what stands there gets in, and more people read logs than that."""
_log = logger(__name__)


class Observer:
    """Counts the requests of one application, and logs each at the level it deserves."""

    def __init__(self, container: Container) -> None:
        self._seconds = container.metrics.http_requests_seconds
        self._level_min = logging.getLevelNamesMapping()[container.settings.log_level]
        # Our own table of instruments: prometheus_client's takes a lock and builds a key of strings.
        self._instruments: dict[tuple[str, int], Histogram] = {}

    def finish(self, environ: "WSGIEnvironment", status: int, duration_s: float) -> None:
        """The request is answered, its body perhaps not yet sent."""
        route = environ.get(ROUTE, _UNMATCHED)
        self._instrument(route, status).observe(duration_s)
        level = _level(environ["REQUEST_METHOD"], status, duration_s)
        if level >= self._level_min:
            _log.log(
                level,
                "request",
                **_whose(environ),
                method=environ["REQUEST_METHOD"],
                path=path_of(environ),
                route=route,
                status=status,
                duration_ms=round(duration_s * 1000, 1),
            )

    def _instrument(self, route: str, status: int) -> Histogram:
        instrument = self._instruments.get((route, status))
        if instrument is None:
            instrument = self._seconds.labels(route, str(status))
            self._instruments[route, status] = instrument
        return instrument


def path_of(environ: "WSGIEnvironment") -> str:
    """The path as logs may have it: of a link that lets somebody in, only where it leads."""
    route: str = environ.get(ROUTE, _UNMATCHED)
    if _LETS_IN in route:
        return route
    return str(environ["PATH_INFO"]).encode("latin-1", "replace").decode(errors="replace")


def enrich(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """For `logs.configure`: the request and the tenant that an event belongs to."""
    if has_request_context():
        event.update(_whose(request.environ))
    return event


def _whose(environ: "WSGIEnvironment") -> dict[str, str]:
    whose = {"request_id": environ[REQUEST_ID]}
    if (caller := environ.get(PRINCIPAL)) is not None:
        whose["tenant"] = str(caller.tenant.id)
    return whose


def _level(method: str, status: int, duration_s: float) -> int:
    if status >= 500 or duration_s > SLOW_S:
        return logging.WARNING
    return logging.DEBUG if method in _READS and status < 400 else logging.INFO
