"""A tenant that buys of suppliers."""

import pytest

from tests.buyer import Buyer
from tests.stockline import Stockline
from tests.stockline_fixtures import _application, _database, _emptied, build, stockline

__all__ = ["_application", "_database", "_emptied", "build", "stockline"]


@pytest.fixture
def buyer(stockline: Stockline) -> Buyer:
    return Buyer(stockline)
