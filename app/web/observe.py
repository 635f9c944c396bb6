"""Each request measured and logged; reads that went well are measured only, unless DEBUG is on."""

import logging
import time
from typing import Final

from flask import Response, current_app, g, has_request_context, request
from prometheus_client import Histogram
from structlog.typing import EventDict, WrappedLogger

from app.telemetry.logs import logger
from app.web.context import container

SLOW_S: Final = 1.0
_UNMATCHED: Final = "unmatched"
_log = logger(__name__)


def start() -> None:
    """Start the clock."""
    g.started = time.perf_counter()


def finish(response: Response) -> None:
    """Count the request, and log it at the level it deserves."""
    duration_s = time.perf_counter() - g.get("started", time.perf_counter())
    rule = request.url_rule
    route, status = rule.rule if rule else _UNMATCHED, response.status_code
    _instrument(route, status).observe(duration_s)
    level = _level(status, duration_s)
    if level >= current_app.logger.getEffectiveLevel():
        _log.log(
            level,
            "request",
            method=request.method,
            path=request.path,
            route=route,
            status=status,
            duration_ms=round(duration_s * 1000, 1),
        )


def enrich(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """For `logs.configure`: the request and the tenant that an event belongs to."""
    if has_request_context():
        event["request_id"] = g.get("request_id")
        if (caller := g.get("principal")) is not None:
            event["tenant"] = str(caller.tenant.id)
    return event


def _instrument(route: str, status: int) -> Histogram:
    """Kept per application: prometheus_client's own lookup takes a lock and builds a key of strings."""
    kept: dict[tuple[str, int], Histogram] = current_app.extensions.setdefault("stockline.requests", {})
    instrument = kept.get((route, status))
    if instrument is None:
        instrument = container().metrics.http_requests_seconds.labels(route, str(status))
        kept[route, status] = instrument
    return instrument


def _level(status: int, duration_s: float) -> int:
    if status >= 500 or duration_s > SLOW_S:
        return logging.WARNING
    return logging.DEBUG if request.method in {"GET", "HEAD", "OPTIONS"} and status < 400 else logging.INFO
