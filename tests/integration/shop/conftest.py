"""A shop of the simulator that tells our web server what happens in it, over sockets."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from app.local.shopify_sim.server import Server
from app.web.app import create_app
from tests.browser.serving import serving
from tests.shopkeeper import KEYS, Shopkeeper, open_shop, simulated
from tests.stockline import Stockline
from tests.stockline_fixtures import _application, _database, _emptied, build, stockline

__all__ = ["_application", "_database", "_emptied", "build", "stockline"]

_numbers = count(1)


class Door:
    """Where the web server listens; what is behind it is opened later, since it must know the address."""

    url = ""
    application: Any = None

    def __call__(self, environ: Any, start_response: Any) -> Any:
        return self.application(environ, start_response)


@pytest.fixture(scope="module")
def simulator() -> Iterator[Server]:
    with simulated() as server:
        yield server


@pytest.fixture(scope="module")
def door(simulator: Server) -> Iterator[Door]:
    door = Door()
    with serving(door) as port:
        door.url = f"http://127.0.0.1:{port}"
        yield door


@pytest.fixture
def shop(build, stockline: Stockline, simulator: Server, door: Door) -> Shopkeeper:
    """A tenant whose shop's news reach it."""
    container = build(encryption_keys=KEYS, shopify_url_template=simulator.template, public_url=door.url)
    door.application = door.application or create_app(container)
    return open_shop(stockline.over(container), simulator, f"loop-{next(_numbers)}.myshopify.com")
