"""`/api/app/suppliers*`, what suppliers send, and the one state of all stock, as callers know them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from app.adapters.postgres.supplier_watch import note_silent
from tests.stockline import Stockline, stamp
from tests.suppliers import Purchaser, fetched, open_purchaser, rows

FILE = {
    "code": "north",
    "name": "North",
    "url": "https://stock.example/north",
    "format": "json",
    "auth": {"type": "apiKey", "header": "X-Key", "value": "s3cret"},
    "fields": {"sku": "sku", "quantity": "quantity", "updatedAt": "at", "incoming": "incoming"},
}


@pytest.fixture
def buyer(stockline: Stockline) -> Purchaser:
    return open_purchaser(stockline)


def put(buyer: Purchaser, **changes: Any) -> dict[str, Any]:
    document = FILE | changes
    answer = buyer.request("PUT", f"/suppliers/{document['code']}", json=document)
    assert answer.status_code == 200, answer.text
    return answer.json


def send(buyer: Purchaser, body: bytes, query: str = "", kind: str = "application/json"):
    path = f"/suppliers/north/stock{query}"
    return buyer.stockline.request("POST", path, data=body, headers={"Content-Type": kind})


def told(*pairs: tuple[str, int]) -> bytes:
    return rows(*({"sku": sku, "quantity": quantity} for sku, quantity in pairs))


class TestDescribing:
    def test_a_supplier_is_shown_in_its_files_words_without_its_secret(self, buyer: Purchaser):
        shown = put(buyer, intervalS=60)
        assert shown["source"]["auth"] == {"type": "apiKey", "header": "X-Key"}
        assert (shown["intervalS"], shown["state"], shown["circuit"]) == (60, "ok", "closed")
        everything = [buyer.request("GET", path).text for path in ("/suppliers", "/suppliers/north")]
        assert "s3cret" not in "".join(everything)

    def test_its_secret_is_kept_encrypted_and_given_to_its_source(self, buyer: Purchaser):
        put(buyer)
        assert b"s3cret" not in bytes(buyer.row()["secrets"])
        buyer.reads(("A", 1))
        assert buyer.sources.asked[-1][2] == {"value": "s3cret"}

    def test_where_and_how_it_takes_orders_is_said_shown_and_changed(self, buyer: Purchaser):
        assert self.ordering(put(buyer)) == ("order", None, None, "json")
        there = {"reorderMode": "task", "orderEmail": "o@n.example", "orderUrl": "https://n.example/o"}
        told = put(buyer, **there, orderFormat="csv")
        assert self.ordering(told) == (*there.values(), "csv")
        changes = {"reorderMode": "off", "orderEmail": "p@n.example", "orderUrl": None, "orderFormat": "json"}
        told = buyer.request("PATCH", "/suppliers/north", json=changes).json
        assert self.ordering(told) == tuple(changes.values())
        assert self.ordering(buyer.request("GET", "/suppliers/north").json) == tuple(changes.values())

    @pytest.mark.parametrize(
        "wrong", [{"orderEmail": "nobody"}, {"orderUrl": "ftp://n.example"}, {"reorderMode": "maybe"}]
    )
    def test_an_address_that_takes_no_orders_is_refused(self, buyer: Purchaser, wrong):
        put(buyer)
        for method, body in (("PUT", FILE | wrong), ("PATCH", wrong)):
            answer = buyer.request(method, "/suppliers/north", json=body)
            assert answer.status_code == 400, answer.text
            assert next(iter(wrong)) in answer.text

    def ordering(self, shown: dict[str, Any]) -> tuple[Any, ...]:
        return tuple(shown[name] for name in ("reorderMode", "orderEmail", "orderUrl", "orderFormat"))

    def test_a_secret_that_is_left_out_stays(self, buyer: Purchaser):
        put(buyer)
        put(buyer, auth={"type": "apiKey", "header": "X-Key"}, name="Other")
        buyer.reads(("A", 1))
        assert buyer.sources.asked[-1][2] == {"value": "s3cret"}

    def test_a_secret_does_not_follow_to_another_address(self, buyer: Purchaser):
        put(buyer)
        document = FILE | {"url": "https://evil.example/x", "auth": {"type": "apiKey", "header": "X-Key"}}
        answer = buyer.request("PUT", "/suppliers/north", json=document)
        assert (answer.status_code, answer.json["details"][0]["field"]) == (400, "auth.value")

    @pytest.mark.parametrize(
        ("change", "field"),
        [({"intervalS": 59}, "intervalS"), ({"format": "xls"}, "format"), ({"fields": {}}, "fields.sku")],
    )
    def test_what_is_wrong_is_named(self, buyer: Purchaser, change, field):
        answer = buyer.request("PUT", "/suppliers/north", json=FILE | change)
        assert (answer.status_code, answer.json["details"][0]["field"]) == (400, field)

    @pytest.mark.parametrize("body", [b'{"code": "\xff"}', b"[1", b"[]", b"null", b'"\\ud800"'])
    def test_what_is_no_file_is_refused(self, buyer: Purchaser, body: bytes):
        given = {"data": body, "headers": {"Content-Type": "application/json"}}
        assert buyer.request("PUT", "/suppliers/north", **given).status_code == 400

    def test_the_code_is_the_paths(self, buyer: Purchaser):
        assert buyer.request("PUT", "/suppliers/south", json=FILE).status_code == 400

    def test_the_id_stays_with_the_code(self, buyer: Purchaser):
        assert put(buyer)["supplierId"] == put(buyer, name="New")["supplierId"]

    def test_what_is_left_out_of_a_change_stays(self, buyer: Purchaser):
        put(buyer, reorderPoint=5, targetStock=20)
        changed = buyer.request("PATCH", "/suppliers/north", json={"lowStockThreshold": 3}).json
        assert (changed["lowStockThreshold"], changed["reorderPoint"], changed["name"]) == (3, 5, "North")
        cleared = buyer.request("PATCH", "/suppliers/north", json={"reorderPoint": None}).json
        assert (cleared["reorderPoint"], cleared["targetStock"]) == (None, 20)

    def test_a_target_at_or_below_the_reorder_point_is_refused(self, buyer: Purchaser):
        put(buyer, reorderPoint=5, targetStock=20)
        assert buyer.request("PATCH", "/suppliers/north", json={"targetStock": 5}).status_code == 400

    def test_switched_off_it_is_not_read_and_switched_on_it_is_read_at_once(self, buyer: Purchaser):
        put(buyer)
        buyer.request("PATCH", "/suppliers/north", json={"active": False})
        buyer.answers([("A", 1)])
        buyer.stockline.drain()
        assert buyer.sources.asked == []
        assert buyer.request("POST", "/suppliers/north/poll").status_code == 409
        buyer.request("PATCH", "/suppliers/north", json={"active": True})
        buyer.stockline.drain()
        assert buyer.stands() == {"A": 1}

    def test_pages_by_code(self, buyer: Purchaser):
        for code in ("b", "a", "c"):
            put(buyer, code=code)
        first = buyer.request("GET", "/suppliers?limit=2").json
        second = buyer.request("GET", f"/suppliers?limit=2&cursor={first['nextCursor']}").json
        assert [one["code"] for one in first["data"] + second["data"]] == ["a", "b", "c"]
        assert second["nextCursor"] is None

    def test_another_tenant_sees_and_touches_none_of_it(self, buyer: Purchaser):
        supplier_id = put(buyer)["supplierId"]
        buyer.reads(("A", 1))
        other = open_purchaser(buyer.stockline.another())
        for path in (f"/suppliers/{supplier_id}", "/suppliers/north", f"/suppliers/{supplier_id}/polls"):
            assert other.request("GET", path).status_code == 404
        assert other.request("PATCH", f"/suppliers/{supplier_id}", json={"active": False}).status_code == 404
        assert other.request("POST", f"/suppliers/{supplier_id}/poll").status_code == 404
        assert other.request("GET", "/inventory").json["data"] == []
        assert other.stockline.get("/supplier-stock?partNumbers=A").json == []


class TestReadings:
    def test_one_may_be_asked_for_out_of_turn(self, buyer: Purchaser):
        put(buyer)
        buyer.reads(("A", 1))
        buyer.answers([("A", 2)])
        assert buyer.request("POST", "/suppliers/north/poll").status_code == 202
        buyer.stockline.drain()
        assert buyer.stands() == {"A": 2}

    def test_they_are_listed_newest_first_with_what_could_not_be_read(self, buyer: Purchaser):
        put(buyer)
        buyer.reads(("A", 1))
        buyer.answers(fetched(rows({"sku": "A", "quantity": 2}, {"sku": "B", "quantity": "?"})))
        buyer.polled()
        first = buyer.request("GET", "/suppliers/north/polls?limit=1").json
        assert first["data"][0]["malformed"] == 1
        assert first["data"][0]["malformedSample"][0]["index"] == 1
        second = buyer.request("GET", f"/suppliers/north/polls?limit=1&cursor={first['nextCursor']}").json
        assert (second["data"][0]["changed"], second["nextCursor"]) == (1, None)

    def test_a_held_one_is_released_once(self, buyer: Purchaser):
        put(buyer)
        buyer.reads(("A", 1), ("B", 1))
        buyer.reads()
        held = buyer.request("GET", "/suppliers/north").json["heldPollId"]
        path = f"/suppliers/north/polls/{held}"
        assert buyer.request("POST", f"{path}/release").json["outcome"] == "released"
        assert buyer.request("POST", f"{path}/release").status_code == 409
        assert buyer.request("POST", f"{path}/discard").status_code == 409
        buyer.stockline.drain()
        assert buyer.request("GET", path).json["outcome"] == "applied"
        assert buyer.request("GET", f"/suppliers/north/polls/{uuid4()}").status_code == 404


class TestSending:
    @pytest.fixture
    def sender(self, buyer: Purchaser) -> Purchaser:
        put(buyer)
        buyer.reads(("A", 1), ("B", 2))
        return buyer

    def test_it_is_kept_before_it_is_answered_and_then_stands(self, sender: Purchaser):
        answer = send(sender, told(("A", 7), ("C", 3)))
        assert (answer.status_code, answer.json["outcome"], answer.json["sent"]) == (202, "accepted", True)
        assert sender.stands() == {"A": 1, "B": 2}
        sender.stockline.drain()
        assert sender.stands() == {"A": 7, "C": 3}
        poll = sender.request("GET", answer.headers["Location"].removeprefix("/api/app")).json
        assert (poll["outcome"], poll["changed"], poll["dropped"]) == ("applied", 3, 1)
        assert len(sender.sources.asked) == 1

    def test_part_of_a_list_leaves_the_rest(self, sender: Purchaser):
        send(sender, told(("A", 7)), "?partial=true")
        sender.stockline.drain()
        assert sender.stands() == {"A": 7, "B": 2}

    def test_in_our_own_words_whatever_the_format_is(self, sender: Purchaser):
        put(sender, format="csv", fields={"sku": "Nr", "quantity": "Lager"})
        send(sender, told(("A", 7)), "?partial=true&plain=true")
        send(sender, b"Nr;Lager\nB;8\n", "?partial=true", kind="text/csv")
        sender.answers(fetched(b"Nr;Lager\nA;7\nB;8\n"))
        sender.stockline.drain()
        assert sender.stands() == {"A": 7, "B": 8}

    def test_reports_are_taken_in_their_order(self, sender: Purchaser):
        for quantity in (5, 6, 7):
            send(sender, told(("A", quantity)), "?partial=true")
        sender.stockline.drain()
        assert sender.stands()["A"] == 7

    def test_one_that_was_made_before_what_stands_is_stale(self, sender: Purchaser):
        made = stamp(minutes=10).replace("+", "%2B")
        send(sender, told(("A", 9)), f"?partial=true&asOf={made}")
        sender.stockline.drain()
        assert sender.stands()["A"] == 1
        assert sender.polls()[0]["stale"] == 1

    def test_after_it_the_source_is_read_whole(self, sender: Purchaser):
        send(sender, told(("A", 9)), "?partial=true")
        sender.stockline.drain()
        assert sender.reads(("A", 1), ("B", 2))["outcome"] == "applied"
        assert sender.stands() == {"A": 1, "B": 2}

    def test_too_little_of_a_list_is_held(self, sender: Purchaser):
        send(sender, told(("Z", 9)))
        sender.stockline.drain()
        assert (sender.polls()[0]["outcome"], sender.stands()) == ("held", {"A": 1, "B": 2})

    @pytest.mark.parametrize("body", [b"{", b'"x"', b'[{"sku": "A"}]', b"[1]"])
    def test_what_nobody_can_read_is_refused_at_the_door(self, sender: Purchaser, body):
        assert send(sender, body).status_code == 400
        assert len(sender.polls()) == 1

    def test_the_future_and_a_time_without_an_offset_are_refused(self, sender: Purchaser):
        ahead = (datetime.now(UTC) + timedelta(minutes=6)).strftime("%Y-%m-%dT%H:%M:%SZ")
        assert send(sender, told(("A", 9)), f"?asOf={ahead}").status_code == 400
        assert send(sender, told(("A", 9)), "?asOf=2026-01-01T00:00:00").status_code == 400

    def test_a_supplier_that_is_switched_off_sends_in_vain(self, sender: Purchaser):
        sender.request("PATCH", "/suppliers/north", json={"active": False})
        assert send(sender, told(("A", 9))).status_code == 409


class TestSuppliersThatOnlySend:
    @pytest.fixture
    def sender(self, buyer: Purchaser) -> Purchaser:
        put(buyer, url=None, auth={"type": "none"}, intervalS=60)
        buyer.stockline.drain()
        return buyer

    def silence(self, sender: Purchaser) -> None:
        for column in ("confirmed_at", "polled_at", "created_at"):
            sender.stockline.sql(f"UPDATE supplier SET {column} = {column} - interval '1 hour'")
        note_silent(sender.stockline.container.unit_of_work)

    def test_they_are_never_read(self, sender: Purchaser):
        sender.stockline.drain()
        assert sender.sources.asked == []
        answer = sender.request("POST", "/suppliers/north/poll")
        assert (answer.status_code, answer.json["code"]) == (409, "conflict")
        shown = sender.request("PATCH", "/suppliers/north", json={"intervalS": 90}).json
        assert (shown["nextPollAt"], shown["state"], "url" in shown["source"]) == (None, "ok", False)

    def test_what_they_send_stands(self, sender: Purchaser):
        send(sender, told(("A", 7), ("B", 1)))
        send(sender, told(("B", 2)), "?partial=true")
        sender.stockline.drain()
        assert sender.stands() == {"A": 7, "B": 2}

    @pytest.mark.parametrize("query", ["", "?partial=true"])
    def test_silence_is_told_and_ends_with_the_next_word(self, sender: Purchaser, query):
        self.silence(sender)
        assert sender.request("GET", "/suppliers/north").json["state"] == "silent"
        assert len(sender.request("GET", "/inventory/gaps?kind=supplier").json["data"]) == 1
        send(sender, told(("A", 7)), query)
        sender.stockline.drain()
        assert sender.alerts() == ["source-silent", "source-back"]
        assert sender.request("GET", "/suppliers/north").json["state"] == "ok"
        assert sender.request("GET", "/inventory/gaps?kind=supplier").json["data"] == []

    def test_part_of_a_list_does_not_make_the_rest_fresh(self, sender: Purchaser):
        sender.stockline.own("A", "B")
        send(sender, told(("A", 7), ("B", 1)))
        sender.stockline.drain()
        self.silence(sender)
        send(sender, told(("B", 2)), "?partial=true")
        sender.stockline.drain()
        found = sender.stockline.get("/supplier-stock?partNumbers=A,B").json
        assert [one["fresh"] for one in found] == [False, True]

    def test_one_that_is_read_may_become_one_that_sends_and_back(self, buyer: Purchaser):
        put(buyer)
        buyer.reads(("A", 1))
        put(buyer, url=None, auth={"type": "none"})
        buyer.stockline.drain()
        assert len(buyer.sources.asked) == 1
        put(buyer)
        buyer.stockline.drain()
        assert len(buyer.sources.asked) == 2

    def test_what_lets_us_in_is_for_an_address(self, buyer: Purchaser):
        answer = buyer.request("PUT", "/suppliers/north", json=FILE | {"url": None})
        assert (answer.status_code, "auth and pagination" in answer.json["error"]) == (400, True)


class TestPreview:
    """A file without its secret is tried with the one that is kept."""

    def preview(self, buyer: Purchaser, **changes: Any) -> Any:
        buyer.answers([("A", 1)])
        return buyer.request("POST", "/suppliers/preview", json={"file": FILE | changes})

    def test_the_kept_secret_lets_us_in(self, buyer: Purchaser):
        put(buyer)
        answer = self.preview(buyer, auth={"type": "apiKey", "header": "X-Key"})
        assert answer.status_code == 200
        assert buyer.sources.asked[-1][2] == {"value": "s3cret"}
        assert "s3cret" not in answer.text

    def test_a_new_one_goes_before_it_and_is_not_kept(self, buyer: Purchaser):
        put(buyer)
        self.preview(buyer, auth={"type": "apiKey", "header": "X-Key", "value": "new"})
        assert buyer.sources.asked[-1][2] == {"value": "new"}
        buyer.reads(("A", 1))
        assert buyer.sources.asked[-1][2] == {"value": "s3cret"}

    @pytest.mark.parametrize(
        "change",
        [
            {"url": "https://evil.example/north"},
            {"url": "http://stock.example/north"},
            {"url": "https://stock.example:8443/north"},
            {"code": "south"},
            {"auth": {"type": "apiKey", "query": "key"}},
        ],
    )
    def test_it_goes_nowhere_else(self, buyer: Purchaser, change):
        put(buyer)
        answer = self.preview(buyer, **{"auth": {"type": "apiKey", "header": "X-Key"}, **change})
        assert (answer.status_code, answer.json["details"][0]["field"]) == (400, "auth.value")
        assert buyer.sources.asked == []

    def test_another_tenant_has_none_of_it(self, buyer: Purchaser):
        put(buyer)
        other = open_purchaser(buyer.stockline.another())
        assert self.preview(other, auth={"type": "apiKey", "header": "X-Key"}).status_code == 400

    def test_without_an_address_a_payload_is_needed(self, buyer: Purchaser):
        file = FILE | {"url": None, "auth": {"type": "none"}}
        answer = buyer.request("POST", "/suppliers/preview", json={"file": file})
        assert (answer.status_code, "payload" in answer.json["error"]) == (400, True)
        pasted = {"file": file, "payload": '[{"sku": "A", "quantity": 3}]'}
        assert buyer.request("POST", "/suppliers/preview", json=pasted).json["rows"][0]["quantity"] == 3


class TestSkus:
    def test_thresholds_hold_at_once_and_go_by_the_supplier_again(self, buyer: Purchaser):
        put(buyer)
        buyer.reads(("A/1", 8), ("B", 8))
        changed = buyer.request("PATCH", "/suppliers/north/skus/A/1", json={"lowStockThreshold": 5}).json
        assert changed["listed"]["stockLevel"] == "in-stock"
        buyer.request("PATCH", "/suppliers/north", json={"lowStockThreshold": 2})
        levels = {one["sku"]: one["lowStockThreshold"] for one in self.skus(buyer)}
        assert levels == {"A/1": 5, "B": 2}
        buyer.request("PATCH", "/suppliers/north/skus/A/1", json={"lowStockThreshold": None})
        assert [one["lowStockThreshold"] for one in self.skus(buyer)] == [2, 2]

    def test_terms_of_a_sku_that_nobody_listed_yet_hold_once_it_is(self, buyer: Purchaser):
        put(buyer)
        terms = {"partNumber": "P", "packSize": 6, "lowStockThreshold": 50}
        assert buyer.request("PATCH", "/suppliers/north/skus/X", json=terms).json["listed"] is None
        buyer.reads(("X", 20))
        (sku,) = self.skus(buyer)
        assert (sku["partNumber"], sku["packSize"], sku["stockLevel"]) == ("P", 6, "low")

    def test_they_are_paged_by_name(self, buyer: Purchaser):
        put(buyer)
        buyer.reads(("b", 1), ("a", 1), ("ü", 1))
        first = buyer.request("GET", "/suppliers/north/skus?limit=2").json
        second = buyer.request("GET", f"/suppliers/north/skus?limit=2&cursor={first['nextCursor']}").json
        assert [one["sku"] for one in first["data"] + second["data"]] == ["a", "b", "ü"]

    @staticmethod
    def skus(buyer: Purchaser) -> list[dict[str, Any]]:
        return buyer.request("GET", "/suppliers/north/skus").json["data"]


class TestSupplierStock:
    def test_a_row_for_each_supplier_that_lists_the_part(self, buyer: Purchaser):
        buyer.stockline.own("A", "B")
        ids = {
            code: put(buyer, code=code, url=f"https://stock.example/{code}")["supplierId"] for code in "yx"
        }
        buyer.answers(fetched(rows({"sku": "A", "quantity": 12, "incoming": 5})), code="x")
        buyer.polled("x")
        buyer.reads(("A", 3), ("B", 1), code="y")
        buyer.order("1", A=4)
        found = buyer.stockline.get("/supplier-stock?partNumbers=A,nobody").json
        assert [one["supplierCode"] for one in found] == ["x", "y"]
        as_of = datetime.fromisoformat(found[0].pop("asOf"))
        assert datetime.now(UTC) - as_of < timedelta(seconds=20)
        assert found[0] == {
            "partNumber": "A",
            "supplierId": ids["x"],
            "supplierCode": "x",
            "sku": "A",
            "quantity": 12,
            "reserved": 4,
            "available": 8,
            "incoming": 5,
            "stockLevel": "low",
            "fresh": True,
        }

    def test_fresh_is_within_two_intervals(self, buyer: Purchaser):
        buyer.stockline.own("A", "B")
        put(buyer)
        old = {"sku": "B", "quantity": 1, "at": stamp(minutes=31)}
        buyer.answers(fetched(rows({"sku": "A", "quantity": 1, "at": stamp(minutes=29)}, old)))
        buyer.polled()
        found = buyer.stockline.get("/supplier-stock?partNumbers=A,B").json
        assert [one["fresh"] for one in found] == [True, False]

    def test_who_is_switched_off_lists_nothing(self, buyer: Purchaser):
        buyer.stockline.own("A")
        put(buyer)
        buyer.reads(("A", 1))
        buyer.request("PATCH", "/suppliers/north", json={"active": False})
        assert buyer.stockline.get("/supplier-stock?partNumbers=A").json == []


class TestInventory:
    @pytest.fixture
    def stocked(self, buyer: Purchaser) -> Purchaser:
        buyer.stockline.own("A", "C", stock=4)
        buyer.stockline.stock_feed({"partNumber": "A", "stock": 40})
        for code in ("x", "y"):
            put(buyer, code=code, url=f"https://stock.example/{code}")
        buyer.reads(("A", 12), ("zz", 0), code="x")
        buyer.reads(("A", 3), code="y")
        return buyer

    def lines(self, buyer: Purchaser, query: str = "") -> list[tuple[str, str, str]]:
        found = buyer.request("GET", f"/inventory?{query}").json["data"]
        return [(one["sku"], one["supplierCode"] or one["source"], one["stockLevel"]) for one in found]

    def test_own_stock_is_one_more_source(self, stocked: Purchaser):
        assert self.lines(stocked) == [
            ("A", "own", "in-stock"),
            ("A", "x", "in-stock"),
            ("A", "y", "low"),
            ("C", "own", "low"),
            ("zz", "x", "out"),
        ]

    @pytest.mark.parametrize("limit", [1, 2, 3])
    def test_pages_lose_and_repeat_nothing(self, stocked: Purchaser, limit):
        found, cursor = [], ""
        while cursor is not None:
            page = stocked.request("GET", f"/inventory?limit={limit}{cursor}").json
            found += [(one["sku"], one["supplierCode"]) for one in page["data"]]
            cursor = page["nextCursor"] and f"&cursor={page['nextCursor']}"
        assert found == [("A", None), ("A", "x"), ("A", "y"), ("C", None), ("zz", "x")]

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("level=low", [("A", "y"), ("C", "own")]),
            ("supplier=x", [("A", "x"), ("zz", "x")]),
            ("source=own", [("A", "own"), ("C", "own")]),
            ("source=supplier&level=out", [("zz", "x")]),
            ("q=Z", [("zz", "x")]),
            ("q=%25", []),
            ("fresh=false", [("C", "own")]),
        ],
    )
    def test_filters(self, stocked: Purchaser, query, expected):
        assert [line[:2] for line in self.lines(stocked, query)] == expected

    def test_the_gaps_are_what_nothing_fresh_is_known_of(self, stocked: Purchaser):
        put(stocked, code="never")
        stocked.stockline.sql(
            "UPDATE supplier SET confirmed_at = confirmed_at - interval '1 hour' WHERE code = 'x' AND tenant_id = %s",
            stocked.tenant_id,
        )
        assert [(one["supplierCode"], one["since"] is None) for one in self.gaps(stocked, "supplier")] == [
            ("never", True),
            ("x", False),
        ]
        assert [(one["supplierCode"], one["sku"]) for one in self.gaps(stocked, "sku")] == [
            ("x", "A"),
            ("x", "zz"),
        ]
        assert [(one["partNumber"], one["reason"]) for one in self.gaps(stocked, "part")] == [
            ("C", "no supplier lists it")
        ]

    @staticmethod
    def gaps(buyer: Purchaser, kind: str) -> list[dict[str, Any]]:
        first = buyer.request("GET", f"/inventory/gaps?kind={kind}&limit=1").json
        rest: list[dict[str, Any]] = []
        if first["nextCursor"]:
            path = f"/inventory/gaps?kind={kind}&cursor={first['nextCursor']}"
            rest = buyer.request("GET", path).json["data"]
        return first["data"] + rest
