"""The client of feeds and peers alike: keep-alive connections, bodies made beforehand, one thread each."""

import http.client
import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from app.local.ports import LOOPBACK

TIMEOUT_S = 120.0
IDLE_S_MAX = 5.0  # servers end idle connections after a while: a new one is surer than an old one
_T = TypeVar("_T")


class Client:
    """One keep-alive connection."""

    def __init__(self, port: int, headers: dict[str, str]) -> None:
        self._connection = http.client.HTTPConnection(LOOPBACK, port, timeout=TIMEOUT_S)
        self._headers = headers
        self._used_at = 0.0

    def post(self, path: str, body: bytes, **headers: str) -> dict[str, Any]:
        """The answer's JSON; RuntimeError for anything but 200 and 202."""
        return dict(json.loads(self._ask("POST", path, body, headers)))

    def get(self, path: str) -> dict[str, Any]:
        """The answer's JSON."""
        return dict(json.loads(self.get_bytes(path)))

    def get_bytes(self, path: str) -> bytes:
        """The answer's body."""
        return self._ask("GET", path, None, {})

    def _ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> bytes:
        if time.monotonic() - self._used_at > IDLE_S_MAX:
            self._connection.close()
        self._connection.request(method, path, body, {**self._headers, **headers})
        response = self._connection.getresponse()
        answer = response.read()
        self._used_at = time.monotonic()
        if response.status not in {200, 202}:
            raise RuntimeError(f"{method} {path} answered {response.status}: {answer[:300]!r}")
        return answer


def timed_together(clients: Sequence[Callable[[], _T]]) -> tuple[float, list[_T]]:
    """Seconds until all have finished, each in its own thread, and what they answered."""
    with ThreadPoolExecutor(len(clients)) as pool:
        began = time.perf_counter()
        answers = [done.result() for done in [pool.submit(one) for one in clients]]
        return time.perf_counter() - began, answers
