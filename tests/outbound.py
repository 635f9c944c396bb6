"""A small internet of its own: names with the answers that they give, and lines that all lead to this machine."""

import socket
from collections.abc import Mapping, Sequence
from typing import Any

import httpcore

from app.adapters.outbound.exchange import Internet, place_of
from app.adapters.outbound.fetcher import OutboundFetcher
from app.adapters.outbound.guard import Guard
from app.adapters.outbound.tokens import Tokens
from app.domain.suppliers.supplier import described_source

PUBLIC = "93.184.216.34"
OTHER = "151.101.1.69"


class Names:
    """A resolver: each name's answers one after another, the last for ever. Others are numbers, as inet_aton has it."""

    def __init__(self, answers: Mapping[str, Sequence[Sequence[str]]]) -> None:
        self._answers = {name: list(given) for name, given in answers.items()}
        self.asked: list[str] = []

    def __call__(self, host: str, _port: int) -> Sequence[str]:
        self.asked.append(host)
        given = self._answers.get(host)
        if given is None:
            return [socket.inet_ntoa(socket.inet_aton(host))]
        return given.pop(0) if len(given) > 1 else given[0]


class Lines(httpcore.NetworkBackend):
    """Connects every address to a port of this machine, and tells which were asked for."""

    def __init__(self, port: int = 0) -> None:
        self.port = port
        self.asked: list[tuple[str, int]] = []

    def connect_tcp(self, host, port, timeout=None, local_address=None, socket_options=None):
        self.asked.append((host, port))
        if not self.port:
            raise httpcore.ConnectError("nobody is there")
        return httpcore.SyncBackend().connect_tcp("127.0.0.1", self.port, timeout)


class Web:
    """What is asked through the guard, and the lines and names behind it."""

    def __init__(
        self, port: int = 0, answers=None, *, allow=(), timeout_s=5.0, bytes_max=1_000_000, tls=None
    ):
        self.names = Names({"api.example": [[PUBLIC]], "other.example": [[OTHER]], **(answers or {})})
        self.lines = Lines(port)
        self.now = 0.0
        self.internet = Internet(Guard(allow, self.names), tls=tls, connector=self.lines)
        self.fetcher = OutboundFetcher(
            self.internet, timeout_s=timeout_s, bytes_max=bytes_max, tokens=Tokens(lambda: self.now)
        )

    def post(self, url: str):
        """As webhooks and orders are sent."""
        with self.internet.call(5.0, 1_000_000) as call:
            return call.send("POST", place_of(url), {}, b"{}")

    def fetch(self, file: Mapping[str, Any] | str, **conditions):
        """By a supplier file, or by an address alone."""
        told = {"url": file} if isinstance(file, str) else file
        source, secrets = described_source(
            {"format": "json", "fields": {"sku": "sku", "quantity": "qty"}, **told}
        )
        return self.fetcher.fetch(source, secrets, **conditions)
