"""The engines that every other test stands on."""

import psycopg
import pytest
import redis

from app.local.engines import Engines
from app.settings import Settings

pytestmark = pytest.mark.usefixtures("clean_database")


def test_the_application_is_neither_owner_nor_superuser_nor_above_row_security(engines: Engines):
    with psycopg.connect(engines.app_url) as connection:
        row = connection.execute(
            "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb,"
            " (SELECT count(*) FROM pg_tables WHERE tableowner = current_user)"
            " FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
    assert row == (False, False, False, False, 0)


def test_text_is_utf8_and_sorts_by_code_point(engines: Engines):
    with psycopg.connect(engines.app_url) as connection:
        row = connection.execute(
            "SELECT current_setting('server_encoding'), datlocprovider, datlocale FROM pg_database"
            " WHERE datname = current_database()"
        ).fetchone()
    assert row == ("UTF8", "b", "C.UTF-8")


def test_cache_and_messages_are_two_databases_that_evict_nothing(engines: Engines):
    with redis.Redis.from_url(engines.redis_url) as cache, redis.Redis.from_url(engines.broker_url) as broker:
        cache.set("here", 1)
        assert broker.get("here") is None
        assert cache.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert cache.config_get("appendonly") == {"appendonly": "yes"}


@pytest.mark.parametrize("turn", ["first", "second"])
def test_every_test_meets_empty_tables(engines: Engines, settings: Settings, turn: str):
    with psycopg.connect(engines.owner_url) as connection:
        connection.execute("SELECT set_config('app.platform', 'on', true)")
        assert connection.execute("SELECT count(*) FROM tenant").fetchone() == (0,)
        connection.execute("INSERT INTO tenant (name, type) VALUES (%s, 'RETAIL')", (turn,))
    assert settings.database_url == engines.app_url
