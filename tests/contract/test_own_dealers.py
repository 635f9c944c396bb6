"""`/api/app/dealers`: a tenant's own dealers over HTTP, and what the storefront makes of every change."""

import gzip
import json
import time
from urllib.parse import quote
from uuid import uuid4

import psycopg
import pytest

from app.domain.tenancy.tenant import Scope
from app.web.feeds import WAITING_ROOM
from tests.stockline import Stockline, platform, until

FIELDS = {
    "dealerId",
    "code",
    "name",
    "address",
    "city",
    "postalCode",
    "country",
    "phone",
    "website",
    "lat",
    "lng",
    "linkedTenantId",
    "timezone",
    "openingHours",
    "active",
    "location",
    "createdAt",
}
NOBODY = "01900000-0000-7000-8000-000000000000"


class Desk:
    """A tenant at its dealers, and its shop's visitors."""

    def __init__(self, stockline: Stockline) -> None:
        self.stockline = stockline

    def call(self, method, path="", **options):
        headers = {"X-API-Key": self.stockline.key} | options.pop("headers", {})
        client = self.stockline.application.test_client()
        return client.open(f"/api/app/dealers{path}", method=method, headers=headers, **options)

    def create(self, **given):
        response = self.call("POST", json={"name": "Shop", **given})
        assert response.status_code == 201, response.text
        return response.json

    def get(self, dealer_id):
        response = self.call("GET", f"/{dealer_id}")
        assert response.status_code == 200, response.text
        return response.json

    def patch(self, dealer_id, **given):
        response = self.call("PATCH", f"/{dealer_id}", json=given)
        assert response.status_code == 200, response.text
        return response.json

    def names(self, query=""):
        response = self.call("GET", query)
        assert response.status_code == 200, response.text
        return [one["name"] for one in response.json["data"]]

    def take(self, content, query="", type_="text/csv", **headers):
        body = content.encode() if isinstance(content, str) else content
        named = {"Content-Type": type_} | {name.replace("_", "-"): value for name, value in headers.items()}
        return self.call("POST", "/import" + query, data=body, headers=named)

    def shop(self, path):
        client = self.stockline.application.test_client()
        response = client.get(f"/api/t{path}", headers={"X-API-Key": self.stockline.key})
        assert response.status_code == 200, response.text
        return response.json

    def version(self):
        row = self.stockline.database.execute(
            "SELECT version FROM network_version WHERE tenant_id = %s", (self.stockline.tenant_id,)
        ).fetchone()
        return row[0] if row else 0


@pytest.fixture
def desk(stockline: Stockline) -> Desk:
    return Desk(stockline)


@pytest.fixture
def neighbour(stockline: Stockline) -> Desk:
    return Desk(stockline.another())


def assert_error(response, status, code, part=""):
    assert response.status_code == status, response.text
    assert response.json["code"] == code
    assert part in response.json["error"], response.json["error"]


class TestOneDealer:
    def test_a_new_one_is_answered_and_found_at_its_location(self, desk: Desk):
        response = desk.call("POST", json={"name": " Åre ", "country": "se", "lat": 63.4, "lng": "13.1"})
        assert response.status_code == 201
        made = response.json
        assert response.headers["Location"] == f"/api/app/dealers/{made['dealerId']}"
        assert made.keys() == FIELDS
        assert made == desk.get(made["dealerId"])
        assert made | {"dealerId": "", "createdAt": ""} == {
            "dealerId": "",
            "code": None,
            "name": "Åre",
            "address": "",
            "city": "",
            "postalCode": "",
            "country": "SE",
            "phone": "",
            "website": "",
            "lat": 63.4,
            "lng": 13.1,
            "linkedTenantId": None,
            "timezone": "",
            "openingHours": None,
            "active": True,
            "location": {"lat": 63.4, "lng": 13.1, "approximate": False, "source": "given"},
            "createdAt": "",
        }

    def test_a_patch_sets_what_it_has_and_null_or_empty_clears(self, desk: Desk):
        hours = {"mon": [["09:00", "17:00"]], "exceptions": {"2026-12-24": []}}
        made = desk.create(code="A", phone="+1", timezone="Europe/Oslo", openingHours=hours)
        changed = desk.patch(made["dealerId"], phone=None, code="", city="Oslo")
        assert changed == made | {"phone": "", "code": None, "city": "Oslo"}
        assert changed["openingHours"] == hours
        assert desk.patch(made["dealerId"], openingHours=None, timezone=None)["openingHours"] is None

    def test_a_patch_that_changes_nothing_writes_nothing(self, desk: Desk):
        made = desk.create(code="A", lat=1, lng=2, timezone="Europe/Oslo", openingHours={"mon": []})
        before = desk.version()
        assert desk.patch(made["dealerId"]) == made
        again = {name: made[name] for name in ("name", "code", "lat", "lng", "timezone", "openingHours")}
        assert desk.patch(made["dealerId"], **again, website="") == made
        assert desk.version() == before

    def test_a_removed_one_is_gone_with_its_stock(self, desk: Desk):
        dealer = desk.create()["dealerId"]
        row = {"dealerId": dealer, "partNumber": "A", "stock": 1}
        desk.stockline.send("location-stock", [row])
        response = desk.call("DELETE", f"/{dealer}")
        assert (response.status_code, response.data) == (204, b"")
        assert_error(desk.call("DELETE", f"/{dealer}"), 404, "not_found")
        assert_error(desk.call("GET", f"/{dealer}"), 404, "not_found")
        assert desk.stockline.dealer_stock() == {}
        assert desk.stockline.send("location-stock", [row])["invalidDealers"] == 1

    def test_a_feed_that_meets_the_removal_finds_no_dealer(self, desk: Desk):
        stockline = desk.stockline
        dealer = desk.create()["dealerId"]
        feed = stockline.accept("location-stock", [{"dealerId": dealer, "partNumber": "A", "stock": 1}])
        info = stockline.database.info
        waiting = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"
        with psycopg.connect(info.dsn, password=info.password) as remover, stockline.worker():
            platform(remover).execute("DELETE FROM dealer WHERE id = %s", (dealer,))
            until(lambda: remover.execute(waiting).fetchone() == (True,), "the feed waiting")
            remover.commit()
            until(lambda: stockline.feed(feed)["status"] == "applied", "the feed")
        assert stockline.result(feed)["invalidDealers"] == 1

    def test_it_may_be_linked_to_a_tenant_whose_name_is_not_told(self, desk: Desk, neighbour: Desk):
        linked = str(neighbour.stockline.tenant_id)
        made = desk.create(linkedTenantId=linked)
        assert made["linkedTenantId"] == linked
        assert "linkedTenantName" not in made

    @pytest.mark.parametrize(
        ("given", "part"),
        [
            ({}, "name is missing"),
            ({"name": ""}, "name must not be empty"),
            ({"name": "N", "lat": 1}, "lat and lng belong together"),
            ({"name": "N", "lat": 91, "lng": 0}, "lat must be degrees from -90 to 90"),
            ({"name": "N", "website": "javascript:x"}, "website must be an http"),
            ({"name": "N", "country": "XX"}, "country must be an ISO"),
            ({"name": "N", "openingHours": {"mon": [["09:00", "17:00"]]}}, "openingHours need a timezone"),
            ({"name": "N", "linkedTenantId": NOBODY}, f"there is no tenant {NOBODY}"),
            ({"name": "N", "active": 1}, "active must be true or false"),
            ({"name": "N", "dealerId": NOBODY}, "'dealerId' is no field here"),
            ({"name": "\ud800"}, "name has a NUL or a character that is not UTF-8"),
            ([], "is no JSON object"),
        ],
    )
    def test_what_breaks_a_rule_is_refused_on_the_way_in(self, desk: Desk, given, part):
        assert_error(desk.call("POST", json=given), 400, "invalid_request", part)
        assert desk.names() == []

    def test_a_patch_keeps_the_same_rules_over_what_stands(self, desk: Desk):
        dealer = desk.create(lat=1, lng=2)["dealerId"]
        refused = desk.call("PATCH", f"/{dealer}", json={"lat": None})
        assert_error(refused, 400, "invalid_request", "lat and lng belong together")
        assert desk.patch(dealer, lat=3)["location"]["lat"] == 3

    @pytest.mark.parametrize(
        "body", [b"{", b'{"name":"a","name":"b"}', b"\xff", b'{"lat": NaN}', b"[" * 9999]
    )
    def test_what_is_no_json_is_refused(self, desk: Desk, body):
        headers = {"Content-Type": "application/json"}
        assert_error(desk.call("POST", data=body, headers=headers), 400, "invalid_request", "the body ")

    def test_another_content_type_is_refused(self, desk: Desk):
        headers = {"Content-Type": "text/csv"}
        assert_error(desk.call("POST", data="{}", headers=headers), 415, "unsupported_media_type")
        path = f"/{desk.create()['dealerId']}"
        assert_error(desk.call("PATCH", path, data="{}", headers=headers), 415, "unsupported_media_type")

    def test_a_code_stands_once_per_tenant(self, desk: Desk, neighbour: Desk):
        first, second = desk.create(code="A"), desk.create(code="B")
        assert_error(desk.call("POST", json={"name": "N", "code": "A"}), 409, "conflict", first["dealerId"])
        taken = desk.call("PATCH", f"/{second['dealerId']}", json={"code": "A"})
        assert_error(taken, 409, "conflict")
        assert desk.patch(second["dealerId"], code="B", city="X")["code"] == "B"
        neighbour.create(code="A")

    def test_another_tenants_does_not_exist(self, desk: Desk, neighbour: Desk):
        path = f"/{desk.create(code='A')['dealerId']}"
        assert_error(neighbour.call("GET", path), 404, "not_found")
        assert_error(neighbour.call("PATCH", path, json={"name": "X"}), 404, "not_found")
        assert_error(neighbour.call("DELETE", path), 404, "not_found")
        assert neighbour.names() == []
        assert desk.names() == ["Shop"]


class TestTheDoor:
    def test_a_storefront_key_may_not(self, desk: Desk):
        desk.stockline.key = desk.stockline.new_key(Scope.STOREFRONT)
        assert_error(desk.call("GET"), 403, "insufficient_scope")

    def test_without_a_key_nobody_may(self, desk: Desk):
        response = desk.call("GET", headers={"X-API-Key": ""})
        assert_error(response, 401, "unauthorized")

    def test_other_origins_are_not_let_in(self, desk: Desk):
        response = desk.call("GET", headers={"Origin": "https://shop.example"})
        assert "Access-Control-Allow-Origin" not in response.headers

    def test_a_wrong_method_is_told_the_right_ones(self, desk: Desk):
        response = desk.call("PUT", f"/{NOBODY}", json={})
        assert_error(response, 405, "method_not_allowed")
        assert {"GET", "PATCH", "DELETE"} <= set(response.headers["Allow"].split(", "))


class TestTheList:
    @pytest.fixture
    def five(self, desk: Desk) -> Desk:
        for name, country in (("Öl", "SE"), ("Zug", "SE"), ("ängel", "SE"), ("Bo", ""), ("Aa", "SE")):
            desk.create(name=name, country=country, code=f"c{name}", city="Umeå", postalCode="903 26")
        return desk

    def test_it_is_by_country_then_name(self, five: Desk):
        assert five.names() == ["Bo", "Aa", "ängel", "Öl", "Zug"]

    def test_pages_follow_each_other_though_the_dealer_between_is_removed(self, five: Desk):
        first = five.call("GET", "?limit=2").json
        assert [one["name"] for one in first["data"]] == ["Bo", "Aa"]
        five.call("DELETE", f"/{first['data'][1]['dealerId']}")
        second = five.call("GET", f"?limit=2&cursor={first['nextCursor']}").json
        assert [one["name"] for one in second["data"]] == ["ängel", "Öl"]
        third = five.call("GET", f"?limit=2&cursor={second['nextCursor']}").json
        assert ([one["name"] for one in third["data"]], third["nextCursor"]) == (["Zug"], None)

    @pytest.mark.parametrize(
        ("sought", "found"),
        [
            ("ÖL", ["Öl"]),
            ("ÄNG", ["ängel"]),
            ("UMEÅ", ["Bo", "Aa", "ängel", "Öl", "Zug"]),
            ("czug", ["Zug"]),
            ("90326", ["Bo", "Aa", "ängel", "Öl", "Zug"]),
            ("%", []),
            ("_", []),
            (" öl ", ["Öl"]),
        ],
    )
    def test_it_is_searched_in_any_case(self, five: Desk, sought, found):
        assert five.names(f"?q={quote(sought)}") == found

    @pytest.mark.parametrize(
        "query",
        ["?limit=0", "?limit=201", "?limit=x", "?cursor=x", "?cursor=WyIiXQ", "?q=%00", "?q=" + "x" * 201],
    )
    def test_what_it_does_not_understand_is_a_400(self, desk: Desk, query):
        assert_error(desk.call("GET", query), 400, "invalid_request")


class TestAFile:
    def test_csv_creates_updates_and_refuses_by_line(self, desk: Desk):
        desk.create(code="A", city="X")
        response = desk.take("code,name,lat\nA,A,\nB,B,\nC,C,1\n")
        assert response.status_code == 200
        assert response.json == {
            "created": 1,
            "updated": 1,
            "unchanged": 0,
            "refused": 1,
            "refusedSample": [{"line": 4, "reason": "lat and lng belong together: give both or neither"}],
        }
        assert desk.names() == ["A", "B"]
        assert desk.call("GET", "?q=A").json["data"][0]["city"] == "X"

    def test_json_lines_go_in_too(self, desk: Desk):
        line = {"code": "A", "name": "Å", "timezone": "Europe/Oslo", "openingHours": {"mon": []}}
        response = desk.take(json.dumps(line) + "\nno\n", type_="application/x-ndjson; charset=utf-8")
        assert (response.json["created"], response.json["refused"]) == (1, 1)
        assert desk.names() == ["Å"]

    def test_gzip_and_a_byte_order_mark_are_understood(self, desk: Desk):
        body = gzip.compress("\ufeffcode,name\nA,Å\n".encode())
        assert desk.take(body, Content_Encoding="gzip").json["created"] == 1

    def test_a_dry_run_tells_the_same_and_writes_nothing(self, desk: Desk):
        content = "code,name\nA,A\nB,\n"
        tried = desk.take(content, "?dryRun=true").json
        assert desk.names() == []
        assert desk.version() == 0
        assert desk.take(content).json == tried

    def test_a_line_that_is_not_utf_8_is_refused_by_itself(self, desk: Desk):
        told = desk.take(b"code,name\nA,\xff\nB,B\n").json
        assert (told["created"], told["refusedSample"][0]["line"]) == (1, 2)

    @pytest.mark.parametrize(
        ("content", "query", "headers", "status", "code"),
        [
            ("code,colour\n", "", {}, 400, "invalid_request"),
            ("", "", {}, 400, "invalid_request"),
            ("code\n", "?dryRun=perhaps", {}, 400, "invalid_request"),
            ("code\n", "", {"type_": "application/json"}, 415, "unsupported_media_type"),
            ("code\n", "", {"type_": "text/csv; charset=latin-1"}, 415, "unsupported_media_type"),
            ("code\n", "", {"Content_Encoding": "br"}, 415, "unsupported_encoding"),
            ("code\n", "", {"Content_Encoding": "gzip"}, 400, "undecodable_body"),
            ("x" * 200_001, "", {}, 413, "body_too_large"),
            ("code\n" + "\n" * 100_000, "", {}, 413, "payload_too_large"),
        ],
    )
    def test_what_is_no_such_file_is_refused(self, desk: Desk, content, query, headers, status, code):
        assert_error(desk.take(content, query, **headers), status, code)

    def test_where_too_many_wait_already_it_is_sent_again(self, build, desk: Desk):
        desk = Desk(desk.stockline.over(build(web_threads=2)))
        with desk.stockline.application.extensions[WAITING_ROOM].seat():
            response = desk.take("code,name\nA,A\n")
        assert_error(response, 503, "busy")
        assert response.headers["Retry-After"] == "1"
        assert desk.take("code,name\nA,A\n").json["created"] == 1

    def test_another_tenants_dealers_are_out_of_reach(self, desk: Desk, neighbour: Desk):
        desk.create(code="A")
        assert neighbour.take("code,city\nA,X\n").json["refused"] == 1
        assert neighbour.take("code,name\nA,Mine\n").json["created"] == 1
        assert (desk.names(), neighbour.names()) == (["Shop"], ["Mine"])


class TestWhatVisitorsSee:
    ASK = "/dealers/stock?partNumber=A&lat=59.3&lng=18.1&limit=50"

    def stocked(self, desk: Desk, **given):
        dealer = desk.create(**given)["dealerId"]
        desk.stockline.send("location-stock", [{"dealerId": dealer, "partNumber": "A", "stock": 1}])
        return dealer

    def test_a_change_is_seen_within_a_second(self, build, desk: Desk):
        desk = Desk(desk.stockline.over(build(key_cache_s=0.5)))
        dealer = desk.create(name="First")["dealerId"]
        steps = [
            (lambda: desk.patch(dealer, name="Second"), ["Second"]),
            (lambda: desk.take("code,name\nA,Ärla\n"), ["Ärla", "Second"]),
            (lambda: desk.patch(dealer, active=False), ["Ärla"]),
            (lambda: desk.patch(dealer, active=True), ["Ärla", "Second"]),
            (lambda: desk.call("DELETE", f"/{dealer}"), ["Ärla"]),
        ]
        for change, seen in steps:
            desk.shop("/dealers")
            change()
            deadline = time.monotonic() + 1
            while [one["name"] for one in desk.shop("/dealers")] != seen:
                assert time.monotonic() < deadline, seen
                time.sleep(0.02)

    def test_an_inactive_one_is_gone_from_the_nearest_too(self, desk: Desk):
        dealer = self.stocked(desk, lat=59.3, lng=18.1)
        assert [one["name"] for one in desk.shop(self.ASK)] == ["Shop"]
        desk.patch(dealer, active=False)
        assert desk.shop(self.ASK) == []

    def test_the_postal_code_places_it_until_coordinates_are_given(self, desk: Desk):
        dealer = self.stocked(desk, postalCode="903 26", country="SE")
        by_code = desk.get(dealer)
        assert (by_code["lat"], by_code["location"]["source"]) == (None, "postal-code")
        assert by_code["location"]["approximate"] is True
        (near,) = desk.shop(self.ASK)
        assert (near["approximate"], near["lat"]) == (True, by_code["location"]["lat"])

        given = desk.patch(dealer, lat=63.0, lng=20.0)
        assert given["location"] == {"lat": 63.0, "lng": 20.0, "approximate": False, "source": "given"}
        (near,) = desk.shop(self.ASK)
        assert (near["approximate"], near["lat"], near["lng"]) == (False, 63.0, 20.0)

        cleared = desk.patch(dealer, lat=None, lng=None)
        assert cleared == by_code
        (near,) = desk.shop(self.ASK)
        assert (near["approximate"], near["lat"]) == (True, by_code["location"]["lat"])

    def test_nobody_knows_where_an_unknown_code_is(self, desk: Desk):
        dealer = self.stocked(desk, postalCode="no code", country="SE")
        assert desk.get(dealer)["location"] is None
        assert desk.shop(self.ASK) == []
        assert desk.shop("/dealers")[0]["lat"] is None

    def test_names_are_in_the_order_people_look_for_them(self, desk: Desk):
        desk.take("code,name\n1,Zug\n2,ängel\n3,Öl\n4,Aa\n5,apple\n")
        assert [one["name"] for one in desk.shop("/dealers")] == ["Aa", "ängel", "apple", "Öl", "Zug"]
        dealer = desk.call("GET", "?q=zug").json["data"][0]["dealerId"]
        desk.patch(dealer, name="Åby")
        assert [one["name"] for one in desk.shop("/dealers")] == ["Aa", "Åby", "ängel", "apple", "Öl"]


def test_an_id_that_is_none_is_a_404(desk: Desk):
    assert_error(desk.call("GET", "/12"), 404, "not_found")
    assert_error(desk.call("GET", f"/{uuid4()}"), 404, "not_found")
