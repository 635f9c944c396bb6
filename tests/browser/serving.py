"""Servers of a test: a merchant's page on one origin, the API on another."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from werkzeug.serving import WSGIRequestHandler, make_server

Answer = tuple[int, Any, dict[str, str]]
DEADLINE_S = 60.0


class _Quiet(WSGIRequestHandler):
    def log(self, *_: Any) -> None:
        """A test's log is its assertions."""


@contextmanager
def serving(application: Any) -> Iterator[int]:
    """The port of a server of this application, meanwhile."""
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=_Quiet)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Merchant:
    """A shop's site: pages by path, each with the policy that it is served under."""

    port: int = 0
    pages: dict[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        """By another name than the API's, and on another port."""
        return f"http://localhost:{self.port}"

    def __call__(self, environ: Any, start_response: Any) -> list[bytes]:
        html, policy = self.pages.get(environ["PATH_INFO"], ("", ""))
        headers = [("Content-Type", "text/html; charset=utf-8"), ("Content-Security-Policy", policy)]
        start_response("200 OK" if html else "404 Not Found", headers)
        return [html.encode()]


@dataclass(frozen=True)
class Asked:
    """A request that the stand-in got."""

    path: str
    query: dict[str, str]
    key: str


FIVE_MINUTES_AGO = "(five minutes ago)"
"""Becomes the time when the answer is given: rows are made long before a slow machine shows them."""


class StandIn:
    """The application's own files, and in front of them an API that answers what the test says."""

    def __init__(self, files: Any) -> None:
        self._files = files
        self._held: dict[str, threading.Event] = {}
        self.asked: list[Asked] = []
        self.token = ""
        self.dealers: list[dict[str, Any]] = []
        self.stock: Callable[[dict[str, str]], Answer] = lambda _: (200, [], {})

    def answers(self, rows: list[dict[str, Any]]) -> None:
        self.stock = lambda _: (200, rows, {})

    def refuses(self, status: int, code: str, **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.stock = lambda _: (status, {"error": "No.", "code": code}, named)

    def hold(self, part_number: str) -> threading.Event:
        """Answers about this part wait until the event is set."""
        return self._held.setdefault(part_number, threading.Event())

    def release(self) -> None:
        for event in self._held.values():
            event.set()

    def searches(self) -> list[dict[str, str]]:
        return [one.query for one in self.asked if one.path == "/api/t/dealers/stock"]

    def await_searches(self, count: int) -> None:
        deadline = time.monotonic() + DEADLINE_S
        while len(self.searches()) < count:
            assert time.monotonic() < deadline, f"{len(self.searches())} searches and not {count}"
            time.sleep(0.005)

    def __call__(self, environ: Any, start_response: Any) -> Any:
        path = environ["PATH_INFO"]
        if not path.startswith("/api/t/"):
            return self._files(environ, start_response)
        opened = [("Access-Control-Allow-Origin", "*"), ("Access-Control-Expose-Headers", "Retry-After")]
        if environ["REQUEST_METHOD"] == "OPTIONS":
            start_response("204 No Content", [*opened, ("Access-Control-Allow-Headers", "X-API-Key")])
            return []
        query = dict(parse_qsl(environ["QUERY_STRING"]))
        self.asked.append(Asked(path, query, environ.get("HTTP_X_API_KEY", "")))
        status, body, headers = self._answer(path, query)
        start_response(
            f"{status} As The Test Says",
            [*opened, ("Content-Type", "application/json"), *headers.items()],
        )
        since = (datetime.now(UTC) - timedelta(minutes=5, seconds=10)).isoformat()
        return [json.dumps(body).replace(FIVE_MINUTES_AGO, since).encode()]

    def _answer(self, path: str, query: dict[str, str]) -> Answer:
        if path == "/api/t/config":
            return 200, {"mapboxToken": self.token}, {}
        if path == "/api/t/dealers":
            return 200, self.dealers, {}
        if held := self._held.get(query["partNumber"]):
            held.wait(DEADLINE_S)
        return self.stock(query)


def dealer(name: str = "Arctic Motors", **changes: Any) -> dict[str, Any]:
    """One row of `/dealers/stock`, true to the contract."""
    return {
        "name": name,
        "address": "Hatanpään valtatie 1",
        "city": "Tampere",
        "postalCode": "33100",
        "country": "FI",
        "phone": "+358 40 123 4567",
        "website": "https://www.arcticmotors.example/shop",
        "lat": 61.49,
        "lng": 23.77,
        "distanceKm": 1.2,
        "asOf": FIVE_MINUTES_AGO,
        "openNow": True,
        "approximate": False,
        "stockLevel": "in-stock",
        "precision": "LEVEL",
    } | changes
