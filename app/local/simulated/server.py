"""HTTP for simulators: a thread per connection, on sockets of our own.

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
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

from app.local.simulated.answer import Answer, Request, of_json

LOOPBACK = "127.0.0.1"
_BODY_MAX = 32 * 1024 * 1024
_RESET = struct.pack("ii", 1, 0)


class Site(Protocol):
    """What is at which address."""

    def answer(self, request: Request) -> Answer:
        """Any call."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "SimulatedServer"

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
        whole = answer.cut_after is None and not answer.drip_s
        if self.command != "HEAD" and whole:
            buffer.append(answer.body)
        with contextlib.suppress(OSError):
            self.flush_headers()
            if not whole:
                self._spoil(answer)

    def _spoil(self, answer: Answer) -> None:
        """The body as a bad line brings it: slowly, or not to its end."""
        for at in range(len(answer.body)):
            if at == answer.cut_after:
                self._cut()
                return
            self.wfile.write(answer.body[at : at + 1])
            time.sleep(answer.drip_s)

    def _cut(self) -> None:
        """A reset, without a byte of an answer."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.connection.close()

    def finish(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            super().finish()

    def version_string(self) -> str:
        return self.server.name

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is http.server's
        """Nothing: the call log has it."""


class SimulatedServer(ThreadingHTTPServer):
    """Listens at once; `start` serves in a thread, `serve_forever` here."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, name: str, site: Site, port: int = 0) -> None:
        self.name, self.site = name, site
        super().__init__((LOOPBACK, port), _Handler)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{LOOPBACK}:{self.server_port}"

    def start(self) -> None:
        """Serve beside the caller."""
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True, name=self.name).start()

    def stop(self) -> None:
        """End serving."""
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that went away is no news."""
