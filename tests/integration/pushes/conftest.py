"""A shop per test on the real engines, and a simulator for the session."""

from tests.shopkeeper_fixtures import keeper_of, shop, simulator
from tests.stockline_fixtures import _application, _database, _emptied, build, stockline

__all__ = [
    "_application",
    "_database",
    "_emptied",
    "build",
    "keeper_of",
    "shop",
    "simulator",
    "stockline",
]
