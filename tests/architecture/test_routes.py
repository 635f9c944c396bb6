"""Every route is authenticated, documented, and written through the one decorator."""

import re

import pytest
from flask import Flask

from app import bootstrap
from app.settings import Settings
from app.web.app import SECTIONS, create_app
from app.web.openapi import document, path_of

OPEN_TO_EVERYBODY = {
    "/healthz",
    "/readyz",
    "/metrics",
    "/api/openapi.json",
    "/api/docs",
    "/widget/nearby-stock.js",
    "/widget/store-locator.js",
    "/widget/leaflet/leaflet.js",
    "/widget/leaflet/leaflet.css",
    "/api/webhooks/shopify/<uuid:connection_id>",  # its key is the shop's signature of the body
}
FLASKS_OWN = {"static"}


@pytest.fixture(scope="module")
def application() -> Flask:
    nowhere = Settings(database_url="postgresql://app:a@127.0.0.1:1/none", redis_url="redis://127.0.0.1:1/0")
    return create_app(bootstrap.build(nowhere))


def routes():
    return [route for section in SECTIONS for route in section.routes]


def test_every_route_asks_for_a_key_but_the_listed_ones():
    assert {route.rule for route in routes() if route.scope is None} == OPEN_TO_EVERYBODY


def test_every_route_went_through_the_decorator(application: Flask):
    served = {
        (rule.rule, method)
        for rule in application.url_map.iter_rules()
        if rule.endpoint not in FLASKS_OWN
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert served == {(route.rule, route.method) for route in routes()}


def test_the_document_has_every_route_and_no_other(application: Flask):
    served = {
        (path_of(rule.rule), method.lower())
        for rule in application.url_map.iter_rules()
        if rule.endpoint not in FLASKS_OWN
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    documented = {(path, method) for path, item in document(SECTIONS)["paths"].items() for method in item}
    assert documented == served


def test_a_routes_scope_goes_with_its_section():
    for route in routes():
        if route.scope is not None:
            server_side = ("/api/integrations/", "/api/app/")
            allowed = "/api/t/" if route.scope == "storefront" else server_side
            assert route.rule.startswith(allowed), route.rule


def test_operations_are_named_once():
    names = [route.endpoint for route in routes()]
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-z]+([A-Z][a-z0-9]*)*", name) for name in names)
