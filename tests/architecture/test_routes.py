"""Every route is authenticated, documented, and written through the one decorator."""

import re

import pytest
from flask import Flask

from app import bootstrap
from app.settings import Settings
from app.web.app import SECTIONS, create_app
from app.web.openapi import document, path_of
from app.web.portal import SECTIONS as PORTAL

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
OPEN_PAGES = {
    ("GET", "/"),
    ("GET", "/portal/sign-in"),
    ("POST", "/portal/sign-in"),
    ("POST", "/portal/sign-in/company"),
    ("GET", "/portal/invitation/<token>"),  # the token is the key
    ("POST", "/portal/invitation/<token>"),
    ("POST", "/portal/theme"),
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


def pages():
    return [page for section in PORTAL for page in section.pages]


def served_by(application: Flask):
    return {
        (rule.rule, method)
        for rule in application.url_map.iter_rules()
        if rule.endpoint not in FLASKS_OWN
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }


def test_every_route_went_through_a_decorator(application: Flask):
    written = {(one.rule, one.method) for one in [*routes(), *pages()]}
    assert served_by(application) == written


def test_every_page_asks_who_is_there_but_the_listed_ones():
    assert {(page.method, page.rule) for page in pages() if page.open} == OPEN_PAGES


def test_viewers_change_nothing_of_the_companys():
    own = {"/portal/sign-out", "/portal/account/password"}
    assert {page.rule for page in pages() if page.method == "POST" and page.role == "viewer"} == own


def test_the_document_has_every_route_and_no_other(application: Flask):
    written = {(page.rule, page.method) for page in pages()}
    served = {
        (path_of(rule), method.lower())
        for rule, method in served_by(application)
        if (rule, method) not in written
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
