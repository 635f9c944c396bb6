"""The application on the real engines, and a shop to ask."""

from collections.abc import Callable, Iterator

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import bootstrap
from app.bootstrap import Container
from app.domain.tenancy.tenant import Scope
from app.local.engines import Engines
from app.settings import Settings
from app.web.api import Api
from app.web.app import SECTIONS, create_app
from app.web.bodies import read_json_body
from tests.integration.web.shop import Shop, open_shop
from tests.shopkeeper import KEYS

probe = Api("Probe", "What the cross-cutting layer is tried with.")


@probe.route(
    "POST", "/api/integrations/probe", summary="Echo", scope=Scope.INTEGRATIONS, responses={200: dict}
)
def echo_body() -> dict[str, object]:
    body = read_json_body()
    return {"length": len(body), "start": body[:40].decode()}


@probe.route("GET", "/api/integrations/probe/failure", summary="Fail", scope=None, responses={200: dict})
def fail_unexpectedly() -> None:
    raise RuntimeError("a secret that must not be told")


@pytest.fixture
def build(settings: Settings, clean_database: None) -> Iterator[Callable[..., Container]]:
    """Containers on the real engines, with some settings changed; their connections end with the test."""
    built: list[Container] = []

    def build_one(**changes: object) -> Container:
        small = {"encryption_keys": KEYS, "key_cache_s": 0.0, "body_limit_bytes": 100_000, "feed_wait_s": 0.0}
        built.append(bootstrap.build(settings.model_copy(update=small | changes)))
        return built[-1]

    yield build_one
    for one in built:
        one.close()


@pytest.fixture
def container(build: Callable[..., Container]) -> Container:
    return build()


@pytest.fixture
def application(container: Container) -> Flask:
    return create_app(container, sections=(*SECTIONS, probe))


@pytest.fixture
def client(application: Flask) -> FlaskClient:
    return application.test_client()


@pytest.fixture
def operator(engines: Engines) -> Iterator[psycopg.Connection]:
    """The owner's connection, over all tenants."""
    with psycopg.connect(engines.owner_url, autocommit=True) as connection:
        connection.execute("SELECT set_config('app.platform', 'on', false)")
        yield connection


@pytest.fixture
def shop(operator: psycopg.Connection, client: FlaskClient) -> Shop:
    return open_shop(operator, client)


@pytest.fixture
def without_redis(build: Callable[..., Container]) -> FlaskClient:
    """The same application while Redis is away."""
    return create_app(build(redis_url="redis://127.0.0.1:1/0")).test_client()


@pytest.fixture
def without_postgresql(build: Callable[..., Container]) -> FlaskClient:
    """The same application while PostgreSQL is away."""
    return create_app(build(database_url="postgresql://app:a@127.0.0.1:1/none")).test_client()
