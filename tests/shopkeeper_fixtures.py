"""Fixtures around `tests.shopkeeper`, for the conftest of whoever wants them."""

from collections.abc import Iterator
from itertools import count

import pytest

from app.local.shopify_sim.server import Server
from tests.shopkeeper import KEYS, Shopkeeper, open_shop, simulated
from tests.stockline import Stockline

_numbers = count(1)


@pytest.fixture(scope="session")
def simulator() -> Iterator[Server]:
    with simulated() as server:
        yield server


@pytest.fixture
def keeper_of(build, simulator: Server):
    """Opens a shop for a tenant; keywords are the simulator's, `settings` the process's."""

    def open_one(tenant: Stockline, settings: dict[str, object] | None = None, **shop: object) -> Shopkeeper:
        container = build(
            encryption_keys=KEYS, shopify_url_template=simulator.template, push_slice_s=60.0, **settings or {}
        )
        return open_shop(tenant.over(container), simulator, f"shop-{next(_numbers)}.myshopify.com", **shop)

    return open_one


@pytest.fixture
def shop(keeper_of, stockline: Stockline) -> Shopkeeper:
    """A tenant with a shop."""
    return keeper_of(stockline)
