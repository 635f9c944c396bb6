"""The demo's shops without a system: whole pages in four languages, under a strict policy."""

import json
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app.local.demo.products import products
from app.local.demo.tenants import SHOPS, DemoTenant, remember, slug
from app.local.record import FILE as RECORD
from app.local.shop.main import application
from app.local.shop.site import LANGUAGES, address, words

STOCKLINE = "http://127.0.0.1:4711"


@pytest.fixture
def loading(tmp_path: Path) -> FlaskClient:
    return application(tmp_path).test_client()


@pytest.fixture
def client(tmp_path: Path, loading: FlaskClient) -> FlaskClient:
    tenants = {name: DemoTenant(name, "id", f"secret of {name}", f"key of {slug(name)}") for name in SHOPS}
    remember(tmp_path, tenants)
    (tmp_path / RECORD).write_text(json.dumps({"url": STOCKLINE}))
    return loading


def pages() -> list[str]:
    within = ["", "dealers"]
    shops = [f"{slug(name)}/{page}" for name in SHOPS for page in within]
    parts = [f"{slug(one.brand)}/parts/{address(one)}" for one in products()]
    return [f"/{language}/{page}" for language in LANGUAGES for page in ["", *shops, *parts]]


def test_every_page_is_there_in_four_languages_with_nothing_inline(client: FlaskClient):
    for path in pages():
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert f'<html lang="{path[1:3]}">' in answer.text
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?! type=\"module\" src=)", answer.text), path
        assert "secret of" not in answer.text


def test_every_link_and_picture_leads_somewhere(client: FlaskClient):
    links = {
        link for path in pages() for link in re.findall(r'(?:href|src)="(/[^"]*)"', client.get(path).text)
    }
    assert len(links) > 60
    for link in links:
        with client.get(link) as answer:
            assert answer.status_code == 200, link


def test_the_policy_lets_in_stockline_and_nobody_else(client: FlaskClient):
    policy = client.get("/en/").headers["Content-Security-Policy"].split("; ")
    assert policy == [
        "default-src 'none'",
        f"script-src 'self' {STOCKLINE}",
        f"connect-src {STOCKLINE}",
        "style-src 'self'",
        "img-src 'self' https://api.mapbox.com",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]


def test_a_product_page_embeds_the_widget_from_stockline_with_the_shops_key(client: FlaskClient):
    text = client.get("/fi/kestrel/parts/kestrel-brake-disc").text
    assert f'<script type="module" src="{STOCKLINE}/widget/nearby-stock.js"></script>' in text
    assert '<nearby-stock part-number="DEMO-00001" api-key="key of kestrel" lang="fi"></nearby-stock>' in text


def test_the_address_may_name_the_variant_and_nothing_else(client: FlaskClient):
    path = "/en/kestrel/parts/kestrel-brake-disc?part="
    assert 'part-number="DEMO-00011"' in client.get(path + "DEMO-00011").text
    assert 'part-number="DEMO-00001"' in client.get(path + '"><script>').text


def test_the_locator_has_its_page(client: FlaskClient):
    text = client.get("/de/boreal/dealers").text
    assert f'src="{STOCKLINE}/widget/store-locator.js"' in text
    assert '<store-locator api-key="key of boreal" lang="de"></store-locator>' in text


def test_a_visitor_is_met_in_his_language(client: FlaskClient):
    assert '<html lang="sv">' in client.get("/", headers={"Accept-Language": "sv-FI,sv;q=0.9"}).text
    assert '<html lang="en">' in client.get("/", headers={"Accept-Language": "el"}).text


@pytest.mark.parametrize(
    "path", ["/xx/", "/en/nobody/", "/en/kestrel/parts/nothing", "/en/kestrel/nothing/at/all"]
)
def test_what_is_not_there_is_a_page_that_says_so(client: FlaskClient, path: str):
    answer = client.get(path)
    assert answer.status_code == 404
    assert words()["en"]["gone"] in answer.text


def test_before_the_demo_is_through_the_pages_ask_for_patience(loading: FlaskClient):
    for path in ("/", "/sv/kestrel/", "/sv/kestrel/parts/kestrel-brake-disc"):
        answer = loading.get(path)
        assert answer.status_code == 503
        assert '<meta http-equiv="refresh"' in answer.text


def test_every_word_is_there_in_every_language():
    assert set(words()) == set(LANGUAGES)
    assert len({frozenset(texts) for texts in words().values()}) == 1
    for one in products():
        assert set(one.name) == set(one.about) == set(one.option) == set(LANGUAGES)
