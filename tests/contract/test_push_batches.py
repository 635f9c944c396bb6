"""`/api/app/shopify/push-batches`: one motion into many shops, one combined progress."""

from typing import Any
from uuid import uuid4

import jsonschema
import pytest
from werkzeug.test import TestResponse

from app.domain.push.errors import ShopClosedError
from app.domain.tenancy.tenant import Scope
from app.web.app import SECTIONS
from app.web.openapi import document
from tests.distributors import Distributor, call, grant, ok, revoke, sell, shop_of
from tests.portal import Portal
from tests.stockline import Stockline

VIEW = ("batchId", "status", "statusReason", "total", "succeeded", "failed", "skipped", "remaining", "createdAt",
        "startedAt", "finishedAt", "etaSeconds")  # fmt: skip
PARTS = {"A": "KTM", "B": "ktm", "C": "Brembo"}


@pytest.fixture
def distributor(stockline: Stockline) -> Distributor:
    return Distributor(stockline.another("DISTRIBUTOR"))


@pytest.fixture
def north(stockline: Stockline, distributor: Distributor) -> Portal:
    return shop_of(stockline, distributor, PARTS, "KTM")


@pytest.fixture
def south(stockline: Stockline, distributor: Distributor) -> Portal:
    return shop_of(stockline, distributor, PARTS, "KTM", "brembo")


def id_of(portal: Portal) -> str:
    return str(portal.stockline.tenant_id)


def drain(*portals: Portal) -> None:
    for portal in portals:
        portal.stockline.drain()


def skus(portal: Portal) -> set[str]:
    return {variant.sku for product in portal.shop.products.values() for variant in product.variants}


def by_shop(batch: dict[str, Any], name: str) -> dict[str, Any]:
    return {one["resellerId"]: one[name] for one in batch["pushes"]}


def refusals(batch: dict[str, Any]) -> dict[str, str]:
    return {one["resellerId"]: one["code"] for one in batch["refused"]}


def assert_error(response: TestResponse, status: int, code: str) -> None:
    assert (response.status_code, response.json["code"]) == (status, code), response.text


class TestABatch:
    def test_it_is_accepted_at_once_and_spread_by_a_worker(self, distributor: Distributor, north, south):
        response = distributor.call("POST", json={"partNumbers": ["A", "B", "A"]})
        accepted = ok(response, 202)
        assert response.headers["Location"] == accepted["statusUrl"]
        assert accepted["statusUrl"] == f"/api/app/shopify/push-batches/{accepted['batchId']}"
        assert (accepted["status"], accepted["pushes"]) == ("queued", 2)
        before = distributor.batch(accepted["batchId"])
        assert tuple(before)[: len(VIEW)] == VIEW
        assert (before["status"], before["total"], before["remaining"], before["pushes"]) == (
            "queued",
            4,
            4,
            [],
        )

    def test_every_shop_gets_its_push_and_all_have_one_progress(self, distributor: Distributor, north, south):
        spread = distributor.spread("A", "B", "C", "nothing")
        assert by_shop(spread, "status") == {id_of(north): "queued", id_of(south): "queued"}
        assert (spread["status"], spread["total"], spread["failed"]) == ("queued", 8, 3)
        drain(north)
        half = distributor.batch(spread["batchId"])
        assert (half["status"], half["succeeded"], half["remaining"]) == ("running", 2, 3)
        drain(south)
        done = distributor.batch(spread["batchId"])
        assert (done["status"], done["succeeded"], done["failed"], done["remaining"]) == (
            "completed",
            5,
            3,
            0,
        )
        assert done["startedAt"] == min(by_shop(done, "startedAt").values())
        assert done["finishedAt"] == max(by_shop(done, "finishedAt").values())
        assert (skus(north), skus(south)) == ({"A", "B"}, {"A", "B", "C"})

    def test_a_part_of_another_brand_fails_and_so_does_one_that_the_reseller_does_not_sell(
        self, distributor: Distributor, north: Portal
    ):
        sell(north.stockline, {"plain": ""})
        batch = distributor.spread("A", "C", "plain", "nothing")
        assert {one["partNumber"]: one["code"] for one in batch["failures"]} == {
            "C": "brand_not_granted",
            "plain": "brand_not_granted",
            "nothing": "unknown_part",
        }
        assert {one["resellerId"] for one in batch["failures"]} == {id_of(north)}
        drain(north)
        assert skus(north) == {"A"}

    @pytest.mark.parametrize(
        ("granted", "brand"), [("öhlins", "ÖHLINS"), ("STRASSE", "Straße"), ("e\u0301", "É")]
    )
    def test_brands_are_the_same_in_any_case_and_script(
        self, stockline: Stockline, distributor: Distributor, granted: str, brand: str
    ):
        portal = shop_of(stockline, distributor, {"A": brand}, granted)
        distributor.spread("A")
        drain(portal)
        assert skus(portal) == {"A"}

    def test_only_the_named_resellers_are_pushed_to(self, distributor: Distributor, north, south):
        batch = distributor.spread("A", resellers=[id_of(south), id_of(south)])
        assert list(by_shop(batch, "status")) == [id_of(south)]
        assert batch["refused"] == []

    def test_the_reseller_sees_whose_push_it_is(self, distributor: Distributor, north: Portal):
        pushes = by_shop(distributor.spread("A"), "pushId")
        (own,) = north.get("/pushes").json["data"]
        assert own["pushId"] == pushes[id_of(north)]
        assert own["requestedBy"] == f"distributor {distributor.id}"

    def test_one_shops_trouble_leaves_the_others(self, distributor: Distributor, north, south):
        north.shop.closed = ShopClosedError("invalid_client", "the app's secret is wrong")
        batch = distributor.spread("A")
        drain(north, south)
        batch = distributor.batch(batch["batchId"])
        assert by_shop(batch, "status") == {id_of(north): "paused", id_of(south): "completed"}
        assert by_shop(batch, "statusReason")[id_of(north)]["code"] == "invalid_client"
        assert (batch["status"], batch["succeeded"], batch["remaining"]) == ("paused", 1, 1)

    def test_failures_are_told_with_their_reseller(self, distributor: Distributor, north, south):
        sell(south.stockline, {"BAD": "KTM"})
        batch = distributor.spread("A", "BAD")
        drain(north, south)
        batch = distributor.batch(batch["batchId"])
        assert {(one["resellerId"], one["code"]) for one in batch["failures"]} == {
            (id_of(north), "unknown_part"),
            (id_of(south), "invalid_title"),
        }


class TestWhoIsRefused:
    def test_one_without_a_shop_or_whose_app_is_gone(
        self, stockline: Stockline, distributor: Distributor, north
    ):
        bare = stockline.another("RESELLER")
        grant(bare, distributor, "KTM")
        gone = shop_of(stockline, distributor, PARTS, "KTM")
        gone.stockline.sql(
            "UPDATE shopify_connection SET state = 'uninstalled' WHERE tenant_id = %s",
            gone.stockline.tenant_id,
        )
        batch = distributor.spread("A")
        assert list(by_shop(batch, "status")) == [id_of(north)]
        assert refusals(batch) == {str(bare.tenant_id): "not_connected", id_of(gone): "not_connected"}
        assert batch["total"] == 1
        assert all(one["message"] and one["name"] == "T" for one in batch["refused"])

    def test_one_whose_own_push_is_under_way(self, distributor: Distributor, north, south):
        own = north.begin("A")
        batch = distributor.spread("A")
        assert refusals(batch) == {id_of(north): "push_running"}
        assert north.push(own)["status"] == "queued"

    def test_a_second_batch_before_the_first_is_done(self, distributor: Distributor, north: Portal):
        distributor.spread("A")
        second = distributor.spread("B")
        assert refusals(second) == {id_of(north): "push_running"}
        assert (second["status"], second["statusReason"]["code"]) == ("failed", "all_refused")
        assert second["finishedAt"] is not None
        assert second["startedAt"] is None

    def test_one_that_does_not_let_us_is_told_without_its_name(
        self, stockline: Stockline, distributor: Distributor, north: Portal
    ):
        stranger, nobody = stockline.another("RESELLER").tenant_id, uuid4()
        batch = distributor.spread("A", resellers=[str(stranger), id_of(north), str(nobody)])
        assert refusals(batch) == {str(stranger): "not_granted", str(nobody): "not_granted"}
        assert {one["name"] for one in batch["refused"]} == {None}

    def test_one_that_took_the_right_back_meanwhile(self, distributor: Distributor, north, south):
        batch_id = distributor.order("A")
        revoke(north.stockline, distributor)
        distributor.stockline.drain()
        batch = distributor.batch(batch_id)
        assert list(by_shop(batch, "status")) == [id_of(south)]
        assert refusals(batch) == {id_of(north): "not_granted"}

    def test_one_that_was_closed_meanwhile(self, distributor: Distributor, north: Portal):
        batch_id = distributor.order("A")
        north.stockline.set(active=False)
        distributor.stockline.drain()
        assert refusals(distributor.batch(batch_id)) == {id_of(north): "not_granted"}

    def test_without_a_grant_nothing_begins(
        self, stockline: Stockline, distributor: Distributor, north: Portal
    ):
        other = Distributor(stockline.another("DISTRIBUTOR"))
        assert_error(other.call("POST", json={"partNumbers": ["A"]}), 409, "no_grants")
        named = {"partNumbers": ["A"], "resellers": [str(uuid4())]}
        assert_error(distributor.call("POST", json=named), 409, "no_grants")
        revoke(north.stockline, distributor)
        assert_error(distributor.call("POST", json={"partNumbers": ["A"]}), 409, "no_grants")


class TestRevocation:
    def test_what_waits_is_cancelled_with_the_right(self, distributor: Distributor, north, south):
        batch = distributor.spread("A", "B")
        revoke(north.stockline, distributor)
        assert by_shop(distributor.batch(batch["batchId"]), "status") == {
            id_of(north): "cancelled",
            id_of(south): "queued",
        }
        drain(north, south)
        assert (skus(north), skus(south)) == (set(), {"A", "B"})
        done = distributor.batch(batch["batchId"])
        assert (done["status"], done["succeeded"], done["remaining"]) == ("completed", 2, 2)

    def test_what_runs_stops_after_the_product_in_flight(self, distributor: Distributor, north: Portal):
        push_id = by_shop(distributor.spread("A", "B"), "pushId")[id_of(north)]
        with north.working():
            north.step(push_id)
            revoke(north.stockline, distributor)
        assert north.push(push_id)["status"] == "cancelled"
        assert len(skus(north)) <= 2
        assert north.push(push_id)["remaining"] + len(skus(north)) == 2

    def test_what_is_paused_cannot_go_on(self, distributor: Distributor, north: Portal):
        north.shop.closed = ShopClosedError("invalid_client", "the app's secret is wrong")
        push_id = by_shop(distributor.spread("A"), "pushId")[id_of(north)]
        drain(north)
        revoke(north.stockline, distributor)
        assert_error(north.post(f"/pushes/{push_id}/resume"), 409, "push_state")

    def test_a_brand_taken_back_stops_a_push_that_has_it_still_to_do(
        self, distributor: Distributor, south: Portal
    ):
        push_id = by_shop(distributor.spread("A", "C"), "pushId")[id_of(south)]
        grant(south.stockline, distributor, "KTM")
        assert south.push(push_id)["status"] == "cancelled"

    def test_a_push_without_that_brand_goes_on(self, distributor: Distributor, south: Portal):
        push_id = by_shop(distributor.spread("A", "B"), "pushId")[id_of(south)]
        grant(south.stockline, distributor, "KTM", "more")
        drain(south)
        assert south.push(push_id)["succeeded"] == 2

    def test_pushes_of_others_go_on(self, stockline: Stockline, distributor: Distributor, north: Portal):
        other = Distributor(stockline.another("DISTRIBUTOR"))
        grant(north.stockline, other, "KTM")
        push_id = by_shop(other.spread("A"), "pushId")[id_of(north)]
        revoke(north.stockline, distributor)
        assert north.push(push_id)["status"] == "queued"
        drain(north)
        own = north.begin("B")
        revoke(north.stockline, other)
        assert north.push(own)["status"] == "queued"


class TestCancelling:
    def test_all_that_is_not_over_is_cancelled(self, distributor: Distributor, north, south):
        batch = distributor.spread("A", "B")
        drain(north)
        cancelled = ok(distributor.cancel(batch["batchId"]), 202)
        assert by_shop(cancelled, "status") == {id_of(north): "completed", id_of(south): "cancelled"}
        assert (cancelled["status"], cancelled["remaining"]) == ("cancelled", 2)
        drain(south)
        assert skus(south) == set()

    def test_before_it_is_spread_nobody_gets_a_push(self, distributor: Distributor, north: Portal):
        batch_id = distributor.order("A")
        cancelled = ok(distributor.cancel(batch_id), 202)
        assert (cancelled["status"], cancelled["total"]) == ("cancelled", 0)
        assert refusals(cancelled) == {id_of(north): "cancelled"}
        distributor.stockline.drain()
        after = distributor.batch(batch_id)
        assert (after["status"], after["pushes"], refusals(after)) == ("cancelled", [], refusals(cancelled))
        assert distributor.stockline.count("dispatch") == 0

    def test_what_is_over_cannot_be(self, distributor: Distributor, north: Portal):
        batch_id = distributor.spread("A")["batchId"]
        drain(north)
        for _ in range(2):
            assert_error(distributor.cancel(batch_id), 409, "push_state")

    def test_a_reseller_that_cancels_ends_its_own_alone(self, distributor: Distributor, north, south):
        batch = distributor.spread("A")
        ok(north.post(f"/pushes/{by_shop(batch, 'pushId')[id_of(north)]}/cancel"), 202)
        drain(south)
        assert distributor.batch(batch["batchId"])["status"] == "completed"


class TestWhoSeesIt:
    @pytest.fixture
    def batch_id(self, distributor: Distributor, north: Portal) -> str:
        return distributor.spread("A", "C")["batchId"]

    def test_another_distributor_does_not(self, stockline: Stockline, batch_id: str, north: Portal):
        other = Distributor(stockline.another("DISTRIBUTOR"))
        grant(north.stockline, other, "KTM")
        for path in ("", "/events"):
            assert_error(other.call("GET", f"/{batch_id}{path}"), 404, "not_found")
        assert_error(other.cancel(batch_id), 404, "not_found")
        assert ok(other.call("GET"))["data"] == []

    def test_nor_does_a_forged_id_show_anything(self, distributor: Distributor, batch_id: str, north: Portal):
        for forged in (uuid4(), north.get("/pushes").json["data"][0]["pushId"]):
            assert_error(distributor.call("GET", f"/{forged}"), 404, "not_found")
            assert_error(distributor.cancel(str(forged)), 404, "not_found")

    def test_nothing_of_the_reseller_is_in_it_but_what_was_asked_for(
        self, distributor: Distributor, batch_id: str, north: Portal
    ):
        own = north.get("/pushes").json["data"][0]["pushId"]
        told = distributor.call("GET", f"/{batch_id}").json
        assert {one["partNumber"] for one in told["failures"]} <= {"A", "C"}
        assert_error(call(distributor.stockline, "GET", f"/pushes/{own}"), 404, "not_found")
        assert_error(call(distributor.stockline, "POST", f"/pushes/{own}/cancel"), 404, "not_found")

    @pytest.mark.parametrize("type_", ["STANDARD", "RESELLER", "HYBRID", "MANUFACTURER"])
    def test_who_is_no_distributor_has_no_batches(self, stockline: Stockline, batch_id: str, type_: str):
        other = Distributor(stockline.another(type_))
        for method, path in [("GET", ""), ("GET", f"/{batch_id}"), ("GET", f"/{batch_id}/events")]:
            assert_error(other.call(method, path), 403, "feature_not_available")
        assert_error(other.call("POST", json={"partNumbers": ["A"]}), 403, "feature_not_available")
        assert_error(other.cancel(batch_id), 403, "feature_not_available")

    def test_a_key_for_storefronts_is_403(self, distributor: Distributor, batch_id: str):
        headers = {"X-API-Key": distributor.stockline.new_key(Scope.STOREFRONT)}
        assert distributor.call("GET", f"/{batch_id}", headers=headers).status_code == 403


class TestHistory:
    def test_it_has_all_newest_first_page_by_page_without_their_lists(
        self, distributor: Distributor, north: Portal
    ):
        ids = [distributor.spread("A", "C")["batchId"] for _ in range(3)]
        found, cursor = [], ""
        while cursor is not None:
            page = ok(distributor.call("GET", f"?limit=2{cursor and '&cursor=' + cursor}"))
            found, cursor = found + page["data"], page["nextCursor"]
        assert [one["batchId"] for one in found] == ids[::-1]
        assert all(tuple(one) == VIEW for one in found)
        assert [one["total"] for one in found] == [0, 0, 2]


class TestWhatIsWrong:
    @pytest.mark.parametrize(
        ("body", "code"),
        [
            (b"", "invalid_request"),
            (b"[]", "invalid_request"),
            (b"{}", "invalid_request"),
            (b'{"partNumbers": []}', "nothing_to_push"),
            (b'{"partNumbers": "A"}', "invalid_request"),
            (b'{"partNumbers": [""]}', "invalid_request"),
            (b'{"partNumbers": ["a\\u0000"]}', "invalid_request"),
            (b'{"partNumbers": ["A"], "resellers": "all"}', "invalid_request"),
            (b'{"partNumbers": ["A"], "resellers": ["x"]}', "invalid_request"),
            (b'{"partNumbers": ["A"], "all": true}', "invalid_request"),
        ],
    )
    def test_an_order_that_is_none_is_400(
        self, distributor: Distributor, north: Portal, body: bytes, code: str
    ):
        headers = {"Content-Type": "application/json"}
        assert_error(distributor.call("POST", data=body, headers=headers), 400, code)
        assert distributor.stockline.count("push_batch") == 0

    def test_null_for_resellers_is_all(self, distributor: Distributor, north: Portal):
        assert (
            ok(distributor.call("POST", json={"partNumbers": ["A"], "resellers": None}), 202)["pushes"] == 1
        )

    def test_5_000_resellers_are_the_most_that_are_named(self, distributor: Distributor, north: Portal):
        named = [uuid4().hex for _ in range(5_000)]
        order = {"partNumbers": ["A"], "resellers": [id_of(north), *named]}
        assert_error(distributor.call("POST", json=order), 400, "invalid_request")

    def test_no_reseller_named_is_nobody(self, distributor: Distributor, north: Portal):
        assert_error(distributor.call("POST", json={"partNumbers": ["A"], "resellers": []}), 409, "no_grants")

    def test_what_is_no_id_is_404(self, distributor: Distributor):
        assert_error(distributor.call("GET", "/no-id"), 404, "not_found")

    @pytest.mark.parametrize("query", ["limit=0", "limit=201", "cursor=x", "cursor=W10"])
    def test_a_page_that_is_none_is_400(self, distributor: Distributor, query: str):
        assert_error(distributor.call("GET", f"?{query}"), 400, "invalid_request")


class TestEvents:
    def test_the_last_one_closes_and_is_not_sent_twice(self, distributor: Distributor, north: Portal):
        batch_id = distributor.spread("A")["batchId"]
        drain(north)
        stream = distributor.call("GET", f"/{batch_id}/events")
        assert stream.content_type == "text/event-stream"
        event, number, data = stream.text.strip().splitlines()
        assert event == "event: progress"
        assert '"status":"completed"' in data
        again = {"Last-Event-ID": number.removeprefix("id: ")}
        assert distributor.call("GET", f"/{batch_id}/events", headers=again).status_code == 204

    def test_changes_come_as_they_happen(self, distributor: Distributor, north: Portal):
        batch_id = distributor.spread("A", "B")["batchId"]
        stream = iter(distributor.call("GET", f"/{batch_id}/events", buffered=False).response)
        assert b'"status":"queued"' in next(stream)
        drain(north)
        numbers = []
        for event in stream:
            if event.startswith(b"event"):
                numbers.append(int(event.split(b"\n")[1].removeprefix(b"id: ")))
                if b'"status":"completed"' in event:
                    break
        assert numbers == sorted(set(numbers))


class TestAsDocumented:
    """The caller of the tests over the whole document is no distributor, and meets only refusals here."""

    def test_answers_are_as_the_document_says(
        self, stockline: Stockline, distributor: Distributor, north, south
    ):
        grant(stockline.another("RESELLER"), distributor, "KTM")
        accepted = distributor.call("POST", json={"partNumbers": ["A", "C"]})
        batch_id = accepted.json["batchId"]
        assert_documented("post", "", accepted)
        assert_documented("get", "/{batchId}", distributor.call("GET", f"/{batch_id}"))
        distributor.stockline.drain()
        north.shop.closed = ShopClosedError("invalid_client", "the app's secret is wrong")
        drain(north, south)
        assert_documented("get", "/{batchId}", distributor.call("GET", f"/{batch_id}"))
        assert_documented("get", "", distributor.call("GET"))
        assert_documented("post", "/{batchId}/cancel", distributor.cancel(batch_id))


def assert_documented(method: str, path: str, response: TestResponse) -> None:
    told = document(SECTIONS)
    operation = told["paths"][f"/api/app/shopify/push-batches{path}"][method]
    answer = operation["responses"][str(response.status_code)]["content"]["application/json"]
    jsonschema.validate(response.json, answer["schema"] | {"components": told["components"]})
    known = answer["schema"]["$ref"].rsplit("/", 1)[1]
    assert set(response.json) == set(told["components"]["schemas"][known]["properties"])
