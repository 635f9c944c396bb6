"""One tenant on the real engines, and the owner's look at all of them."""

from collections.abc import Callable

import pytest

from tests.desk import Desk
from tests.desk_fixtures import open_desk
from tests.network_fixtures import build, cache, network, owner

__all__ = ["build", "cache", "network", "open_desk", "owner"]


@pytest.fixture
def desk(open_desk: Callable[..., Desk]) -> Desk:
    return open_desk()
