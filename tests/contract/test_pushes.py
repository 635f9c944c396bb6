"""`/api/app/shopify/pushes*` as a caller sees it, over real engines and a shop in memory."""

from typing import Any
from uuid import uuid4

import pytest
from werkzeug.test import TestResponse

from app.domain.push.errors import ShopClosedError, ShopUnavailableError
from app.domain.tenancy.tenant import Scope
from tests.portal import Portal, open_portal
from tests.stockline import Stockline

VIEW = ("pushId", "status", "statusReason", "total", "succeeded", "failed", "skipped", "remaining",
        "requestedBy", "createdAt", "startedAt", "finishedAt", "etaSeconds")  # fmt: skip


@pytest.fixture
def portal(stockline: Stockline) -> Portal:
    stockline.activate("A", "B", "C", "BAD", stock=3)
    return open_portal(stockline)


def assert_error(response: TestResponse, status: int, code: str) -> Any:
    assert (response.status_code, response.json["code"]) == (status, code), response.text
    assert response.json["error"]
    return response.json.get("details")


class TestAPush:
    def test_it_is_accepted_with_where_to_look(self, portal: Portal):
        response = portal.post(partNumbers=["A", "B", " A "])
        assert response.status_code == 202
        url = f"/api/app/shopify/pushes/{response.json['pushId']}"
        assert response.json == {
            "pushId": response.json["pushId"], "status": "queued", "total": 2, "statusUrl": url
        }  # fmt: skip
        assert response.headers["Location"] == url
        assert portal.push(response.json["pushId"])["remaining"] == 2

    def test_it_ends_with_what_became_of_each(self, portal: Portal):
        push = portal.done("A", "BAD", "nobody sells me", "B")
        assert list(push) == [*VIEW, "failures"]
        assert (push["status"], push["statusReason"], push["etaSeconds"]) == ("completed", None, None)
        assert (push["total"], push["succeeded"], push["failed"], push["skipped"]) == (4, 2, 2, 0)
        assert {one["partNumber"] for one in push["failures"]} == {"BAD", "nobody sells me"}
        assert all(one["code"] and one["message"] for one in push["failures"])
        assert push["createdAt"] <= push["startedAt"] <= push["finishedAt"]

    def test_what_has_nothing_to_write_is_skipped(self, portal: Portal):
        portal.done("A")
        assert portal.done("A")["skipped"] == 1

    def test_all_is_everything_that_the_tenant_sells(self, portal: Portal):
        portal.stockline.own("O")
        push = portal.push(portal.begin())
        assert push["total"] == 5

    def test_there_is_one_at_a_time_and_who_asks_again_is_led_to_it(self, portal: Portal):
        push_id = portal.begin("A")
        for again in (portal.post(partNumbers=["B"]), portal.post(all=True)):
            assert assert_error(again, 409, "push_running") == {"pushId": push_id}
        portal.stockline.drain()
        assert portal.post(partNumbers=["B"]).status_code == 202

    def test_other_tenants_push_meanwhile(self, portal: Portal):
        portal.begin("A")
        other = open_portal(portal.stockline.another())
        other.stockline.activate("A")
        assert other.post(partNumbers=["A"]).status_code == 202

    def test_a_shop_that_lets_us_in_no_more_pauses_it_with_the_reason(self, portal: Portal):
        portal.shop.closed = ShopClosedError("invalid_client", "the secret was changed; connect again")
        push = portal.done("A", "B")
        assert (push["status"], push["remaining"], push["finishedAt"]) == ("paused", 2, None)
        assert push["statusReason"] == {
            "code": "invalid_client", "message": "the secret was changed; connect again"
        }  # fmt: skip


class TestCancelling:
    def test_a_push_that_nobody_works_on_is_over_at_once(self, portal: Portal):
        push_id = portal.begin("A", "B")
        response = portal.post(f"/pushes/{push_id}/cancel")
        assert (response.status_code, response.json["status"]) == (202, "cancelled")
        assert response.json == portal.push(push_id)
        assert response.json["remaining"] == 2

    def test_one_at_work_ends_after_the_product_in_flight(self, portal: Portal):
        push_id = portal.begin("A", "BAD", "B", "C")
        with portal.working():
            portal.step(push_id)
            portal.step(push_id)
            assert portal.post(f"/pushes/{push_id}/cancel").status_code == 202
            portal.step(push_id)
        push = portal.push(push_id)
        assert (push["status"], push["succeeded"], push["failed"], push["remaining"]) == (
            "cancelled",
            2,
            1,
            1,
        )
        assert "C" not in {one.values.get("title") for one in portal.shop.products.values()}

    def test_what_is_over_is_not_cancelled(self, portal: Portal):
        push_id = portal.done("A")["pushId"]
        assert_error(portal.post(f"/pushes/{push_id}/cancel"), 409, "push_state")

    def test_the_next_may_begin_after_it(self, portal: Portal):
        portal.post(f"/pushes/{portal.begin('A')}/cancel")
        assert portal.done("A")["succeeded"] == 1


class TestResuming:
    def test_a_paused_push_goes_on_where_it_was(self, portal: Portal):
        portal.shop.closed = ShopClosedError("missing_scope", "grant write_products")
        push_id = portal.done("A", "BAD")["pushId"]
        portal.shop.closed = None
        response = portal.post(f"/pushes/{push_id}/resume")
        assert (response.status_code, response.json["status"]) == (202, "queued")
        assert response.json["statusReason"] is None
        portal.stockline.drain()
        assert portal.push(push_id)["status"] == "completed"

    def test_what_is_not_paused_is_not_resumed(self, portal: Portal):
        push_id = portal.begin("A")
        assert_error(portal.post(f"/pushes/{push_id}/resume"), 409, "push_state")
        portal.stockline.drain()
        assert_error(portal.post(f"/pushes/{push_id}/resume"), 409, "push_state")


class TestRepeatingWhatFailed:
    def test_it_is_a_new_push_of_those(self, portal: Portal):
        old = portal.done("A", "BAD", "nobody sells me")
        response = portal.post(f"/pushes/{old['pushId']}/retry-failed")
        assert (response.status_code, response.json["total"]) == (202, 2)
        assert response.headers["Location"] == response.json["statusUrl"]
        assert response.json["pushId"] != old["pushId"]
        assert portal.push(old["pushId"]) == old

    def test_without_any_there_is_nothing_to_push(self, portal: Portal):
        push_id = portal.done("A")["pushId"]
        assert_error(portal.post(f"/pushes/{push_id}/retry-failed"), 400, "nothing_to_push")

    def test_not_while_another_is_under_way(self, portal: Portal):
        old, running = portal.done("BAD")["pushId"], portal.begin("A")
        details = assert_error(portal.post(f"/pushes/{old}/retry-failed"), 409, "push_running")
        assert details == {"pushId": running}


class TestADryRun:
    def test_it_tells_what_would_change_and_writes_nothing(self, portal: Portal):
        portal.done("A")
        portal.stockline.sql("UPDATE stock_item SET price = 12.5 WHERE part_number = 'A'")
        response = portal.post(partNumbers=["A", "B"], dryRun=True)
        assert response.status_code == 200, response.text
        assert response.json == {
            "items": [
                {"partNumber": "A", "action": "update",
                 "changes": [{"field": "price", "from": None, "to": "12.50"}]},
                {"partNumber": "B", "action": "create", "changes": []},
            ]
        }  # fmt: skip
        assert len(portal.shop.products) == portal.stockline.count("push") == 1

    def test_of_everything_there_is_none(self, portal: Portal):
        assert_error(portal.post(all=True, dryRun=True), 400, "invalid_request")

    def test_a_shop_that_lets_us_in_no_more_is_409_with_its_reason(self, portal: Portal):
        portal.shop.closed = ShopClosedError("app_not_installed", "install the app again")
        assert_error(portal.post(partNumbers=["A"], dryRun=True), 409, "app_not_installed")

    def test_one_that_does_not_answer_is_503(self, portal: Portal):
        portal.shop.closed = ShopUnavailableError("Shopify does not answer")
        response = portal.post(partNumbers=["A"], dryRun=True)
        assert_error(response, 503, "shop_unavailable")
        assert int(response.headers["Retry-After"]) > 0

    def test_without_a_seat_to_wait_in_it_is_503(self, portal: Portal):
        app = portal.stockline.application
        room = app.extensions["stockline.waiting_room"]
        app.extensions["stockline.waiting_room"] = type(room)(0)
        response = portal.post(partNumbers=["A"], dryRun=True)
        assert_error(response, 503, "busy")
        assert response.headers["Retry-After"]


class TestWhatIsWrong:
    @pytest.mark.parametrize(
        ("body", "code"),
        [
            ({"partNumbers": ["A"], "all": True}, "invalid_request"),
            ({"partNumbers": [], "all": True}, "invalid_request"),
            ({"all": False}, "nothing_to_push"),
            ({"dryRun": True}, "nothing_to_push"),
            ({"partNumbers": []}, "nothing_to_push"),
            ({"partNumbers": "A"}, "invalid_request"),
            ({"partNumbers": [1]}, "invalid_request"),
            ({"partNumbers": [""]}, "invalid_request"),
            ({"partNumbers": ["x" * 129]}, "invalid_request"),
            ({"partNumbers": ["a\x00b"]}, "invalid_request"),
            ({"partNumbers": ["A"], "dryrun": True}, "invalid_request"),
            ({"partNumbers": ["A"], "dryRun": "yes"}, "invalid_request"),
            ({"all": 1}, "invalid_request"),
            ({"partNumbers": [str(number) for number in range(101)], "dryRun": True}, "invalid_request"),
        ],
    )
    def test_a_body_that_is_none_is_400_and_pushes_nothing(self, portal: Portal, body: dict, code: str):
        assert_error(portal.post(**body), 400, code)
        assert portal.stockline.count("push") == 0

    @pytest.mark.parametrize("data", [b"", b"[]", b"{", b"null", b"\xff", b'{"partNumbers": ["\\ud800"]}'])
    def test_so_is_one_that_is_no_object(self, portal: Portal, data: bytes):
        headers = {"Content-Type": "application/json"}
        assert_error(portal.request("POST", "/pushes", data=data, headers=headers), 400, "invalid_request")

    def test_a_tenant_that_sells_nothing_has_nothing_to_push(self, stockline: Stockline):
        other = open_portal(stockline.another())
        assert_error(other.post(all=True), 400, "nothing_to_push")
        assert other.stockline.count("push") == other.stockline.count("dispatch") == 0

    def test_without_a_shop_nothing_is_pushed(self, stockline: Stockline):
        stockline.activate("A")
        portal = open_portal(stockline, connected=False)
        for body in ({"partNumbers": ["A"]}, {"all": True}, {"partNumbers": ["A"], "dryRun": True}):
            assert_error(portal.post(**body), 409, "not_connected")

    def test_anothers_push_is_not_there(self, portal: Portal):
        push_id = portal.done("BAD")["pushId"]
        other = open_portal(portal.stockline.another())
        for asked in (push_id, str(uuid4())):
            for path in ("", "/events"):
                assert_error(other.get(f"/pushes/{asked}{path}"), 404, "not_found")
            for verb in ("cancel", "resume", "retry-failed"):
                assert_error(other.post(f"/pushes/{asked}/{verb}"), 404, "not_found")
        assert other.get("/pushes").json == {"data": [], "nextCursor": None}
        assert_error(other.get("/pushes/current"), 404, "not_found")

    def test_a_key_for_storefronts_is_403_and_none_is_401(self, portal: Portal):
        storefront = {"X-API-Key": portal.stockline.new_key(Scope.STOREFRONT)}
        paths = [("GET", "/pushes"), ("POST", "/pushes"), ("GET", "/pushes/current"), ("GET", "/profile")]
        for method, path in paths:
            assert_error(portal.request(method, path, headers=storefront), 403, "insufficient_scope")
            assert_error(portal.request(method, path, headers={"X-API-Key": ""}), 401, "unauthorized")

    @pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "cursor=x", "cursor=W10"])
    def test_a_page_that_is_none_is_400(self, portal: Portal, query: str):
        assert_error(portal.get(f"/pushes?{query}"), 400, "invalid_request")


class TestHistory:
    def test_it_has_all_newest_first_page_by_page_without_failures(self, portal: Portal):
        made = [portal.done("A", "BAD")["pushId"] for _ in range(5)]
        pages, cursor = [], ""
        while cursor is not None:
            page = portal.get(f"/pushes?limit=2{cursor and '&cursor=' + cursor}").json
            pages.append(page["data"])
            cursor = page["nextCursor"]
        assert [one["pushId"] for page in pages for one in page] == made[::-1]
        assert [len(page) for page in pages] == [2, 2, 1]
        assert all(list(one) == list(VIEW) for page in pages for one in page)
        assert pages[0][0]["failed"] == 1

    def test_who_asked_is_kept(self, portal: Portal):
        push_id = portal.begin("A")
        row = portal.stockline.database.execute(
            "SELECT id FROM api_key WHERE tenant_id = %s", (portal.stockline.tenant_id,)
        ).fetchone()
        assert row
        assert portal.kept(push_id, "requested_by") == (f"key {row[0]}",)
