"""Fixtures around `tests.network`, for the conftest of whoever wants them."""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
import redis
from structlog.testing import capture_logs

from app import bootstrap
from app.bootstrap import Container
from app.local.engines import Engines
from app.settings import Settings
from tests.network import Network, manufacturer
from tests.stockline import platform


@pytest.fixture
def owner(engines: Engines, clean_database: None) -> Iterator[psycopg.Connection]:
    with psycopg.connect(engines.owner_url, autocommit=True) as connection, capture_logs():
        yield platform(connection)


@pytest.fixture
def build(settings: Settings) -> Iterator[Callable[..., Container]]:
    built: list[Container] = []

    def build_one(**changes: Any) -> Container:
        built.append(bootstrap.build(settings.model_copy(update={"key_cache_s": 0.0} | changes)))
        return built[-1]

    yield build_one
    for one in built:
        one.close()


@pytest.fixture
def network(build: Callable[..., Container], owner: psycopg.Connection) -> Network:
    """A manufacturer's, asked without a sign-in that remembers."""
    return manufacturer(build(), owner)


@pytest.fixture
def cache(engines: Engines) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(engines.redis_url) as client:
        yield client
