"""`/api/app/shopify/connection*`: what the portal may know of a shop, and what it may change."""

import re

import pytest

from app.domain.push.errors import ShopClosedError, ShopUnavailableError
from app.domain.shop.connection import SCOPES
from app.domain.shop.ports import ShopInfo
from app.domain.tenancy.tenant import Scope
from tests.merchant import SETTINGS, Merchant, open_merchant
from tests.shops import MAIN, SECOND, SECRET, SHOP
from tests.stockline import Stockline

BODY = {"shop": SHOP, "clientId": "client", "clientSecret": SECRET}


@pytest.fixture
def merchant(stockline: Stockline, build) -> Merchant:
    return open_merchant(stockline, build(**SETTINGS))


def assert_error(response, status: int, code: str) -> None:
    assert (response.status_code, response.json["code"]) == (status, code), response.text
    assert " " in response.json["error"]


class TestConnecting:
    def test_a_shop_is_connected_and_shown(self, merchant: Merchant):
        made = merchant.connect()
        assert made["webhookUrl"] == f"https://stock.example/api/webhooks/shopify/{made['connectionId']}"
        assert made.pop("topicsNotSubscribed") == []
        assert made.pop("warning") is None
        shown = merchant.request("GET").json
        assert shown == made
        assert {name: shown[name] for name in ("shop", "clientId", "state", "location", "missingScopes")} == {
            "shop": SHOP, "clientId": "client", "state": "connected",
            "location": {"id": MAIN.id, "name": "Main"}, "missingScopes": [],
        }  # fmt: skip
        assert shown["scopes"] == list(SCOPES)
        assert (shown["reservePercent"], shown["publish"], shown["pullIntervalS"]) == (10, False, None)

    def test_no_answer_has_a_secret(self, merchant: Merchant):
        answers = [
            merchant.request(method, path, **({"json": json} if json else {})).text
            for method, path, json in [
                ("PUT", "", BODY), ("PUT", "", {**BODY, "clientSecret": f"{SECRET}x"}), ("GET", "", None),
                ("POST", "/test", None), ("PATCH", "", {"publish": True}), ("GET", "/locations", None),
                ("PUT", "", {**BODY, "shop": SECRET}), ("PUT", "", {**BODY, "clientSecret": SECRET * 50}),
                ("PUT", "", {**BODY, "more": SECRET}), ("PUT", "", {**BODY, "clientSecret": [SECRET]}),
            ]
        ]  # fmt: skip
        assert all(answers)
        assert not any('clientSecret":' in one for one in answers)
        assert [one for one in answers if re.search(SECRET, one)] == [
            answers[6]
        ]  # it was sent as the shop's name

    def test_topics_that_were_refused_and_a_failure_of_all_are_told(self, merchant: Merchant):
        merchant.desk.refused = ("orders/create",)
        assert merchant.connect()["topicsNotSubscribed"] == ["orders/create"]
        merchant.desk.refused = ShopUnavailableError("no answer")
        assert "no answer" in merchant.connect()["warning"]

    @pytest.mark.parametrize("reason", ["invalid_client", "shop_not_permitted", "app_not_installed"])
    def test_a_shop_that_refuses_is_409_with_its_reason(self, merchant: Merchant, reason: str):
        merchant.desk.info = ShopClosedError(reason, "do this")
        assert_error(merchant.request("PUT", json=BODY), 409, reason)
        assert_error(merchant.request("GET"), 404, "not_found")

    def test_a_shop_that_is_away_is_503(self, merchant: Merchant):
        merchant.desk.info = ShopUnavailableError("no answer", retry_after_s=2)
        response = merchant.request("PUT", json=BODY)
        assert_error(response, 503, "shop_unavailable")
        assert response.headers["Retry-After"] == "2"

    def test_without_keys_it_is_503_and_the_operators_to_mend(self, stockline: Stockline, build):
        here = build(encryption_keys="")
        headers = {"X-API-Key": stockline.key}
        client = stockline.over(here).application.test_client()
        response = client.put("/api/app/shopify/connection", json=BODY, headers=headers)
        assert_error(response, 503, "encryption_unavailable")
        assert "ENCRYPTION_KEYS" in response.json["error"]

    @pytest.mark.parametrize(
        "body",
        [{}, [], {"shop": SHOP}, {**BODY, "shop": "http://169.254.169.254/"}, {**BODY, "shop": 1},
         {**BODY, "clientId": ""}, {**BODY, "clientSecret": " "}, {**BODY, "more": 1}],
    )  # fmt: skip
    def test_a_body_that_is_none_is_400_and_nobody_is_called(self, merchant: Merchant, body):
        assert_error(merchant.request("PUT", json=body), 400, "invalid_request")
        assert merchant.desk.signed_in == []


class TestChanging:
    def test_what_is_left_out_stays_and_null_switches_the_pull_off(self, merchant: Merchant):
        merchant.connect()
        changed = merchant.request("PATCH", json={"publish": True, "pullIntervalS": 60}).json
        assert (changed["publish"], changed["pullIntervalS"], changed["reservePercent"]) == (True, 60, 10)
        assert changed["nextPullAt"] is not None
        changed = merchant.request("PATCH", json={"reservePercent": 0}).json
        assert (changed["publish"], changed["pullIntervalS"], changed["reservePercent"]) == (True, 60, 0)
        changed = merchant.request("PATCH", json={"pullIntervalS": None}).json
        assert (changed["pullIntervalS"], changed["nextPullAt"]) == (None, None)

    def test_null_leaves_what_cannot_be_cleared(self, merchant: Merchant):
        merchant.connect()
        body = dict.fromkeys(["publish", "reservePercent", "locationId"])
        changed = merchant.request("PATCH", json=body).json
        assert (changed["publish"], changed["reservePercent"]) == (False, 10)
        assert changed["location"]["id"] == MAIN.id

    def test_stock_goes_to_the_location_that_is_chosen(self, merchant: Merchant):
        merchant.connect()
        changed = merchant.request("PATCH", json={"locationId": SECOND.id}).json
        assert changed["location"] == {"id": SECOND.id, "name": "B"}

    def test_a_location_that_is_not_the_shops_is_409_and_nothing_is_changed(self, merchant: Merchant):
        merchant.connect()
        response = merchant.request("PATCH", json={"locationId": "gid://shopify/Location/9", "publish": True})
        assert_error(response, 409, "location_gone")
        assert merchant.request("GET").json["publish"] is False

    @pytest.mark.parametrize(
        "body",
        [{"reservePercent": 91}, {"reservePercent": -1}, {"reservePercent": True}, {"pullIntervalS": 59},
         {"pullIntervalS": 86_401}, {"pullIntervalS": "60"}, {"publish": 1}, {"shop": SHOP}, []],
    )  # fmt: skip
    def test_a_value_that_is_none_is_400(self, merchant: Merchant, body):
        merchant.connect()
        assert_error(merchant.request("PATCH", json=body), 400, "invalid_request")

    def test_without_a_shop_there_is_nothing_to_change(self, merchant: Merchant):
        assert_error(merchant.request("PATCH", json={"publish": True}), 409, "not_connected")

    def test_what_is_disconnected_is_gone_and_may_be_again(self, merchant: Merchant):
        merchant.connect()
        for _ in range(2):
            assert merchant.request("DELETE").status_code == 204
        assert_error(merchant.request("GET"), 404, "not_found")


class TestAsking:
    def test_a_test_tells_what_stands_in_the_way_as_200(self, merchant: Merchant):
        merchant.connect()
        assert merchant.request("POST", "/test").json["ok"] is True
        merchant.desk.info = ShopClosedError("invalid_client", "the secret is wrong")
        assert merchant.request("POST", "/test").json == {
            "ok": False, "code": "invalid_client", "message": "the secret is wrong", "missingScopes": [],
        }  # fmt: skip

    def test_locations_come_in_the_shops_order(self, merchant: Merchant):
        merchant.connect()
        merchant.desk.info = ShopInfo(SCOPES, (SECOND, MAIN))
        assert [one["id"] for one in merchant.request("GET", "/locations").json["data"]] == [
            SECOND.id,
            MAIN.id,
        ]

    def test_the_shop_is_asked_once_more_to_tell_us(self, merchant: Merchant):
        made = merchant.connect()
        merchant.desk.refused = ("orders/create",)
        told = merchant.request("POST", "/webhooks").json
        assert (told["topicsNotSubscribed"], told["warning"]) == (["orders/create"], None)
        assert set(told["topicsNotSubscribed"]) < set(told["topics"])
        assert merchant.desk.subscribed == [made["webhookUrl"]] * 2

    def test_a_shop_that_will_not_tell_us_anything_is_200_with_why(self, merchant: Merchant):
        merchant.connect()
        merchant.desk.refused = ShopUnavailableError("no answer")
        response = merchant.request("POST", "/webhooks")
        assert response.status_code == 200
        assert "no answer" in response.json["warning"]

    @pytest.mark.parametrize(
        ("method", "path"), [("POST", "/test"), ("POST", "/webhooks"), ("GET", "/locations")]
    )
    def test_without_a_shop_nobody_can_be_asked(self, merchant: Merchant, method: str, path: str):
        assert_error(merchant.request(method, path), 409, "not_connected")


@pytest.mark.parametrize(
    ("method", "path"), [("GET", ""), ("PUT", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/test"), ("POST", "/webhooks"),
     ("GET", "/locations")],
)  # fmt: skip
def test_a_key_for_storefronts_is_403_and_none_is_401(merchant: Merchant, method: str, path: str):
    storefront = merchant.stockline.new_key(Scope.STOREFRONT)
    assert_error(merchant.request(method, path, headers={"X-API-Key": storefront}), 403, "insufficient_scope")
    assert_error(merchant.request(method, path, headers={"X-API-Key": ""}), 401, "unauthorized")
