"""The real engines under the tests: one pair per xdist worker, one migrated database, cleaned per test."""

import logging
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis
import structlog
from psycopg import sql

from app.adapters.postgres.migrate import upgrade
from app.local.engines import Engines, running
from app.settings import Settings

KEPT_TABLES = ("alembic_version", "postal_code")
"""What migrations fill stays."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--durable-engine",
        action="store_true",
        help="run the tests' PostgreSQL with fsync on, as production does",
    )


@pytest.fixture(autouse=True)
def _logs_as_they_were() -> Iterator[None]:
    """What a command run in this process told the loggers ends with its test, as its stderr does."""
    root = logging.getLogger()
    level = root.level
    yield
    if structlog.is_configured():
        structlog.reset_defaults()
        root.handlers[:] = [one for one in root.handlers if type(one) is not logging.StreamHandler]
        root.setLevel(level)


@pytest.fixture(scope="session")
def engines(request: pytest.FixtureRequest) -> Iterator[Engines]:
    """PostgreSQL and Valkey with a migrated database: owner_url, app_url, superuser_url, redis_url, broker_url."""
    data_dir = Path(tempfile.mkdtemp(prefix="stockline-test-", dir="/var/tmp"))
    data_dir.chmod(0o755)
    try:
        with running(data_dir, durable=request.config.getoption("--durable-engine")) as pair:
            upgrade(pair.owner_url, pair.app_url)
            yield pair
    finally:
        shutil.rmtree(data_dir, ignore_errors=True)


@pytest.fixture(scope="session")
def settings(engines: Engines) -> Settings:
    """The settings of a process on these engines."""
    return Settings(
        database_url=engines.app_url,
        database_owner_url=engines.owner_url,
        redis_url=engines.redis_url,
        broker_url=engines.broker_url,
    )


@pytest.fixture(scope="session")
def _truncation(engines: Engines) -> Iterator[tuple[psycopg.Connection, sql.Composed]]:
    """The owner's connection and one statement that empties every table, partitions through their parent."""
    with psycopg.connect(engines.owner_url, autocommit=True, options="-c lock_timeout=10s") as connection:
        tables = connection.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relkind IN ('r', 'p') AND NOT relispartition AND relname <> ALL(%s)",
            (list(KEPT_TABLES),),
        ).fetchall()
        names = sql.SQL(", ").join(sql.Identifier(name) for (name,) in tables)
        yield connection, sql.SQL("TRUNCATE {} CASCADE").format(names)


@pytest.fixture
def clean_database(engines: Engines, _truncation: tuple[psycopg.Connection, sql.Composed]) -> None:
    """Empty tables and an empty Redis before the test; what a failed one left can be looked at."""
    connection, statement = _truncation
    connection.execute(statement)
    with redis.Redis.from_url(engines.redis_url) as client:
        client.flushall()
