"""A tenant with suppliers' stock that changes, a mail server and a receiver that are real."""

from tests.stockline_fixtures import _application, _database, _emptied, build, stockline

__all__ = ["_application", "_database", "_emptied", "build", "stockline"]
