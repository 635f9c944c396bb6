"""A worker process's broker, with the middleware that Dramatiq runs around every message."""

import threading

import dramatiq
from dramatiq.middleware import CurrentMessage, Retries

from app.adapters.dramatiq.broker import connect
from app.bootstrap import Container
from app.workers.middleware import (
    OneMessageAThread,
    SpareStartup,
    StopSlices,
    Sweeping,
    TermOnce,
    ThreadWatchdog,
)
from app.workers.sweep import sweep_until

BROKER_TIMEOUT_S = 10.0


def build(container: Container) -> dramatiq.Broker:
    """The broker that a worker consumes from.

    No TimeLimit, AgeLimit or delays: how long work may take, how often it is tried and when it is due are
    rows in PostgreSQL. Retries stays with max_retries=0, because without it Dramatiq counts a message that
    raised as done.
    """
    settings = container.settings

    def sweep(stopped: threading.Event) -> None:
        sweep_until(stopped, container.work.sweep, settings.sweep_interval_s)

    return connect(
        settings.broker_url,
        [
            CurrentMessage(),
            Retries(max_retries=0),
            OneMessageAThread(),
            ThreadWatchdog(),
            TermOnce(),
            SpareStartup(),
            StopSlices(container.work.stop),
            Sweeping(sweep),
        ],
        timeout_s=BROKER_TIMEOUT_S,
    )
