"""One JSON line per event on stderr, the standard library's loggers included."""

import logging
import sys
from typing import Any, cast

import structlog
import structlog.tracebacks
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

# Without the frames' variables: they hold keys and passwords.
_TRACEBACKS = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False),
)
_LIBRARIES_THAT_CHATTER = ("alembic", "sqlalchemy", "dramatiq")


def configure(level: str, *enrichers: Processor) -> None:
    """Send structlog and `logging` to stderr as JSON from `level` (a name such as "INFO") on.

    An enricher adds what its process knows at the moment of the event, such as the request id; it
    costs nothing while nothing is logged. Workers bind theirs by `structlog.contextvars`.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        *enrichers,
        structlog.stdlib.add_log_level,
        _logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, *_to_line()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_to_line()],
        ),
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _LIBRARIES_THAT_CHATTER:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


def logger(name: str) -> FilteringBoundLogger:
    """A logger whose events carry `name`; its level is decided by `configure`, however early it is made."""
    return cast("FilteringBoundLogger", structlog.get_logger(component=name))


def _to_line() -> list[Processor]:
    return [_TRACEBACKS, structlog.processors.JSONRenderer(default=str)]


def _logger_name(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A standard library record's logger, which structlog keeps apart until the end."""
    record: Any = event.get("_record")
    if record is not None:
        event["component"] = record.name
    return event
