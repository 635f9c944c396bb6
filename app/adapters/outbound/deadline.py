"""One moment by which all is over, however slowly the other side drips."""

import ssl
import time
from collections.abc import Callable
from typing import Any

import httpcore

from app.domain.suppliers.source import SourceTransientError


class Deadline:
    """Counts down from the beginning of a call, over all its pages, redirects and reads."""

    def __init__(self, timeout_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._timeout_s = timeout_s
        self.started = clock()

    @property
    def elapsed_s(self) -> float:
        """Since the beginning."""
        return self._clock() - self.started

    def left(self, at_most: float | None = None) -> float:
        """Seconds until the end, and no more than `at_most`. Raises SourceTransientError when it is past."""
        left = self._timeout_s - self.elapsed_s
        if left <= 0:
            raise SourceTransientError(f"the source did not answer in full within {self._timeout_s:g} s")
        return left if at_most is None else min(left, at_most)


class TimedStream(httpcore.NetworkStream):
    """A connection whose every read and write ends with the deadline, headers that come a letter at a time too."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        secured = self._stream.start_tls(ssl_context, server_hostname, self._deadline.left(timeout))
        return TimedStream(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
