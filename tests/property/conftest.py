from tests.shopkeeper_fixtures import keeper_of, simulator
from tests.stockline_fixtures import _application, _database, _emptied, build, stockline

__all__ = ["_application", "_database", "_emptied", "build", "keeper_of", "simulator", "stockline"]
