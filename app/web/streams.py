"""Answers that go on for minutes: seats for them, and how they end.

A stream holds one of the server's threads. A process has threads for all of its seats beside those that serve
(`--blocking-threads`), so streams take nothing from anybody; who finds no seat is told to come back.
"""

import select
import signal
import socket
import threading
import weakref
from collections.abc import Callable, Generator
from typing import Final
from uuid import UUID

from flask import Response, current_app

from app.web.errors import HttpError

EXTENSION: Final = "stockline.streams"
EACH_TENANT_MAX: Final = 8
AGAIN_IN_S: Final = 5

Stream = Generator[bytes, None, None]


class Streams:
    """The streams of one process."""

    def __init__(self, seats: int) -> None:
        self._seats = seats
        self._lock = threading.Lock()
        self._taken: dict[object, UUID] = {}
        self.wait: Callable[[float], bool] = threading.Event().wait
        """Waits for so many seconds; True when the process is to stop: streams end at once then."""

    def answer(self, tenant_id: UUID, stream: Stream, content_type: str) -> Response:
        """The stream as a response that has a seat until it is closed or forgotten; raises 503 without one."""
        seat = self._sit(tenant_id)
        # Not every server closes a body that it does not send, as after HEAD; then its end frees the seat.
        leave = weakref.finalize(stream, self._taken.pop, seat)
        leave.atexit = False
        response = Response(stream, content_type=content_type)
        response.call_on_close(leave)
        return response

    def _sit(self, tenant_id: UUID) -> object:
        with (
            self._lock
        ):  # seats are freed without it: the collector may do that at any line, this one included
            taken = list(self._taken.values())
            if len(taken) < self._seats and taken.count(tenant_id) < EACH_TENANT_MAX:
                seat = object()
                self._taken[seat] = tenant_id
                return seat
        raise HttpError(
            503,
            "too_many_streams",
            f"no room for another stream; a tenant has {EACH_TENANT_MAX} at most: close one, or poll meanwhile",
            headers={"Retry-After": str(AGAIN_IN_S)},
        )


def streams() -> Streams:
    """Of the application that serves the request."""
    found: Streams = current_app.extensions[EXTENSION]
    return found


def stop_on_signals() -> Callable[[float], bool]:
    """A `wait` that ends when this process gets a signal. To be called in the main thread.

    The interpreter writes each signal that has a handler into the socket, whoever set the handler and whenever; nobody
    reads it, so that all who wait, now and later, learn of it.
    """
    told, teller = socket.socketpair()
    teller.setblocking(False)
    servers_own = signal.set_wakeup_fd(teller.detach(), warn_on_full_buffer=False)
    if servers_own != -1:  # gunicorn listens in this way too: it goes before, and cuts its streams off
        signal.set_wakeup_fd(servers_own, warn_on_full_buffer=False)

    def wait(seconds: float) -> bool:
        poll = select.poll()
        poll.register(told.fileno(), select.POLLIN)
        return bool(poll.poll(seconds * 1000))

    return wait
