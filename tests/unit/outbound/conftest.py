"""A simulated supplier behind the small internet's names; and servers that answer whatever a test says."""

from collections.abc import Callable, Iterator

import pytest

from app.local.simulated.answer import Answer, Request
from app.local.simulated.server import SimulatedServer
from app.local.supplier_sim.site import Server
from app.local.supplier_sim.stock import SimulatedSupplier
from tests.outbound import Web

Told = Callable[[Request], Answer]


@pytest.fixture(scope="session")
def suppliers() -> Iterator[Server]:
    made = Server()
    made.start()
    yield made
    made.stop()


@pytest.fixture
def web(suppliers: Server) -> Web:
    return Web(suppliers.server_port)


@pytest.fixture
def supplier(suppliers: Server) -> Callable[..., SimulatedSupplier]:
    def make(**described) -> SimulatedSupplier:
        return suppliers.made.make(**{"code": "acme", "items": {"A": 5, "B": 0, "C": 17}, **described})

    return make


class Scripted:
    """Answers by a function, and keeps what was asked."""

    def __init__(self) -> None:
        self.asked: list[Request] = []
        self.told: Told = lambda _: Answer(200, b"[]")

    def answer(self, request: Request) -> Answer:
        self.asked.append(request)
        return self.told(request)


@pytest.fixture(scope="session")
def scripted_server() -> Iterator[SimulatedServer]:
    made = SimulatedServer("scripted", Scripted())
    made.start()
    yield made
    made.stop()


@pytest.fixture
def scripted(scripted_server: SimulatedServer) -> Scripted:
    scripted_server.site = Scripted()
    return scripted_server.site


@pytest.fixture
def scripted_port(scripted_server: SimulatedServer) -> int:
    return scripted_server.server_port
