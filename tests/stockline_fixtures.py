"""Fixtures around `tests.stockline`, for the conftest of whoever wants them."""

from collections.abc import Callable, Iterator

import psycopg
import pytest
from structlog.testing import capture_logs

from app import bootstrap
from app.bootstrap import Container
from app.local.engines import Engines
from app.settings import Settings
from app.web.app import create_app
from tests.stockline import Stockline, open_stockline, platform

SMALL = {"feed_chunk_rows": 3, "key_cache_s": 0.0, "body_limit_bytes": 200_000, "feed_wait_s": 10.0}
"""Chunks so small that most feeds have several."""


@pytest.fixture(scope="session")
def build(settings: Settings) -> Iterator[Callable[..., Container]]:
    """Containers on the real engines with some settings changed: one for each set of changes."""
    built: dict[str, Container] = {}

    def build_one(**changes: object) -> Container:
        name = repr(sorted(changes.items()))
        if name not in built:
            built[name] = bootstrap.build(settings.model_copy(update=SMALL | changes))
        return built[name]

    yield build_one
    for container in built.values():
        container.close()


@pytest.fixture(scope="session")
def _database(engines: Engines) -> Iterator[psycopg.Connection]:
    with psycopg.connect(engines.owner_url, autocommit=True) as connection:
        yield platform(connection)


@pytest.fixture(scope="session")
def _application(build: Callable[..., Container]):
    return create_app(build())


@pytest.fixture(scope="module")
def _emptied(_truncation) -> None:
    """What earlier modules left is out of the worker's way."""
    connection, statement = _truncation
    connection.execute(statement)


@pytest.fixture
def stockline(
    build: Callable[..., Container], _application, _database: psycopg.Connection, _emptied: None
) -> Iterator[Stockline]:
    """A HYBRID tenant, which has every feature; its neighbours are those of the module's earlier tests."""
    with capture_logs():  # drawing the tracebacks of the failures that tests cause takes seconds
        yield open_stockline(build(), _application, _database)
