"""A tenant with suppliers on the real engines; only their sources are the test's."""

import pytest

from tests.stockline import Stockline
from tests.stockline_fixtures import _application, _database, _emptied, build, stockline
from tests.suppliers import Purchaser, open_purchaser

__all__ = ["_application", "_database", "_emptied", "build", "stockline"]


@pytest.fixture
def buyer(stockline: Stockline) -> Purchaser:
    return open_purchaser(stockline)
