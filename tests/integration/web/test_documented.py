"""Real answers, held against the OpenAPI document that the application serves."""

from typing import Any

import jsonschema
import pytest
from flask.testing import FlaskClient

from tests.integration.web.shop import Shop


def assert_documented(document: dict[str, Any], path: str, response) -> None:
    documented = document["paths"][path]["get"]["responses"][str(response.status_code)]
    for header in documented.get("headers", {}):
        assert header in response.headers
    if "content" in documented:
        schema = documented["content"][response.mimetype]["schema"]
        jsonschema.validate(
            response.json,
            schema | {"components": document["components"]},
            format_checker=jsonschema.FormatChecker(),
        )


@pytest.fixture
def document(client: FlaskClient) -> dict[str, Any]:
    return client.get("/api/openapi.json").json


def test_reads_answer_as_documented(shop: Shop, document: dict[str, Any]):
    shop.activate("A", stock=3, price="9.99", weight_kg="1.2", description="x")
    asked = {
        "/api/t/parts/{partNumber}": ["/api/t/parts/A", "/api/t/parts/none"],
        "/api/t/stock": ["/api/t/stock?partNumbers=A,B", "/api/t/stock"],
        "/api/t/config": ["/api/t/config"],
        "/healthz": ["/healthz"],
        "/readyz": ["/readyz"],
    }
    for path, urls in asked.items():
        for url in urls:
            assert_documented(document, path, shop.get(url))
            shop.key, key = "wrong", shop.key
            assert_documented(document, path, shop.get(url))
            shop.key = key


def test_what_is_missing_is_answered_as_documented(document: dict[str, Any], without_postgresql: FlaskClient):
    assert_documented(document, "/readyz", without_postgresql.get("/readyz"))


def test_the_document_may_be_kept_and_asked_again(client: FlaskClient):
    first = client.get("/api/openapi.json")
    assert first.mimetype == "application/json"
    again = client.get("/api/openapi.json", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
