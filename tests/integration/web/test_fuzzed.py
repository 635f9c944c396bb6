"""Schemathesis against the document: whatever is sent, no 5xx, and every answer is a documented one."""

from typing import Any

import hypothesis
import pytest
import schemathesis
from flask import Flask
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from app.web.app import SECTIONS
from app.web.openapi import document
from tests.integration.web.shop import Shop

schemathesis.serializer.alias("application/x-ndjson", "text/plain")
CHECKS = [
    not_a_server_error,
    content_type_conformance,
    ignored_auth,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
]


CONNECTS = ("/api/app/shopify/connection", "PUT")
"""It signs in to a shop before it answers: tests/contract/test_schemathesis.py asks it, with a shop in memory."""
OPERATIONS = [
    (path, method.upper())
    for path, item in document(SECTIONS)["paths"].items()
    for method in item
    if (path, method.upper()) != CONNECTS
]


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_an_operation_keeps_to_its_document(application: Flask, shop: Shop, path: str, method: str):
    shop.activate("A", stock=3)
    operation = schemathesis.openapi.from_wsgi("/api/openapi.json", application)[path][method]

    @hypothesis.given(case=operation.as_strategy())
    @hypothesis.settings(
        max_examples=25,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    def keeps(case: Any) -> None:
        # No worker runs here: a longer Prefer: wait would only be waited for.
        case.headers["Prefer"] = "wait=0"
        case.call_and_validate(headers={"X-API-Key": shop.key}, checks=CHECKS)

    keeps()
