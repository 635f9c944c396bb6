"""The fence: nothing goes on the wire after the moment that it names."""

import contextlib
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest

from app.adapters.shopify.errors import TransportFaultError
from app.adapters.shopify.wire import Wire
from app.domain.errors import LeaseLostError
from app.domain.push.errors import ShopUnavailableError
from tests.unit.shopify.shopfront import KEY, Front, part


class Fenced:
    """Counts, and may run out."""

    def __init__(self, front: Front, good_for: float = float("inf")) -> None:
        self.front, self.good_for, self.asked = front, good_for, 0

    def __call__(self) -> float:
        self.asked += 1
        return self.front.simulator.clock.now() + self.good_for


def test_it_is_asked_before_every_request(front: Front):
    fence = Fenced(front)
    shop = front.shop(fence)
    shop.prepare()
    shop.create(KEY, part())

    assert fence.asked == len(front.calls)


def test_a_lost_lease_ends_it_before_anything_is_sent(front: Front):
    def lost() -> float:
        raise LeaseLostError("another worker has it")

    with pytest.raises(LeaseLostError):
        front.shop(lost).prepare()
    assert front.calls == []


def test_it_is_asked_again_before_every_further_try(front: Front):
    front.shop().prepare()
    fence = Fenced(front)
    front.fault("status", "product", times=2)
    front.shop(fence).product("gid://shopify/Product/1", variants=1)

    assert fence.asked >= 3


def test_a_long_wait_keeps_the_lease(front: Front):
    front.shop().prepare()
    fence = Fenced(front)
    front.fault("rate_limit", "product", retryAfter="10")
    front.shop(fence).product("gid://shopify/Product/1", variants=1)

    assert front.slept == [5.0, 5.0]
    assert fence.asked == 1 + len(["product", "location", "product"])


def test_a_call_that_was_held_up_past_its_moment_is_not_sent(front: Front):
    """The moment passes while the connection is made: the last look is at the first byte."""
    front.shop().prepare()
    front.store.calls.clear()
    clock = front.simulator.clock
    transport = httpx.HTTPTransport()
    connect = transport._pool._network_backend.connect_tcp

    def slowly(*args, **named):
        stream = connect(*args, **named)
        clock.advance(30)
        return stream

    transport._pool._network_backend.connect_tcp = slowly
    with httpx.Client(transport=transport, trust_env=False) as http:
        front.shops._wire._http = http
        with pytest.raises(LeaseLostError):
            front.shop(Fenced(front, good_for=20)).product("gid://shopify/Product/1", variants=1)

    assert front.calls == []


def test_a_call_ends_with_its_time_out_however_slowly_the_answer_drips(dripping: str):
    with httpx.Client(trust_env=False) as http:
        wire = Wire(http, 0.4, time.monotonic)
        began = time.monotonic()
        with pytest.raises(TransportFaultError):
            wire.post(dripping, lambda: float("inf"), b"{}", {})

    assert time.monotonic() - began < 0.8


def test_an_answer_without_end_is_cut_off(endless: str):
    with httpx.Client(trust_env=False) as http:
        wire = Wire(http, 30, time.monotonic)
        with pytest.raises(TransportFaultError, match="too large"):
            wire.post(endless, lambda: float("inf"), b"{}", {})


def test_slow_answers_are_given_up(simulator, server, http):
    front = Front(simulator, server, http, timeout_s=0.1)
    front.shop().prepare()
    front.fault("slow", "product", times=99, seconds=0.3)

    with pytest.raises(ShopUnavailableError):
        front.shop().product("gid://shopify/Product/1", variants=1)


@pytest.fixture
def dripping():
    yield from served(lambda send: [(send(b" "), time.sleep(0.05)) for _ in range(100)])


@pytest.fixture
def endless():
    chunk = b" " * 1_000_000
    yield from served(lambda send: [send(chunk) for _ in range(100)])


def served(body):
    """A server that begins an answer and goes on as it is told."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.send_response(200)
            self.send_header("Content-Length", "1000000000")
            self.end_headers()
            with contextlib.suppress(OSError):
                body(self.wfile.write)

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
