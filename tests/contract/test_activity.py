"""Contract §3, GET /activity: when each surface last synced, and how it went."""

from datetime import UTC, datetime, timedelta

import pytest

from app.domain.tenancy.tenant import Scope
from tests.stockline import Stockline

SURFACES = ["stock-feed", "location-stock", "orders", "shopify-push", "shopify-webhook", "supplier-poll"]
ROWS = [{"partNumber": "A", "stock": 5}, {"partNumber": "B", "stock": 5}, {"partNumber": ""}]


def test_every_surface_is_there_in_its_order(stockline: Stockline):
    assert [one["surface"] for one in stockline.get("/activity").json["surfaces"]] == SURFACES


def test_one_never_used_has_nothing_to_tell(stockline: Stockline):
    assert stockline.activity("orders") == {
        "surface": "orders",
        "lastSyncAt": None,
        "lastResult": None,
        "calls24h": 0,
        "rows24h": 0,
        "errors24h": 0,
        "lastError": None,
        "silent": False,
    }


def test_a_successful_call_moves_it(stockline: Stockline):
    stockline.activate("A")
    before = datetime.now(UTC) - timedelta(seconds=5)
    stockline.send("stock-feed", ROWS)
    seen = stockline.activity("stock-feed")
    assert datetime.fromisoformat(seen["lastSyncAt"]) > before
    assert (seen["calls24h"], seen["rows24h"], seen["errors24h"]) == (1, 2, 0)
    assert (seen["lastError"], seen["silent"]) == (None, False)


def test_last_result_has_the_counters(stockline: Stockline):
    stockline.activate("A")
    result = stockline.send("stock-feed", ROWS)
    counters = {name: count for name, count in result.items() if isinstance(count, int)}
    assert stockline.activity("stock-feed")["lastResult"] == counters
    assert counters["received"] == 2


def test_each_call_counts(stockline: Stockline):
    for _ in range(3):
        stockline.send("stock-feed", ROWS)
    seen = stockline.activity("stock-feed")
    assert (seen["calls24h"], seen["rows24h"]) == (3, 6)


def test_a_later_call_replaces_the_result(stockline: Stockline):
    stockline.activate("A")
    stockline.send("stock-feed", ROWS)
    first = stockline.activity("stock-feed")
    stockline.send("stock-feed", ROWS[:1])
    second = stockline.activity("stock-feed")
    assert second["lastSyncAt"] > first["lastSyncAt"]
    assert second["lastResult"]["received"] == 1


def test_surfaces_are_counted_apart(stockline: Stockline):
    stockline.send("location-stock", [{"dealerId": stockline.dealer(), "partNumber": "A", "stock": 1}])
    assert stockline.activity("location-stock")["lastResult"]["updated"] == 1
    assert stockline.activity("stock-feed")["calls24h"] == 0


def test_prices_move_no_stock_surface(stockline: Stockline):
    stockline.send("price-feed", [{"partNumber": "A", "price": 1}])
    assert {one["calls24h"] for one in stockline.get("/activity").json["surfaces"]} == {0}


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"{", {}),
        (b"[]", {}),
        (b"x", {"Content_Encoding": "gzip"}),
        (b"[]", {"Content_Type": "text/csv"}),
        (b" " * 200_001, {}),
    ],
    ids=["no JSON", "no row", "no gzip", "no JSON type", "too large"],
)
def test_a_refused_call_is_an_error_and_no_sync(stockline: Stockline, body: bytes, headers: dict[str, str]):
    stockline.send("stock-feed", ROWS)
    before = stockline.activity("stock-feed")
    refusal = stockline.post("stock-feed", body, **headers)
    seen = stockline.activity("stock-feed")
    assert seen["lastError"]["error"] == refusal.json["error"]
    assert seen["lastError"]["at"] > before["lastSyncAt"]
    assert seen | {"errors24h": 0, "lastError": None} == before
    assert seen["errors24h"] == 1


def test_an_error_before_the_first_sync_is_shown(stockline: Stockline):
    stockline.post("stock-feed", b"{")
    seen = stockline.activity("stock-feed")
    assert (seen["lastSyncAt"], seen["lastResult"], seen["errors24h"]) == (None, None, 1)


def test_only_the_last_24_hours_are_counted(stockline: Stockline):
    stockline.send("stock-feed", ROWS)
    stockline.sql("UPDATE sync_activity_minute SET minute = minute - interval '23 h 58 min'")
    assert stockline.activity("stock-feed")["calls24h"] == 1
    stockline.sql("UPDATE sync_activity_minute SET minute = minute - interval '3 min'")
    seen = stockline.activity("stock-feed")
    assert (seen["calls24h"], seen["rows24h"]) == (0, 0)
    assert seen["lastResult"]["received"] == 2


def test_keeping_house_drops_no_minute_that_counts(stockline: Stockline):
    stockline.send("stock-feed", ROWS)
    stockline.container.housekeeping()
    assert stockline.activity("stock-feed")["calls24h"] == 1


def test_no_sync_for_longer_than_the_expected_interval_is_silent(stockline: Stockline):
    stockline.set(expected_interval_s=3600)
    stockline.send("stock-feed", ROWS)
    assert stockline.activity("stock-feed")["silent"] is False
    stockline.sql("UPDATE sync_activity SET last_sync_at = last_sync_at - interval '61 min'")
    assert stockline.activity("stock-feed")["silent"] is True


def test_a_refused_call_does_not_break_the_silence(stockline: Stockline):
    stockline.set(expected_interval_s=60)
    stockline.send("stock-feed", ROWS)
    stockline.sql("UPDATE sync_activity SET last_sync_at = last_sync_at - interval '2 min'")
    stockline.post("stock-feed", b"{")
    assert stockline.activity("stock-feed")["silent"] is True


def test_what_is_not_applied_moves_nothing(stockline: Stockline):
    stockline.activate("A", stock=1)
    stockline.set(shrink_guard_percent=0)
    stockline.dry_run("stock-feed", ROWS)
    feed_id = stockline.accept("stock-feed", [{"partNumber": "A", "stock": 0}])
    stockline.drain()
    assert stockline.feed(feed_id)["status"] == "held"
    assert stockline.activity("stock-feed")["lastSyncAt"] is None


def test_tenants_see_their_own(stockline: Stockline):
    stockline.send("stock-feed", ROWS)
    assert stockline.another().activity("stock-feed")["calls24h"] == 0


def test_it_needs_the_integrations_scope(stockline: Stockline):
    stockline.key = stockline.new_key(Scope.STOREFRONT)
    assert stockline.get("/activity").status_code == 403
