"""HTTP for the simulator: a thread per connection, on sockets of our own.

A fault must cut the connection at the socket, before or after the work, as a broken line does: no WSGI server lets an
application do that (an exception becomes a 500 or a clean end). The standard library's does, and nothing else is asked of
it: an answer is one write.
"""

import contextlib
import socket
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from app.local.shopify_sim import pages
from app.local.shopify_sim.answer import Answer, Request, of_json
from app.local.shopify_sim.control import Control
from app.local.shopify_sim.oauth import no_such_shop
from app.local.shopify_sim.simulator import NoSuchShopError, Simulator

LOOPBACK = "127.0.0.1"
_BODY_MAX = 32 * 1024 * 1024
_RESET = struct.pack("ii", 1, 0)


class Site:
    """What is at which address: `/{shop}/admin/…`, or `/admin/…` under the shop's own host name."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator, self._control = simulator, Control(simulator)

    def answer(self, request: Request) -> Answer:
        """Any call."""
        parts = [unquote(one) for one in request.path.split("/") if one]
        host = request.headers.get("host", "").partition(":")[0]
        if parts[:1] == ["admin"] and host.endswith(".myshopify.com"):
            parts = [host, *parts]
        match parts:
            case ["_sim", "shop.css"]:
                return pages.stylesheet()
            case ["_sim", *_]:
                return self._control.answer(request)
            case []:
                return pages.home(self._simulator)
            case [domain, "admin", *rest]:
                return self._admin(domain, rest, request)
            case [domain]:
                return self._shop(domain, request)
        return pages.missing()

    def _admin(self, domain: str, rest: list[str], request: Request) -> Answer:
        if domain not in self._simulator.stores:
            return no_such_shop()
        match rest:
            case ["oauth", "access_token"] if request.method == "POST":
                return self._simulator.token(domain, request)
            case ["api", version, "graphql.json"]:
                return self._simulator.graphql(domain, version, request)
        return of_json({"errors": "Not Found"}, 404)

    def _shop(self, domain: str, request: Request) -> Answer:
        try:
            store = self._simulator.store(domain)
        except NoSuchShopError:
            return pages.missing()
        self._simulator.settle(domain)
        number = request.query.get("page", "1")
        return pages.shop(store, int(number) if number.isdigit() else 1, request.query.get("q", ""))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "Server"

    def setup(self) -> None:
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def _handle(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > _BODY_MAX:
            self._send(of_json({"errors": "Payload Too Large"}, 413))
            return
        parts = urlsplit(self.path)
        request = Request(
            method=self.command,
            path=parts.path,
            query=dict(parse_qsl(parts.query)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(int(length)),
        )
        try:
            answer = self.server.site.answer(request)
        except Exception as error:  # noqa: BLE001 - a fault of ours must show as one, and end nobody else's call
            answer = of_json({"errors": f"simulator: {type(error).__name__}: {error}"}, 500)
        self._send(answer)

    do_GET = do_POST = do_DELETE = do_PUT = _handle  # noqa: N815 - the names are http.server's

    def _send(self, answer: Answer) -> None:
        if answer.after_s:
            time.sleep(answer.after_s)
        if answer.status is None:
            self._cut()
            return
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        buffer: list[bytes] = self._headers_buffer  # type: ignore[attr-defined]
        buffer.append(b"\r\n")
        if self.command != "HEAD":
            buffer.append(answer.body)
        with contextlib.suppress(OSError):
            self.flush_headers()

    def _cut(self) -> None:
        """A reset, without a byte of an answer."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.connection.close()

    def finish(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            super().finish()

    def version_string(self) -> str:
        return "shopify-sim"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is http.server's
        """Nothing: the call log has it."""


class Server(ThreadingHTTPServer):
    """Listens at once; `start` serves in a thread, `serve_forever` here."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, simulator: Simulator, port: int = 0) -> None:
        self.simulator, self.site = simulator, Site(simulator)
        super().__init__((LOOPBACK, port), _Handler)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{LOOPBACK}:{self.server_port}"

    @property
    def template(self) -> str:
        """For the setting SHOPIFY_URL_TEMPLATE."""
        return f"{self.url}/{{shop}}"

    def start(self) -> None:
        """Serve beside the caller."""
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True, name="shopify-sim").start()

    def stop(self) -> None:
        """End serving, mail and snapshots."""
        self.shutdown()
        self.server_close()
        self.simulator.stop()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that went away is no news."""
