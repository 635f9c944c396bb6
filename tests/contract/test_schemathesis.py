"""Schemathesis over the application's own OpenAPI document: whatever comes, no 5xx, and answers as documented."""

from dataclasses import replace

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.bootstrap import build
from app.domain.suppliers.source import SourceTransientError
from app.settings import Settings
from app.web.app import create_app
from tests.shopkeeper import KEYS
from tests.shops import FakeDesk, connections
from tests.stockline import Stockline


class Door:
    """Leads to the application of the test that runs; while tests are collected, to one with nothing behind it."""

    def __init__(self) -> None:
        nowhere = Settings(
            database_url="postgresql://app:a@127.0.0.1:1/none", redis_url="redis://127.0.0.1:1/0"
        )
        self.application = create_app(build(nowhere))

    def __call__(self, environ, start_response):
        return self.application(environ, start_response)


class Nowhere:
    """Every supplier's source: nobody out there is asked for the sake of a test."""

    def fetch(self, *_args, **_options):
        raise SourceTransientError("the source cannot be reached")


DOOR = Door()
SCHEMA = schemathesis.openapi.from_wsgi("/api/openapi.json", DOOR)
schemathesis.serializer.alias("application/x-ndjson", "text/plain")
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@pytest.fixture
def shop(stockline: Stockline, build) -> Stockline:
    """A tenant with something of everything, whom no rate holds up."""
    stockline.activate("A", "B", stock=3)
    stockline.own("C")
    stockline.alias("x", "A")
    stockline.dealer()
    stockline.set(rate_limit_per_s=1e6, rate_limit_burst=1_000_000)
    stockline.stock_feed({"partNumber": "A", "stock": 1}, {"partNumber": ""})
    in_memory = replace(
        stockline.container,
        connections=connections(stockline, FakeDesk()),
        supplier_fetcher=Nowhere(),
        alerts=build(encryption_keys=KEYS).alerts,
    )
    DOOR.application = create_app(in_memory)
    return stockline


@SCHEMA.parametrize()
@settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)
def test_whatever_comes_is_answered_as_documented(shop: Stockline, case: schemathesis.Case):
    headers = {"X-API-Key": shop.key, "Prefer": "respond-async"}
    case.call_and_validate(headers=headers, checks=CHECKS)
