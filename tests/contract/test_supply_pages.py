"""The portal's pages of suppliers and stock, as their links and forms use them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import unescape
from typing import Any

import pytest
from sqlalchemy import event
from werkzeug.test import TestResponse

from app.bootstrap import Container
from app.domain.suppliers.source import SourceRefusedError
from tests.stockline import Stockline
from tests.suppliers import Purchaser, fetched, open_purchaser
from tests.visitor import Visitor, person

HTMX = {"HX_Request": "true"}
FORM = {
    "new": "1",
    "code": "north",
    "name": "North Sled",
    "way": "read",
    "url": "https://stock.example/north",
    "format": "json",
    "auth.type": "apiKey",
    "auth.place": "header",
    "auth.name": "X-Key",
    "auth.value": "s3cret",
    "items": "data.items",
    "fields.sku": "sku",
    "fields.quantity": "free",
    "words": "on request = 0\nplenty = 100",
    "whole": "on",
    "minutes": "1.5",
    "lowStockThreshold": "4",
    "dropGuardPercent": "50",
    "reorderMode": "task",
    "orderFormat": "csv",
    "orderEmail": "orders@north.example",
}
REPORT = '{"data": {"items": [{"sku": "A<b>", "free": "plenty"}, {"sku": "B", "free": "?"}]}}'


@pytest.fixture
def buyer(stockline: Stockline, build: Callable[..., Container]) -> Purchaser:
    return open_purchaser(stockline.over(build(secret_key="what-cookies-of-tests-are-signed-with")))


@pytest.fixture
def owner(buyer: Purchaser) -> Visitor:
    return person(buyer.stockline.application, buyer.tenant_id)


def shown(visitor: Visitor, path: str) -> str:
    answer = visitor.get(path)
    assert answer.status_code == 200, answer.text
    return unescape(answer.text)


@contextmanager
def asked_of(container: Container) -> Iterator[list[str]]:
    """The statements that PostgreSQL is asked meanwhile."""
    engine, asked = container.unit_of_work.engine, []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)


def done(answer: TestResponse) -> str:
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


class TestDescribing:
    def test_a_form_is_the_file_that_it_describes(self, buyer: Purchaser, owner: Visitor):
        path = done(owner.post("/portal/suppliers", FORM))

        kept = buyer.desk.get(buyer.tenant_id, "north")
        assert path == f"/portal/suppliers/{kept.id}"
        assert (kept.interval_s, kept.low_stock_threshold, kept.reorder_mode) == (90, 4, "task")
        assert kept.source.words == {"on request": 0, "plenty": 100}
        assert (kept.source.items, dict(kept.source.fields)) == (
            "data.items",
            {"sku": "sku", "quantity": "free"},
        )

    def test_what_is_kept_comes_back_as_it_was_typed_but_the_secret(self, buyer: Purchaser, owner: Visitor):
        edit = f"{done(owner.post('/portal/suppliers', FORM))}/edit"
        page = shown(owner, edit)

        assert "s3cret" not in page
        for typed in ('value="X-Key"', 'value="1.5"', "plenty = 100", 'value="orders@north.example"'):
            assert typed in page

    def test_an_empty_secret_stays_for_the_same_address_only(self, buyer: Purchaser, owner: Visitor):
        done(owner.post("/portal/suppliers", FORM))
        again = {name: value for name, value in FORM.items() if name not in {"new", "auth.value"}}
        done(owner.post("/portal/suppliers", again | {"name": "Other"}))
        elsewhere = owner.post("/portal/suppliers", again | {"url": "https://evil.example/north"}, **HTMX)

        assert buyer.desk.get(buyer.tenant_id, "north").name == "Other"
        assert (elsewhere.status_code, elsewhere.headers["HX-Retarget"]) == (400, "#notices")
        assert "auth.value" in elsewhere.text

    @pytest.mark.parametrize("where", [{"orderUrl": "https://evil.example/o"}, {"orderEmail": None}])
    def test_where_orders_go_is_an_owners_to_say_by_route_as_by_form(
        self, buyer: Purchaser, owner: Visitor, where: dict[str, str | None]
    ):
        done(owner.post("/portal/suppliers", FORM))
        operator = person(owner.application, buyer.tenant_id, "operator")

        def change(by: Visitor, body: dict[str, str | None]) -> int:
            return by.json("PATCH", "/api/app/suppliers/north", body).status_code

        assert change(operator, {"name": "N"} | where) == 403
        assert buyer.desk.get(buyer.tenant_id, "north").name == "North Sled"
        assert (change(operator, {"name": "N"}), change(owner, where)) == (200, 200)

    def test_what_is_new_changes_nobody(self, buyer: Purchaser, owner: Visitor):
        buyer.supplier("north", name="Kept")
        answer = owner.post("/portal/suppliers", FORM)

        assert (answer.status_code, buyer.desk.get(buyer.tenant_id, "north").name) == (409, "Kept")

    @pytest.mark.parametrize(
        ("field", "typed", "told"),
        [
            ("minutes", "soon", "Read every"),
            ("code", "a\0", "code"),
            ("words", "plenty", "Words"),
            ("url", "", "Address"),
        ],
    )
    def test_what_cannot_be_read_is_told_by_the_fields_name(
        self, owner: Visitor, field: str, typed: str, told: str
    ):
        answer = owner.post("/portal/suppliers", FORM | {field: typed}, **HTMX)
        assert (answer.status_code, told in answer.text) == (400, True)

    def test_a_supplier_that_sends_has_neither_address_nor_secret(self, buyer: Purchaser, owner: Visitor):
        done(owner.post("/portal/suppliers", FORM | {"way": "send"}))
        kept = buyer.desk.get(buyer.tenant_id, "north")
        assert (kept.source.url, kept.secrets) == ("", None)


class TestPreview:
    def preview(self, owner: Visitor, query: str = "", **form: str) -> TestResponse:
        return owner.post(f"/portal/suppliers/preview{query}", FORM | form, **HTMX)

    def test_a_pasted_report_is_shown_as_it_would_be_read_and_nothing_is_kept(
        self, buyer: Purchaser, owner: Visitor
    ):
        page = self.preview(owner, "?live=1", payload=REPORT).text

        assert "A&lt;b&gt;" in page
        assert '<td class="number">100</td>' in page
        assert "B: the quantity &#39;?&#39; is no number" in page
        assert buyer.desk.list(buyer.tenant_id, 10) == []

    def test_the_source_is_asked_only_when_somebody_says_so(self, buyer: Purchaser, owner: Visitor):
        buyer.answers(fetched(REPORT.encode()))
        quiet = self.preview(owner, "?live=1")
        assert (quiet.status_code, buyer.sources.asked) == (204, [])

        asked = self.preview(owner, **{"try": "source"})

        assert "The source answered" in asked.text
        assert buyer.sources.asked == [("north", None, {"value": "s3cret"})]

    def test_what_is_wrong_is_told_where_the_preview_would_be(self, buyer: Purchaser, owner: Visitor):
        buyer.answers(SourceRefusedError("unauthorized", "the source says <b>401</b>", status=401))
        refused = self.preview(owner, **{"try": "source"})
        wrong = self.preview(owner, payload=REPORT, items="a[?b]", code="*")

        assert (refused.status_code, "&lt;b&gt;401" in refused.text) == (200, True)
        assert (wrong.status_code, "code:" in wrong.text, "items:" in wrong.text) == (200, True, True)

    def test_without_script_the_form_comes_back_with_the_preview(self, owner: Visitor):
        page = owner.post("/portal/suppliers/preview", FORM | {"payload": REPORT}).text
        assert "As it would be read" in page
        assert 'value="North Sled"' in page
        assert "s3cret" not in page


class TestLookingAfter:
    def test_a_held_report_is_in_plain_sight_until_somebody_decides(self, buyer: Purchaser, owner: Visitor):
        north = buyer.supplier()
        buyer.reads(*((f"S{number}", 5) for number in range(10)))
        held = buyer.reads(("S0", 5))
        listed = shown(owner, "/portal/suppliers")
        assert "a report waits for you" in listed
        assert "S0" in shown(owner, f"/portal/suppliers/{north}/polls/{held['id']}")

        done(owner.post(f"/portal/suppliers/{north}/polls/{held['id']}/release"))
        buyer.stockline.drain()

        assert buyer.stands() == {"S0": 5}
        assert "a report waits for you" not in shown(owner, "/portal/suppliers")
        again = owner.post(f"/portal/suppliers/{north}/polls/{held['id']}/discard")
        assert again.status_code == 409

    def test_what_several_suppliers_hold_back_is_read_in_as_few_questions_as_what_one_does(
        self, buyer: Purchaser, owner: Visitor
    ):
        def held_by(*codes: str) -> int:
            for code in codes:
                buyer.supplier(code)
                for stock in ([(f"{code}-{n}", 5) for n in range(10)], [(f"{code}-0", 5)]):
                    buyer.reads(*stock, code=code)
            with asked_of(buyer.stockline.container) as statements:
                page = shown(owner, "/portal/suppliers")
            assert all(f"The {code}: a report waits" in page for code in codes)
            return sum("supplier_poll" in one for one in statements)

        assert held_by("north") == held_by("s1", "s2", "s3") > 0

    def test_a_viewer_sees_where_it_is_read_but_for_what_may_be_a_key(self, buyer: Purchaser, owner: Visitor):
        keyed = {"url": "https://stock.example/n?key=s3cret", "orderUrl": "https://orders.example/o?k=s3cret"}
        north = buyer.supplier(**keyed)
        told = {}
        for role in ("viewer", "operator", "owner"):
            visitor = person(buyer.stockline.application, buyer.tenant_id, role)
            routes = [visitor.get(f"/api/app/suppliers{one}").text for one in ("", f"/{north}")]
            if role != "viewer":
                path = f"/api/app/suppliers/{north}"
                routes.append(visitor.json("PATCH", path, {"lowStockThreshold": 3}).text)
                routes.append(visitor.json("POST", f"{path}/poll").text)
            pages = [
                visitor.get(f"/portal/suppliers{one}").text for one in ("", f"/{north}", f"/{north}/state")
            ]
            assert "https://stock.example/n" in pages[1]
            told[role] = "s3cret" in "".join(routes + pages)
        assert told == {"viewer": False, "operator": False, "owner": True}
        by_key = buyer.stockline.application.test_client().get(
            f"/api/app/suppliers/{north}", headers={"X-API-Key": buyer.stockline.key}
        )
        assert by_key.json["source"]["url"] == keyed["url"]

    def test_a_held_report_is_read_to_whoever_decides_and_is_gone_afterwards(
        self, buyer: Purchaser, owner: Visitor
    ):
        north = buyer.supplier()
        buyer.reads(*((f"S{number}", 5) for number in range(10)))
        held = buyer.reads(("S0", 4))
        path = f"/api/app/suppliers/{north}/polls/{held['id']}/held"

        told = owner.json("GET", path).json
        assert [(row["sku"], row["quantity"]) for row in told["rows"]] == [("S0", 4)]
        assert told["beginning"] == '[{"sku": "S0", "quantity": 4}]'
        stranger = person(buyer.stockline.application, buyer.stockline.another().tenant_id)
        assert stranger.json("GET", path).status_code == 404

        buyer.stockline.sql(
            """UPDATE supplier SET source = source || '{"items": "rows"}' WHERE id = %s""", north
        )
        unread = shown(owner, f"/portal/suppliers/{north}/polls/{held['id']}")
        assert ("Let it through" in unread, "notice error" in unread) == (True, True)
        buyer.desk.discard(buyer.tenant_id, north, held["id"])
        assert owner.json("GET", path).status_code == 409

    def test_the_state_moves_while_a_reading_is_awaited_and_rests_afterwards(
        self, buyer: Purchaser, owner: Visitor
    ):
        north = buyer.supplier()
        buyer.reads(("A", 5))
        rests = shown(owner, f"/portal/suppliers/{north}/state")
        done(owner.post(f"/portal/suppliers/{north}/poll"))
        moves = shown(owner, f"/portal/suppliers/{north}/state")

        assert ('hx-trigger="every 30s"' in rests, 'hx-trigger="every 2s"' in moves) == (True, True)
        assert "<html" not in moves

    def test_thresholds_change_alone_and_empty_ones_are_none(self, buyer: Purchaser, owner: Visitor):
        north = buyer.supplier(reorderPoint=3, targetStock=9)
        settings = {
            "name": "N",
            "minutes": "20",
            "low_stock_threshold": "7",
            "reorder_point": "",
            "target_stock": "",
            "drop_guard_percent": "30",
        }
        done(owner.post(f"/portal/suppliers/{north}/settings", settings))

        kept = buyer.desk.get(buyer.tenant_id, north)
        assert (kept.name, kept.interval_s, kept.low_stock_threshold) == ("N", 1200, 7)
        assert (kept.reorder_point, kept.target_stock, kept.active) == (None, None, False)

    def test_a_sku_is_told_what_it_is_and_what_is_left_empty_stays(self, buyer: Purchaser, owner: Visitor):
        north = buyer.supplier()
        buyer.reads(("A/1", 5))
        buyer.stockline.activate("P-1")
        skus = f"/portal/suppliers/{north}/skus"

        done(owner.post(skus, {"sku": "A/1", "part_number": "P-1", "low_stock_threshold": "9"}))
        done(
            owner.post(skus, {"sku": "A/1", "part_number": "P-1", "part_number_was": "P-1", "pack_size": "6"})
        )

        row = buyer.skus()["A/1"]
        assert (row["part_number"], row["low_stock_threshold"], row["pack_size"]) == ("P-1", 9, 6)
        done(owner.post(skus, {"sku": "A/1", "part_number_was": "P-1", "reset": "on"}))
        row = buyer.skus()["A/1"]
        assert (row["part_number"], row["low_stock_threshold"], row["pack_size"]) == (None, 10, 1)


class TestReliability:
    def test_days_are_told_and_drawn_with_words_for_those_who_see_no_chart(
        self, buyer: Purchaser, owner: Visitor
    ):
        north = buyer.supplier()
        buyer.stockline.sql(
            "INSERT INTO supplier_day (supplier_id, day, tenant_id, polls, answered, latency_s, delay_s, delays,"
            " stock_outs, shrinks, listed) SELECT %s, (now() AT TIME ZONE 'UTC')::date - d, %s, 96, 96 - d, 96, 5760, 96, d, d / 2, 10"
            " FROM generate_series(0, 3) d",
            north,
            buyer.tenant_id,
        )
        told = owner.json("GET", f"/api/app/suppliers/{north}/reliability/days?days=7").json["data"]
        page = shown(owner, f"/portal/suppliers/{north}/reliability?days=7")

        assert [one["stockOuts"] for one in told] == [3, 2, 1, 0]
        assert told[0]["successRate"] == 93 / 96
        assert page.count("<svg") == 5
        assert 'aria-label="SKUs that ran out: 4 of 7 days known; mean 1.5, least 0' in page

    def test_nobody_elses_days_are_told(self, buyer: Purchaser, owner: Visitor):
        north = buyer.supplier()
        other = buyer.stockline.another()
        stranger = person(buyer.stockline.application, other.tenant_id)
        for path in (f"/portal/suppliers/{north}", f"/portal/suppliers/{north}/reliability"):
            assert stranger.get(path).status_code == 404
        days = stranger.json("GET", f"/api/app/suppliers/{north}/reliability/days")
        assert (days.status_code, days.json["code"]) == (404, "not_found")


class TestInventory:
    def test_all_stock_is_in_one_list_and_filters_stay_in_the_pages_address(
        self, buyer: Purchaser, owner: Visitor
    ):
        buyer.supplier()
        buyer.reads(("A", 5), ("B", 0), ("C", 50))
        buyer.stockline.own("A", stock=3)

        page = shown(owner, "/portal/inventory")
        low = shown(owner, "/portal/inventory?level=low&q=&source=supplier&limit=1")
        assert ("own stock" in page, "in stock" in page, "out" in page) == (True, True, True)
        assert ('sku=A"' in low, 'sku=C"' in low) == (True, False)
        first = shown(owner, "/portal/inventory?source=supplier&limit=1")
        assert "source=supplier&limit=1&cursor=" in first

    def test_what_is_not_known_is_listed_by_supplier_sku_and_part(self, buyer: Purchaser, owner: Visitor):
        buyer.supplier()
        buyer.reads(("A", 5))
        buyer.stockline.own("LONELY")
        buyer.stockline.sql(
            "UPDATE supplier SET confirmed_at = now() - interval '3 days', created_at = now() - interval '9 days'"
        )

        assert "3 d ago" in shown(owner, "/portal/inventory/gaps?kind=sku")
        assert "LONELY" in shown(owner, "/portal/inventory/gaps?kind=part")
        assert "north" in shown(owner, "/portal/inventory/gaps")

    def test_beside_each_sku_stands_how_long_it_lasts(self, buyer: Purchaser, owner: Visitor):
        north = buyer.supplier()
        buyer.reads(("A", 100))
        buyer.stockline.sql(
            "UPDATE supplier_stock SET created_at = now() - interval '60 days' WHERE supplier_id = %s", north
        )
        buyer.stockline.sql(
            "INSERT INTO supplier_stock_change (tenant_id, stock_id, supplier_id, level, available_before, available,"
            " quantity, shortage, at) SELECT tenant_id, id, supplier_id, level, 100 + 2 * d, 98 + 2 * d, 100, 0,"
            " date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' + interval '12 h' - make_interval(days => d)"
            " FROM supplier_stock, generate_series(1, 59) d WHERE supplier_id = %s",
            north,
        )
        assert "50 d<br>" in shown(owner, "/portal/inventory")

    def test_how_long_stock_lasts_says_so_where_nothing_is_known(self, buyer: Purchaser, owner: Visitor):
        buyer.supplier()
        buyer.reads(("A", 5))
        assert "not known yet" in shown(owner, "/portal/inventory/forecast")
