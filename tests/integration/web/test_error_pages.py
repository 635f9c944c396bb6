"""What people see when something is refused or broken: pages in the portal, JSON at its routes, notices for htmx."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.bootstrap import Container
from app.web.app import create_app
from app.web.portal import home
from tests.integration.web.shop import Shop
from tests.visitor import Visitor, person

SIGNED = {"secret_key": "signs the cookies of tests"}
GONE = "postgresql://app:a@127.0.0.1:1/none"
JSON = "application/json"


@pytest.fixture
def portal(build: Callable[..., Container]) -> Flask:
    return create_app(build(**SIGNED))


@pytest.fixture
def viewer(portal: Flask, shop: Shop) -> Visitor:
    return person(portal, shop.tenant_id, "viewer")


@pytest.fixture
def cut_off(build: Callable[..., Container], viewer: Visitor) -> Visitor:
    """The browser of somebody who is signed in, when PostgreSQL is away."""
    visitor = Visitor(create_app(build(**SIGNED, database_url=GONE)))
    with viewer.client.session_transaction() as known, visitor.client.session_transaction() as session:
        session.update(known)
    return visitor


def assert_page(answer: TestResponse, status: int, sentence: str, *, framed: bool) -> None:
    """A whole page with the sentence, the request's id and the policy; with the menu where it can be known."""
    assert (answer.status_code, answer.mimetype) == (status, "text/html")
    assert sentence in answer.text
    assert f'<code class="wraps">{answer.headers["X-Request-Id"]}</code>' in answer.text
    assert ('<nav class="menu"' in answer.text) is framed
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]


def test_what_is_refused_is_a_page_in_the_frame_of_who_is_signed_in(viewer: Visitor):
    unknown = viewer.get("/portal/nowhere/<b>")
    assert_page(unknown, 404, "There is nothing at this address.", framed=True)
    assert "<b>" not in unknown.text
    assert_page(viewer.get("/portal/feeds/not-an-id"), 404, "There is nothing at this address.", framed=True)
    assert_page(viewer.get("/portal/people"), 403, "This takes the role owner, yours is viewer", framed=True)
    answer = viewer.get("/portal/sign-out")
    assert_page(answer, 405, "This address only takes what a form sends.", framed=True)
    assert "POST" in answer.headers["Allow"]
    large = viewer.post("/portal/account/password", {"present": "x" * 200_000})
    assert_page(large, 413, "The form is larger than 100,000 bytes", framed=True)
    assert_page(Visitor(viewer.application).get("/portal/nowhere"), 404, "nothing at this", framed=False)


def test_too_many_pages_at_once_are_a_page_that_says_when_to_try_again(shop: Shop, viewer: Visitor):
    shop.set_tenant(rate_limit_per_s=0.001, rate_limit_burst=1)
    viewer.get("/portal/account")

    answer = next(one for one in iter(lambda: viewer.get("/portal/feeds"), None) if one.status_code != 200)

    assert_page(answer, 429, "Over the limit of 0.001 requests a second", framed=True)
    assert int(answer.headers["Retry-After"]) > 0
    assert "Try again</a>" in answer.text


def test_a_crash_is_a_page_that_tells_nothing_of_its_cause(viewer: Visitor, monkeypatch: pytest.MonkeyPatch):
    def crash() -> None:
        raise RuntimeError("a secret that must not be told")

    monkeypatch.setattr(home, "_standing", crash)

    answer = viewer.get("/portal")

    assert_page(answer, 500, "Something went wrong on our side", framed=True)
    assert "secret" not in answer.text


@pytest.mark.parametrize("path", ["/portal", "/portal/feeds", "/portal/account"])
def test_without_postgresql_a_page_says_so_and_reads_nothing_more(cut_off: Visitor, path: str):
    answer = cut_off.get(path)

    assert_page(answer, 503, "Try again in a minute.", framed=False)
    assert answer.headers["Retry-After"]
    assert re.search(r'<a href=""[^>]*>Try again</a>', answer.text)


def test_without_postgresql_an_unknown_address_is_still_unknown_and_the_way_in_still_opens(cut_off: Visitor):
    assert_page(cut_off.get("/portal/nowhere"), 404, "There is nothing at this address.", framed=False)
    assert Visitor(cut_off.application).get("/portal/sign-in").status_code == 200


def test_without_postgresql_a_form_is_refused_as_a_page_that_does_not_send_it_again(cut_off: Visitor):
    answer = cut_off.client.post("/portal/account/password", data={"present": "x"})

    assert_page(answer, 503, "Try again in a minute.", framed=False)
    assert "Try again</a>" not in answer.text


@pytest.mark.parametrize("headers", [{"HX-Request": "true"}, {"HX-Request": "true", "HX-Boosted": "true"}])
def test_htmx_gets_a_notice_whatever_went_wrong(cut_off: Visitor, viewer: Visitor, headers: dict[str, str]):
    for visitor, path, status in ((cut_off, "/portal/feeds", 503), (viewer, "/portal/nowhere", 404)):
        answer = visitor.get(path, **headers)

        assert (answer.status_code, answer.headers["HX-Retarget"]) == (status, "#notices")
        assert answer.text.startswith('<p class="notice error" role="alert">')
        assert "<html" not in answer.text


def test_routes_keep_their_json(cut_off: Visitor, viewer: Visitor):
    for answer, status, code in (
        (cut_off.get("/api/app/session"), 503, "database_unavailable"),
        (viewer.get("/api/app/nowhere"), 404, "not_found"),
        (viewer.get("/portalx"), 404, "not_found"),
        (viewer.client.put("/api/app/session"), 405, "method_not_allowed"),
    ):
        assert (answer.status_code, answer.mimetype, answer.json["code"]) == (status, JSON, code)
