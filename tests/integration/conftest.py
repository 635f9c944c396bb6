"""What several integration tests ask for."""

from tests.desk_fixtures import open_desk

__all__ = ["open_desk"]
