"""The OpenAPI document is valid, and real answers are as it says."""

from typing import Any

import jsonschema
import openapi_spec_validator
import pytest

from app.web.app import SECTIONS
from app.web.openapi import document

DOCUMENT = document(SECTIONS)
OPERATIONS = [
    pytest.param(operation, id=operation["operationId"])
    for item in DOCUMENT["paths"].values()
    for operation in item.values()
]


def test_the_document_is_valid_openapi_3_1():
    assert DOCUMENT["openapi"].startswith("3.1")
    openapi_spec_validator.validate(DOCUMENT)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_tells_its_errors(operation: dict[str, Any]):
    responses = operation["responses"]
    if operation["security"]:
        assert {"401", "403", "429", "500", "503"} <= set(responses)
        assert "WWW-Authenticate" in responses["401"]["headers"]
        assert "Retry-After" in responses["429"]["headers"]
    if "requestBody" in operation:
        assert {"400", "413", "415"} <= set(responses)
    for status, response in responses.items():
        assert "X-Request-Id" in response["headers"], status
        assert response["description"], status


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_is_described(operation: dict[str, Any]):
    assert operation["summary"]
    assert operation["description"]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_examples_fit_their_schemas(operation: dict[str, Any]):
    media = list(operation.get("requestBody", {}).get("content", {}).values())
    for response in operation["responses"].values():
        media += response.get("content", {}).values()
    for one in media:
        if "example" in one:
            schema = one["schema"] | {"components": DOCUMENT["components"]}
            jsonschema.validate(one["example"], schema)
