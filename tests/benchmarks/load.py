"""A load generator that is not the bottleneck: raw keep-alive sockets on epoll, in a process of its own.

Reads its orders as JSON on stdin: port, connections, seconds, requests (full texts, taken in turn).
Answers on stdout: how many were answered with 200, in how many seconds, and the latencies' percentiles.
"""

import json
import select
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle

from app.local.ports import LOOPBACK
from tests.benchmarks.rounds import percentile

OK = b"HTTP/1.1 200"
END_OF_HEADERS = b"\r\n\r\n"
LENGTH = b"content-length: "


@dataclass
class Connection:
    """One request on its way at a time."""

    socket: socket.socket
    sent_at: float = 0.0
    received: bytes = b""

    def send(self, request: bytes) -> None:
        """The whole request in one packet."""
        self.received = b""
        self.sent_at = time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> bool:
        """Whether the answer is whole now."""
        piece = self.socket.recv(65536)
        if not piece:
            raise ConnectionError("the server closed a kept-alive connection")
        self.received = self.received + piece if self.received else piece
        return whole(self.received)


def whole(answer: bytes) -> bool:
    """Whether all of a 200 with a Content-Length is there; ValueError for any other answer."""
    if not answer.startswith(OK):
        raise ValueError(f"not a 200: {answer[:200]!r}")
    head = answer.find(END_OF_HEADERS)
    if head < 0:
        return False
    at = answer.lower().find(LENGTH, 0, head) + len(LENGTH)
    return len(answer) >= head + 4 + int(answer[at : answer.index(b"\r", at)])


@dataclass
class Load:
    """Closed loop: every connection sends its next request as soon as it has its answer."""

    requests: Iterator[bytes]
    latencies_s: list[float] = field(default_factory=list)

    def run(self, port: int, connections: int, seconds: float) -> float:
        """The seconds that it really took."""
        opened = [socket.create_connection((LOOPBACK, port)) for _ in range(connections)]
        poll = select.epoll()
        by_number = {one.fileno(): Connection(one) for one in opened}
        for number, connection in by_number.items():
            connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            poll.register(number, select.EPOLLIN)
            connection.send(next(self.requests))
        began = time.perf_counter()
        until = began + seconds
        while (now := time.perf_counter()) < until:
            for number, _ in poll.poll(1.0):
                connection = by_number[number]
                if connection.receive():
                    self.latencies_s.append(time.perf_counter() - connection.sent_at)
                    connection.send(next(self.requests))
        for one in opened:
            one.close()
        return now - began


def main() -> None:
    """One load, ordered on stdin."""
    order = json.load(sys.stdin)
    load = Load(cycle([one.encode() for one in order["requests"]]))
    seconds = load.run(order["port"], order["connections"], order["seconds"])
    answer = {
        "answered": len(load.latencies_s),
        "seconds": seconds,
        "perSecond": len(load.latencies_s) / seconds,
        "p50Ms": percentile(load.latencies_s, 50) * 1000,
        "p99Ms": percentile(load.latencies_s, 99) * 1000,
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
