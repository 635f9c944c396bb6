"""The sweep's loop, the same in every worker and in the clock."""

import random
import threading
from collections.abc import Callable

import structlog

from app.domain.errors import TransientError

log = structlog.get_logger()


def sweep_until(stopped: threading.Event, sweep: Callable[[], int], every_s: float) -> None:
    """Sweep about every `every_s` seconds; an engine that is away is waited for, never a reason to end."""
    while not stopped.wait(every_s * random.uniform(0.75, 1.25)):  # noqa: S311 - spreads sweepers, guards nothing
        try:
            rung = sweep()
        except TransientError as error:
            log.warning("sweep.engine_away", error=str(error))
        except Exception:
            log.exception("sweep.failed")
        else:
            if rung:
                log.info("sweep.rang", count=rung)
