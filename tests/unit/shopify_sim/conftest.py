"""A shop on a stopped clock, and an app in it."""

from collections.abc import Iterator

import pytest

from app.local.shopify_sim.clock import Clock
from app.local.shopify_sim.server import Server
from app.local.shopify_sim.simulator import Simulator
from tests.shopify import DOMAIN, Caller


@pytest.fixture
def clock() -> Clock:
    return Clock(frozen=True)


@pytest.fixture
def simulator(clock: Clock) -> Iterator[Simulator]:
    made = Simulator(clock)
    made.make_shop(DOMAIN, locations=("Stockholm", "Berlin", "Oslo"))
    yield made
    made.stop()


@pytest.fixture
def shop(simulator: Simulator) -> Caller:
    return Caller(simulator)


@pytest.fixture
def server(simulator: Simulator) -> Iterator[Server]:
    made = Server(simulator)
    made.start()
    yield made
    made.stop()
