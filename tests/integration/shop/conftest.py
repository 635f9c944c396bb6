from tests.stockline_fixtures import _application, _database, _emptied, build, stockline

__all__ = ["_application", "_database", "_emptied", "build", "stockline"]
