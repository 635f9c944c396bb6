"""Pages of the shop without a browser: what a shop may say, and what no page ever says."""

from collections.abc import Callable

import pytest

from app.bootstrap import Container
from app.domain.push.errors import ShopClosedError, ShopUnavailableError
from app.domain.shop.connection import SCOPES
from app.domain.shop.ports import ShopInfo
from tests.merchant import SETTINGS, Merchant, open_merchant
from tests.shops import MAIN, SECRET, SHOP
from tests.stockline import Stockline
from tests.visitor import Visitor, person

HOSTILE = "\"><script>alert('s')</script>"
FORM = {"shop": SHOP, "client_id": "client", "client_secret": SECRET}


@pytest.fixture
def merchant(stockline: Stockline, build: Callable[..., Container]) -> Merchant:
    return open_merchant(stockline, build(**SETTINGS, secret_key="signs the cookies of tests"))


@pytest.fixture
def owner(merchant: Merchant) -> Visitor:
    return person(merchant.stockline.application, merchant.stockline.tenant_id)


@pytest.mark.parametrize(
    ("said", "status", "told"),
    [
        (ShopClosedError("token_refused", f"said {HOSTILE}"), 409, "Said &#34;&gt;&lt;script&gt;"),
        (ShopUnavailableError("no answer"), 503, "Wait a minute and try again."),
        (ShopInfo(SCOPES, ()), 409, "Add or activate a location"),
    ],
)
def test_what_a_shop_refuses_is_told_as_text_with_what_to_do_and_without_the_secret(
    merchant: Merchant, owner: Visitor, said: object, status: int, told: str
):
    merchant.desk.info = said
    page = owner.post("/portal/shopify/connect", FORM)
    assert (page.status_code, told in page.text) == (status, True)
    assert "<script>alert" not in page.text
    assert SECRET not in page.text
    assert f'value="{SHOP}"' in page.text
    assert merchant.stockline.count("shopify_connection") == 0


def test_no_page_has_the_secret_once_the_shop_is_connected(merchant: Merchant, owner: Visitor):
    assert owner.post("/portal/shopify/connect", FORM).status_code == 303
    pages = [
        owner.get(f"/portal/shopify{path}")
        for path in ("", "/connect", "/location", "/disconnect", "/profile")
    ]
    pages.append(owner.post("/portal/shopify/test"))
    assert {one.status_code for one in pages} == {200}
    assert not [one for one in pages if SECRET in one.text]


def test_missing_scopes_are_told_apart_by_whether_a_push_does_without(merchant: Merchant, owner: Visitor):
    merchant.desk.info = ShopInfo(("write_products", "write_inventory", "read_files", "read_orders"), (MAIN,))
    owner.post("/portal/shopify/connect", FORM)
    page = owner.get("/portal/shopify").text
    states = {
        scope: page.partition(f"<code>{scope}</code>")[2].partition("</tr>")[0]
        for scope in ("read_products", "read_locations", "write_publications")
    }
    assert ">granted<" in states["read_products"]  # to write includes to read
    assert ">missing<" in states["read_locations"]
    assert ">missing, optional<" in states["write_publications"]


def test_a_removed_app_is_plain_to_see_and_nobody_asks_the_shop(merchant: Merchant, owner: Visitor):
    owner.post("/portal/shopify/connect", FORM)
    merchant.tell("app/uninstalled", {})
    merchant.stockline.drain()
    page = owner.get("/portal/shopify").text
    assert "The app was removed from the shop" in page
    assert 'hx-trigger="load"' not in page


def test_what_the_shop_will_not_tell_and_why_a_reading_failed_are_told_as_text(
    merchant: Merchant, owner: Visitor
):
    merchant.desk.refused = ("orders/create",)
    owner.post("/portal/shopify/connect", FORM)
    assert "The shop will not tell us of orders/create." in owner.get("/portal/shopify").text
    owner.post("/portal/shopify/options", {"reserve": "10", "pull": "900"})
    merchant.stockline.sql(
        "UPDATE dispatch SET last_error = %s WHERE tenant_id = %s", HOSTILE, merchant.stockline.tenant_id
    )
    page = owner.get("/portal/shopify").text
    assert "The last reading failed: &#34;&gt;&lt;script&gt;" in page
    assert "<script>alert" not in page


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"reserve": "91", "pull": ""}, "from 0 to 90"),
        ({"reserve": "-1", "pull": ""}, "Reserve, in percent: type a whole number"),
        ({"reserve": "10", "pull": "5"}, "from 60 to 86400"),
        ({"reserve": "10", "pull": "soon"}, "Read stock from the shop: type a whole number"),
    ],
)
def test_an_option_that_is_none_is_refused_and_changes_nothing(
    merchant: Merchant, owner: Visitor, form: dict[str, str], told: str
):
    owner.post("/portal/shopify/connect", FORM)
    page = owner.post("/portal/shopify/options", {**form, "publish": "on"})
    assert (page.status_code, told in page.text) == (400, True)
    kept = merchant.stockline.container.connections.get(merchant.stockline.tenant_id)
    assert (kept.publish, kept.reserve_percent, kept.pull_interval_s) == (False, 10, None)
