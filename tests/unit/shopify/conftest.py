"""A shop of the simulator behind real HTTP, on a clock that only the adapter's own sleep moves."""

from collections.abc import Iterator

import pytest

from app.adapters.shopify.wire import http_client
from app.local.shopify_sim.clock import Clock
from app.local.shopify_sim.schema import admin
from app.local.shopify_sim.server import Server
from app.local.shopify_sim.simulator import Simulator
from tests.shopify import DOMAIN
from tests.unit.shopify.shopfront import Front


@pytest.fixture(scope="session")
def http() -> Iterator:
    with http_client() as made:
        yield made


@pytest.fixture(scope="session")
def warm() -> None:
    """The simulator's schema, loaded before threads would load it all at once."""
    admin()


@pytest.fixture
def simulator(warm: None) -> Simulator:
    made = Simulator(Clock(frozen=True))
    made.make_shop(DOMAIN, locations=("Stockholm", "Berlin"))
    return made


@pytest.fixture
def server(simulator: Simulator) -> Iterator[Server]:
    made = Server(simulator)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def front(simulator: Simulator, server: Server, http) -> Front:
    return Front(simulator, server, http)
