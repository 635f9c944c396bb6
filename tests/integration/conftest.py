"""What several integration tests ask for."""

from tests.desk_fixtures import open_desk
from tests.network_fixtures import build, cache, network, owner

__all__ = ["build", "cache", "network", "open_desk", "owner"]
