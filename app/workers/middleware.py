"""What Dramatiq needs around it to be trusted: each piece mends one thing that was seen to break."""

import os
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

import dramatiq
import structlog
from dramatiq.worker import ConsumerThread, WorkerThread

from app.telemetry.collector import spare_startup

log = structlog.get_logger()

EXIT_THREAD_DIED = 70


class OneMessageAThread(dramatiq.Middleware):
    """Takes no more messages than there are threads to work on them.

    What waits in one process's memory is out of another's reach. Dramatiq's variable for it wants a number, and how
    many threads a process has its command line says.
    """

    def before_worker_boot(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        """Called before the consumers are made."""
        worker.queue_prefetch = worker.worker_threads


class ThreadWatchdog(dramatiq.Middleware):
    """Exits the process when one of its worker or consumer threads dies.

    A dead thread leaves a process that sends heartbeats and works on nothing (Dramatiq's issue 445); a dead
    process is started anew by its supervisor, and what it held is rung again.
    """

    def before_worker_boot(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        """Watch all threads of this process."""
        threading.excepthook = _exit_with_thread


def _exit_with_thread(args: threading.ExceptHookArgs) -> None:
    if isinstance(args.thread, WorkerThread | ConsumerThread):
        log.critical("worker.thread_died", thread=args.thread.name, error=repr(args.exc_value))
        os._exit(EXIT_THREAD_DIED)


class TermOnce(dramatiq.Middleware):
    """Takes the first SIGTERM and no second.

    Heroku signals every process of a dyno, and Dramatiq's master passes its own signal on as well: the child
    gets two, and takes the second for an order to die at once.
    """

    def after_process_boot(self, broker: dramatiq.Broker) -> None:
        """Wrap the handlers that the child has just installed."""
        for number in (signal.SIGTERM, signal.SIGINT):
            handler = signal.getsignal(number)
            if callable(handler):
                signal.signal(number, _once(handler))


def _once(handler: Callable[[int, FrameType | None], Any]) -> Callable[[int, FrameType | None], None]:
    taken = False

    def first_only(number: int, frame: FrameType | None) -> None:
        nonlocal taken
        if not taken:
            taken = True
            handler(number, frame)

    return first_only


class SpareStartup(dramatiq.Middleware):
    """Tells each child's garbage collector to leave alone what start-up made."""

    def after_process_boot(self, broker: dramatiq.Broker) -> None:
        """Called in the child, after the fork."""
        spare_startup()


class StopSlices(dramatiq.Middleware):
    """Lets running work end at its next checkpoint when the worker is asked to stop."""

    def __init__(self, stop: Callable[[], None]) -> None:
        self._stop = stop

    def before_worker_shutdown(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        """Called before the worker waits for its threads."""
        self._stop()


class Sweeping(dramatiq.Middleware):
    """Sweeps from a thread of every worker process, so that no clock is needed for work to go on."""

    def __init__(self, loop: Callable[[threading.Event], None]) -> None:
        self._loop = loop
        self._stopped = threading.Event()

    def after_worker_boot(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        """Start the thread."""
        threading.Thread(target=self._loop, args=(self._stopped,), name="sweep", daemon=True).start()

    def before_worker_shutdown(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        """Let the thread end."""
        self._stopped.set()
