"""The portal's pages of feeds without a browser: what only their answers show."""

import csv
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.bootstrap import Container
from tests.stockline import Stockline
from tests.visitor import Visitor, person


@pytest.fixture
def shop(stockline: Stockline, build: Callable[..., Container]) -> Stockline:
    stockline.activate("A")
    return stockline.over(build(secret_key="what-cookies-of-tests-are-signed-with"))


@pytest.fixture
def operator(shop: Stockline) -> Visitor:
    return person(shop.application, shop.tenant_id, "operator")


def hold(shop: Stockline, *rows: dict[str, Any]) -> str:
    """A feed that waits for a person: without rows, one that empties A."""
    shop.send("stock-feed", [{"partNumber": "A", "stock": 5}])
    shop.set(shrink_guard_percent=1)
    feed_id = shop.accept("stock-feed", rows or [{"partNumber": "A", "stock": 0}])
    shop.drain()
    assert shop.feed(feed_id)["status"] == "held"
    return feed_id


def test_a_file_has_every_row_of_many_pages_in_payload_order(shop: Stockline, operator: Visitor):
    feed_id = shop.send(
        "stock-feed", [{"partNumber": f"N{number}", "stock": number} for number in range(200)]
    )["feedId"]

    lines = operator.get(f"/portal/feeds/{feed_id}/rows.ndjson")
    table = operator.get(f"/portal/feeds/{feed_id}/rows.csv?outcome=notFound")

    assert [json.loads(line)["index"] for line in lines.text.splitlines()] == list(range(200))
    rows = list(csv.DictReader(table.data.decode("utf-8-sig").splitlines()))
    assert [row["stock"] for row in rows] == [str(number) for number in range(200)]
    assert lines.headers["Content-Disposition"] == f'attachment; filename="feed-{feed_id}.ndjson"'
    assert (lines.mimetype, table.mimetype) == ("application/x-ndjson", "text/csv")


def test_a_table_has_malformed_rows_as_they_came_and_prices_by_their_columns(
    shop: Stockline, operator: Visitor
):
    feed_id = shop.send(
        "price-feed",
        [{"partNumber": "A", "price": "1.50", "costPrice": None}, {"partNumber": ["@x"], "price": {"a": 1}}],
    )["feedId"]

    text = operator.get(f"/portal/feeds/{feed_id}/rows.csv").data.decode("utf-8-sig")

    good, bad = csv.DictReader(text.splitlines())
    assert (good["price"], good["compareAtPrice"], good["costPrice"], good["outcome"]) == (
        "1.50",
        "",
        "",
        "changed",
    )
    assert (bad["outcome"], bad["index"]) == ("rejected", "1")


def test_the_live_piece_asks_again_until_the_feed_is_settled_and_then_tells_the_page(
    shop: Stockline, operator: Visitor
):
    feed_id = shop.accept("stock-feed", [{"partNumber": "A", "stock": 1}])

    before = operator.get(f"/portal/feeds/{feed_id}/live")
    shop.drain()
    after = operator.get(f"/portal/feeds/{feed_id}/live")

    assert 'hx-trigger="every 1s"' in before.text
    assert "HX-Trigger" not in before.headers
    assert "hx-trigger" not in after.text
    assert after.headers["HX-Trigger"] == "settled"
    assert "<html" not in before.text + after.text


def test_nothing_is_shown_or_decided_of_another_companys_feeds(shop: Stockline, operator: Visitor):
    theirs = shop.another().accept("stock-feed", [{"partNumber": "secret", "stock": 1}])

    for path in ("", "/live", "/rows.csv", "/rows.ndjson"):
        answer = operator.get(f"/portal/feeds/{theirs}{path}")
        assert (answer.status_code, "secret" in answer.text) == (404, False)
    for verb in ("release", "discard", "replay"):
        assert operator.post(f"/portal/feeds/{theirs}/{verb}").status_code == 404
    assert theirs not in operator.get("/portal/feeds").text
    assert theirs not in operator.get("/portal/live").text


def test_a_viewer_is_refused_whatever_they_post(shop: Stockline):
    feed_id = shop.send("stock-feed", [{"partNumber": "X", "stock": 1}])["feedId"]
    viewer = person(shop.application, shop.tenant_id, "viewer")
    forms = {
        **{f"{feed_id}/{verb}": {} for verb in ("release", "discard", "replay")},
        **{f"not-found/{verb}": {"partNumber": "X"} for verb in ("dismiss", "restore")},
        "not-found/alias": {"alias": "X", "partNumber": "A"},
        "aliases": {"alias": "X", "partNumber": "A"},
        "aliases/remove": {"alias": "X"},
    }

    for path, form in forms.items():
        assert viewer.post(f"/portal/feeds/{path}", form).status_code == 403
    assert viewer.get("/portal/feeds/not-found/alias?alias=X").status_code == 403
    assert shop.count("tenant_sku_alias") == 0


def test_a_decision_that_came_too_late_says_so_and_changes_nothing(shop: Stockline, operator: Visitor):
    feed_id = shop.send("stock-feed", [{"partNumber": "A", "stock": 1}])["feedId"]

    answer = operator.post(f"/portal/feeds/{feed_id}/discard", HX_Request="true")

    assert answer.status_code == 409
    assert "only a held feed can be discarded" in answer.text
    assert answer.headers["HX-Retarget"] == "#notices"


@pytest.mark.parametrize(
    ("verb", "decision", "said"), [("release", "released", "Released"), ("discard", "discarded", "Discarded")]
)
def test_who_decided_about_a_held_feed_and_when_is_kept_and_shown(
    shop: Stockline, operator: Visitor, verb: str, decision: str, said: str
):
    feed_id = hold(shop)
    assert operator.json("GET", f"/api/app/feeds/{feed_id}").json["decisions"] == []

    before = datetime.now(UTC)
    operator.post(f"/portal/feeds/{feed_id}/{verb}")

    [told] = operator.json("GET", f"/api/app/feeds/{feed_id}").json["decisions"]
    assert (told["decision"], told["decidedBy"]) == (decision, "operator@example.com")
    assert abs(datetime.fromisoformat(told["decidedAt"]) - before) < timedelta(minutes=5)
    page = operator.get(f"/portal/feeds/{feed_id}").text
    assert (f"<dt>{said}</dt>" in page, "by operator@example.com" in page) == (True, True)


def test_a_keys_decision_and_each_replay_are_kept_with_their_names_the_newest_first(
    shop: Stockline, operator: Visitor
):
    feed_id = hold(shop)
    shop.request("POST", f"/feeds/{feed_id}/release")
    for decide in (
        lambda: operator.json("POST", f"/api/app/feeds/{feed_id}/replay"),
        lambda: shop.container.dead_letters.replay([UUID(feed_id)]),
    ):
        shop.sql("UPDATE feed SET status = 'failed', error = 'broken' WHERE id = %s", feed_id)
        shop.sql("UPDATE dispatch SET state = 'dead' WHERE id = %s", feed_id)
        decide()

    told = operator.json("GET", f"/api/app/feeds/{feed_id}").json["decisions"]

    assert [one["decision"] for one in told] == ["replayed", "replayed", "released"]
    assert [one["decidedBy"] for one in told[:2]] == ["the platform's operator", "operator@example.com"]
    assert told[2]["decidedBy"].startswith("key ")
    page = operator.get(f"/portal/feeds/{feed_id}").text
    assert ("by key " in page, f"by {told[2]['decidedBy']}" in page) == (True, False)


def test_a_decision_that_was_refused_is_not_kept(shop: Stockline, operator: Visitor):
    feed_id = shop.send("stock-feed", [{"partNumber": "A", "stock": 1}])["feedId"]

    for verb in ("release", "discard", "replay"):
        assert operator.post(f"/portal/feeds/{feed_id}/{verb}").status_code == 409

    assert operator.json("GET", f"/api/app/feeds/{feed_id}").json["decisions"] == []


def test_a_discarded_dead_letter_is_not_offered_for_replay(shop: Stockline, operator: Visitor):
    feed_id = shop.accept("stock-feed", [{"partNumber": "A", "stock": 1}])
    shop.sql("UPDATE feed SET status = 'failed', error = 'broken' WHERE id = %s", feed_id)
    shop.sql("UPDATE dispatch SET state = 'dead' WHERE id = %s", feed_id)
    assert "Try it again" in operator.get(f"/portal/feeds/{feed_id}").text

    shop.sql("DELETE FROM dispatch WHERE id = %s", feed_id)

    page = operator.get(f"/portal/feeds/{feed_id}").text
    assert "Try it again" not in page
    assert "put away by those who run the platform" in page


def test_without_script_an_alias_is_said_on_a_page_of_its_own(shop: Stockline, operator: Visitor):
    shop.send("stock-feed", [{"partNumber": "a-1", "stock": 1}])
    path = "/portal/feeds/not-found/alias"

    page, piece = operator.get(f"{path}?alias=a-1"), operator.get(f"{path}?alias=a-1", HX_Request="true")
    done = operator.post(path, {"alias": "a-1", "partNumber": " A "})

    assert ("<html" in page.text, "<html" in piece.text) == (True, False)
    assert (done.status_code, done.location) == (303, "/portal/feeds/not-found")
    assert shop.send("stock-feed", [{"partNumber": "a-1", "stock": 3}])["resolvedViaAlias"] == 1


@pytest.mark.parametrize(
    "query", ["?status=no", "?since=yesterday", "?cursor=no", "/not-found?order=no", "/not-found?cursor=no"]
)
def test_a_filter_that_is_none_is_told_in_a_sentence(operator: Visitor, query: str):
    assert operator.get(f"/portal/feeds{query}").status_code == 400


def test_the_overview_asks_again_and_counts_a_company_alone(shop: Stockline, operator: Visitor):
    shop.another().send("stock-feed", [{"partNumber": "X", "stock": 1}])

    piece = operator.get("/portal/live").text

    assert 'hx-trigger="every 4s"' in piece
    assert "Nothing has come in yet" in piece


def test_the_overview_shows_a_push_under_way_and_what_of_others_work_failed(
    shop: Stockline, operator: Visitor
):
    shop.sql(
        "INSERT INTO push (tenant_id, status, total, succeeded, failed, requested_by, reason_code, reason)"
        " VALUES (%s, 'paused', 12, 3, 1, 'anna', 'missing_scope', %s)",
        shop.tenant_id,
        "<b>write_products</b> is missing",
    )
    shop.sql(
        "INSERT INTO dispatch (id, actor, tenant_id, lane, seq, state, ring_after)"
        " VALUES (uuidv7(), 'webhooks.handle', %s, 'x', 1, 'dead', now())",
        shop.tenant_id,
    )

    piece = operator.get("/portal/live").text

    assert "4 of 12 done, 1 failed" in piece
    assert "&lt;b&gt;write_products&lt;/b&gt; is missing" in piece
    assert "Shopify webhooks: those who run the platform replay these" in piece
    assert "Nothing has come in yet" not in piece

    shop.sql("UPDATE push SET status = 'cancelled', finished_at = now() WHERE tenant_id = %s", shop.tenant_id)

    assert "12 done" not in operator.get("/portal/live").text


def test_days_that_no_calendar_has_are_told_to_be_none(operator: Visitor):
    for day in ("9999-12-31", "2026-02-30", "tomorrow"):
        assert operator.get(f"/portal/feeds?until={day}").status_code == 400, day


@pytest.mark.parametrize(
    "path",
    [
        "/portal/feeds?surface=%00",
        "/portal/feeds/not-found/alias?alias=%00&q=x",
        "/portal/orders/one?channel=%00&orderId=1",
        "/api/app/feeds?surface=%00",
    ],
)
def test_a_text_that_cannot_be_kept_is_no_defect_of_ours(operator: Visitor, path: str):
    assert operator.get(path).status_code in {400, 404}
