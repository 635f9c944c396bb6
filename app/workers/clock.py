"""The clock: sweeps, and keeps house (partitions, expired keys). Any number may run; none need to."""

import signal
import threading
import time
from collections.abc import Callable

import structlog

from app.bootstrap import build
from app.domain.errors import TransientError
from app.settings import load_or_exit
from app.telemetry import logs
from app.workers.sweep import sweep_until

log = structlog.get_logger()

HOUSEKEEPING_EVERY_S = 600.0


def keep_house_until(
    stopped: threading.Event, keep_house: Callable[[], None], every_s: float = HOUSEKEEPING_EVERY_S
) -> None:
    """Keep house at once and then every `every_s` seconds."""
    while not stopped.is_set():
        started = time.monotonic()
        try:
            keep_house()
            log.info("housekeeping.done", seconds=round(time.monotonic() - started, 3))
        except TransientError as error:
            log.warning("housekeeping.engine_away", error=str(error))
        except Exception:
            log.exception("housekeeping.failed")
        stopped.wait(every_s)


def main() -> None:
    """The clock process of the Procfile."""
    settings = load_or_exit()
    logs.configure(settings.log_level)
    container = build(settings)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stopped.set())
    house = threading.Thread(target=keep_house_until, args=(stopped, container.housekeeping), daemon=True)
    house.start()
    sweep_until(stopped, container.work.sweep, settings.sweep_interval_s)


if __name__ == "__main__":
    main()
