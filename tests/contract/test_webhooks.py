"""What a shop tells by itself: whose word is taken, how often, and what becomes of it."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.shop.event import is_signed
from tests.merchant import SETTINGS, Merchant, level, open_merchant, signature
from tests.shops import SECRET
from tests.stockline import Stockline, stamp


@pytest.fixture
def merchant(stockline: Stockline, build) -> Merchant:
    opened = open_merchant(stockline, build(**SETTINGS))
    opened.connect()
    return opened


class TestWhoseWordIsTaken:
    def test_the_shops_own(self, merchant: Merchant):
        told = merchant.tell("inventory_levels/update", level(1, 3))
        assert (told.status_code, told.json) == (200, {"received": True})

    @pytest.mark.parametrize("header", [None, "", "x", "Zm9yZ2Vk", "ä", signature("another", b"{}")])
    def test_no_other(self, merchant: Merchant, header: str | None):
        told = merchant.tell("orders/create", b"{}", X_Shopify_Hmac_Sha256=header)
        assert (told.status_code, told.json["code"]) == (401, "invalid_signature")
        assert "X-Shopify-Hmac-Sha256" in told.headers["WWW-Authenticate"]
        assert merchant.outcomes() == []

    def test_a_body_that_was_changed_on_its_way_is_not_its_word(self, merchant: Merchant):
        signed = signature(SECRET, b'{"id": 1}')
        assert merchant.tell("orders/create", b'{"id":1}', X_Shopify_Hmac_Sha256=signed).status_code == 401

    @pytest.mark.parametrize("shop", ["south.myshopify.com", "", None])
    def test_another_shop_with_the_same_app_is_another(self, merchant: Merchant, shop: str | None):
        assert merchant.tell("orders/create", {}, X_Shopify_Shop_Domain=shop).status_code == 401

    def test_of_a_deactivated_tenants_shop_nothing_is_kept_and_it_goes_on_telling(self, merchant: Merchant):
        merchant.stockline.set(active=False)
        told = merchant.tell("inventory_levels/update", level(1, 3))
        assert (told.status_code, merchant.outcomes(), merchant.stockline.count("dispatch")) == (200, [], 0)
        merchant.stockline.set(active=True)
        assert merchant.tell("inventory_levels/update", level(1, 3)).status_code == 200
        assert len(merchant.outcomes()) == 1

    def test_nobody_is_behind_an_unknown_address(self, merchant: Merchant):
        told = merchant.tell("orders/create", {}, to=uuid4())
        assert (told.status_code, told.json["code"]) == (404, "not_found")

    def test_after_a_reconnect_both_secrets_sign_for_an_hour(self, merchant: Merchant):
        merchant.connect(secret="another")
        for secret in (SECRET, "another"):
            assert merchant.tell("orders/create", {}, secret=secret).status_code == 200
        merchant.stockline.sql("UPDATE shopify_connection SET old_secret_until = now()")
        assert merchant.tell("orders/create", {}, secret=SECRET).status_code == 401
        assert merchant.tell("orders/create", {}, secret="another").status_code == 200

    def test_a_megabyte_is_read_and_no_more(self, merchant: Merchant):
        assert merchant.tell("orders/create", b" " * 1024 * 1024).status_code == 200
        assert merchant.tell("orders/create", b" " * (1024 * 1024 + 1)).status_code == 413

    def test_while_postgresql_is_away_the_shop_is_told_to_come_again(self, merchant: Merchant, build):
        away = build(**SETTINGS, database_url="postgresql://app:a@127.0.0.1:1/none")
        connection_id = merchant.connection_id
        told = Merchant(merchant.stockline.over(away), merchant.desk).tell(
            "orders/create", {}, to=connection_id
        )
        assert (told.status_code, told.json["code"]) == (503, "database_unavailable")

    def test_so_it_is_while_the_keys_are_missing(self, merchant: Merchant, build):
        locked = build(**SETTINGS | {"encryption_keys": ""})
        told = Merchant(merchant.stockline.over(locked), merchant.desk).tell("orders/create", {})
        assert (told.status_code, told.json["code"]) == (503, "encryption_unavailable")
        assert "Retry-After" in told.headers

    @settings(max_examples=2_000, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        body=st.binary(max_size=40),
        secrets=st.lists(st.text("abc123", min_size=1, max_size=4), min_size=1, max_size=2),
        other=st.text("xyz789", max_size=4),
        at=st.integers(0, 43),
    )
    def test_no_forgery_is_taken_and_each_secret_is(self, body, secrets, other, at):
        assert all(is_signed(body, signature(one, body), secrets) for one in secrets)
        right = signature(secrets[0], body)
        forgeries = [
            signature(other, body),
            signature(secrets[0], body + b" "),
            right[:at],
            right[:at] + ("A" if right[at] != "A" else "B") + right[at + 1 :],
        ]
        assert not any(is_signed(body, one, secrets) for one in forgeries)


class TestOnce:
    def test_the_same_event_again_is_taken_and_done_once(self, merchant: Merchant):
        merchant.mapped("A", 1)
        for _ in range(3):
            merchant.counted(1, 3, X_Shopify_Event_Id="e", X_Shopify_Webhook_Id=str(uuid4()))
        seen = merchant.stockline.activity("shopify-webhook")
        assert (merchant.outcomes(), seen["calls24h"], seen["rows24h"]) == (["fed"], 1, 1)

    def test_without_an_events_id_the_deliverys_tells(self, merchant: Merchant):
        for _ in range(2):
            merchant.tell("orders/create", {}, X_Shopify_Event_Id=None, X_Shopify_Webhook_Id="w")
        assert len(merchant.outcomes()) == 1

    def test_without_any_the_topic_and_the_body_tell(self, merchant: Merchant):
        none = {"X_Shopify_Event_Id": None, "X_Shopify_Webhook_Id": None}
        for topic, body in [("orders/create", {"id": 1}), ("orders/create", {"id": 1}), ("orders/create", {"id": 2}),
                            ("orders/cancelled", {"id": 1})]:  # fmt: skip
            assert merchant.tell(topic, body, **none).status_code == 200
        assert len(merchant.outcomes()) == 3

    def test_two_shops_may_use_the_same_id(self, merchant: Merchant, stockline: Stockline, build):
        other = open_merchant(stockline.another(), build(**SETTINGS))
        other.connect()
        for one in (merchant, other):
            one.tell("orders/create", {}, X_Shopify_Event_Id="e")
            assert len(one.outcomes()) == 1

    def test_a_topic_that_nobody_listens_to_is_taken_and_forgotten(self, merchant: Merchant):
        assert merchant.tell("carts/update", {}).status_code == 200
        assert merchant.outcomes() == []

    def test_what_is_kept_is_dropped_after_seven_days(self, merchant: Merchant):
        for _ in range(2):
            merchant.tell("orders/create", {})
        merchant.stockline.sql(
            "UPDATE webhook_event SET received_at = received_at - interval '7 days 1 min' WHERE id ="
            " (SELECT min(id::text)::uuid FROM webhook_event WHERE tenant_id = %s)",
            merchant.stockline.tenant_id,
        )
        merchant.stockline.container.housekeeping()
        assert len(merchant.outcomes()) == 1


class TestStock:
    def test_what_is_counted_in_the_shop_stands(self, merchant: Merchant):
        merchant.mapped("A", 1, stock=9)
        merchant.counted(1, 3)
        assert merchant.stockline.stock() == {"A": 3}

    def test_it_is_seen_apart_from_stock_feeds_with_their_counters(self, merchant: Merchant):
        merchant.mapped("A", 1, stock=9)
        merchant.counted(1, 3)
        seen = merchant.stockline.activity("shopify-webhook")
        assert seen["lastResult"] == {
            "received": 1, "updated": 1, "resolvedViaAlias": 0, "echoSkipped": 0, "notFound": 0, "changed": 1,
            "duplicates": 0, "stale": 0, "rejected": 0,
        }  # fmt: skip
        assert (seen["calls24h"], seen["rows24h"], seen["errors24h"]) == (1, 1, 0)
        assert merchant.stockline.activity("stock-feed")["calls24h"] == 0

    def test_it_is_a_feed_like_any_other(self, merchant: Merchant):
        merchant.mapped("A", 1)
        merchant.counted(1, 3)
        (feed,) = merchant.stockline.get("/feeds").json["data"]
        (row,) = merchant.stockline.rows(feed["feedId"])
        assert (feed["kind"], row["partNumber"], row["outcome"]) == ("stock-feed", "A", "changed")

    @pytest.mark.parametrize(("told", "stands"), [(-2, 0), (0, 0), (2**40, 2**31 - 1)])
    def test_a_number_that_stock_cannot_be_is_the_nearest_that_it_can(self, merchant: Merchant, told, stands):
        merchant.mapped("A", 1, stock=9)
        merchant.counted(1, told)
        assert merchant.stockline.stock() == {"A": stands}

    @pytest.mark.parametrize(
        "payload",
        [level(1, None), level(1, 3, location=2), level(1, "3"), level(1, True), level(1, 3, "yesterday"),
         {}, [], b"", b"{", b"\xff", b"[" * 100_000, {"available": 3}],
    )  # fmt: skip
    def test_what_says_nothing_about_our_location_is_ignored(self, merchant: Merchant, payload):
        merchant.mapped("A", 1, stock=9)
        assert merchant.tell("inventory_levels/update", payload).status_code == 200
        merchant.stockline.drain()
        assert (merchant.stockline.stock(), merchant.outcomes()) == ({"A": 9}, ["ignored"])
        assert merchant.stockline.activity("shopify-webhook")["lastResult"] is None

    def test_an_item_that_is_not_ours_is_counted_as_not_found(self, merchant: Merchant):
        merchant.counted(5, 3)
        seen = merchant.stockline.activity("shopify-webhook")
        assert (merchant.outcomes(), seen["rows24h"]) == (["notFound"], 1)
        assert (seen["lastResult"]["received"], seen["lastResult"]["notFound"]) == (1, 1)

    def test_an_ignored_event_leaves_the_last_result(self, merchant: Merchant):
        merchant.mapped("A", 1)
        merchant.counted(1, 3)
        merchant.counted(1, None)
        seen = merchant.stockline.activity("shopify-webhook")
        assert (seen["lastResult"]["updated"], seen["rows24h"]) == (1, 2)

    def test_another_tenants_item_is_not_reached(self, merchant: Merchant, stockline: Stockline, build):
        other = open_merchant(stockline.another(), build(**SETTINGS))
        other.connect()
        other.mapped("A", 1, stock=9)
        merchant.counted(1, 3)
        other.stockline.drain()
        assert other.stockline.stock() == {"A": 9}


class TestOrder:
    def test_the_newest_stands_whatever_comes_last(self, merchant: Merchant):
        merchant.mapped("A", 1)
        merchant.counted(1, 3, updated_at=stamp(seconds=10))
        merchant.counted(1, 8, updated_at=stamp(seconds=20))
        assert merchant.stockline.stock() == {"A": 3}
        assert merchant.stockline.activity("shopify-webhook")["lastResult"]["stale"] == 1

    def test_a_feed_from_the_erp_since_then_is_newer(self, merchant: Merchant):
        merchant.mapped("A", 1)
        merchant.stockline.stock_feed({"partNumber": "A", "stock": 5})
        merchant.counted(1, 3, updated_at=stamp(seconds=10))
        assert merchant.stockline.stock() == {"A": 5}

    def test_within_a_second_of_shopifys_the_events_own_time_decides(self, merchant: Merchant):
        merchant.mapped("A", 1)
        second = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=9)
        row = {"partNumber": "A", "stock": 5, "asOf": (second + timedelta(milliseconds=300)).isoformat()}
        merchant.stockline.stock_feed(row)
        later = (second + timedelta(milliseconds=600)).isoformat()
        merchant.counted(1, 3, updated_at=second.isoformat(), X_Shopify_Triggered_At=later)
        assert merchant.stockline.stock() == {"A": 3}

    def test_an_events_own_time_does_not_make_an_old_count_new(self, merchant: Merchant):
        merchant.mapped("A", 1)
        merchant.stockline.stock_feed({"partNumber": "A", "stock": 5})
        merchant.counted(1, 3, updated_at=stamp(seconds=10), X_Shopify_Triggered_At=stamp())
        assert merchant.stockline.stock() == {"A": 5}

    def test_a_clock_that_is_ahead_shuts_nobody_out(self, merchant: Merchant):
        merchant.mapped("A", 1)
        merchant.counted(1, 3, updated_at=stamp(hours=-1))
        assert merchant.stockline.stock() == {"A": 3}
        merchant.stockline.stock_feed({"partNumber": "A", "stock": 5})
        assert merchant.stockline.stock() == {"A": 5}


class TestEchoes:
    def test_our_own_push_coming_back_is_skipped(self, merchant: Merchant):
        item = merchant.mapped("A", 1, stock=9)
        merchant.pushed(item, 3, seconds_ago=240)
        merchant.counted(1, 3)
        assert merchant.stockline.stock() == {"A": 9}
        assert merchant.stockline.activity("shopify-webhook")["lastResult"]["echoSkipped"] == 1

    def test_after_five_minutes_it_is_written_through(self, merchant: Merchant):
        item = merchant.mapped("A", 1, stock=9)
        merchant.pushed(item, 3, seconds_ago=301)
        merchant.counted(1, 3)
        assert merchant.stockline.stock() == {"A": 3}

    def test_another_number_is_no_echo(self, merchant: Merchant):
        item = merchant.mapped("A", 1, stock=9)
        merchant.pushed(item, 3, seconds_ago=1)
        merchant.counted(1, 2)
        assert merchant.stockline.stock() == {"A": 2}

    def test_it_is_skipped_too_when_the_merchants_own_worker_forwards_it(self, merchant: Merchant):
        item = merchant.mapped("A", 1, stock=9)
        merchant.pushed(item, 3, seconds_ago=1)
        assert merchant.stockline.stock_feed({"partNumber": "A", "stock": 3})["echoSkipped"] == 1
        assert merchant.stockline.stock() == {"A": 9}


class TestOtherNews:
    def test_a_deleted_products_mapping_is_dropped_and_no_other(self, merchant: Merchant):
        merchant.mapped("A", 1, product=7)
        merchant.mapped("B", 2, product=8)
        merchant.tell("products/delete", {"id": 7})
        merchant.stockline.drain()
        assert (merchant.stockline.count("shopify_product_mapping"), merchant.outcomes()) == (1, ["unmapped"])

    @pytest.mark.parametrize("topic", ["orders/create", "orders/fulfilled", "orders/cancelled"])
    def test_an_order_of_nothing_that_suppliers_ship_is_passed_over(self, merchant: Merchant, topic: str):
        merchant.tell(topic, {"id": 1, "line_items": [{"sku": "A", "quantity": 1}]})
        merchant.stockline.drain()
        assert merchant.outcomes() == ["ignored"]

    def test_an_app_that_was_removed_leaves_the_connection_uninstalled(self, merchant: Merchant):
        merchant.tell("app/uninstalled", {"id": 1}, X_Shopify_Triggered_At=stamp())
        merchant.stockline.drain()
        assert merchant.request("GET").json["state"] == "uninstalled"

    def test_news_of_a_removal_before_the_last_connect_is_old(self, merchant: Merchant):
        before = stamp()
        merchant.connect()
        merchant.tell("app/uninstalled", {"id": 1}, X_Shopify_Triggered_At=before)
        merchant.stockline.drain()
        assert merchant.request("GET").json["state"] == "connected"

    @pytest.mark.parametrize("status", ["queued", "running"])
    def test_a_push_under_way_pauses_with_the_reason_and_its_worker_writes_no_more(
        self, merchant: Merchant, status: str
    ):
        found = after_a_removal(merchant, status)
        assert found == ("paused", "app_not_installed", 2, "held", 5, True)

    def test_one_that_is_to_be_cancelled_is_left_to_its_worker_to_end(self, merchant: Merchant):
        assert after_a_removal(merchant, "running", cancel_requested=True) == (
            "running",
            None,
            1,
            "running",
            4,
            False,
        )


def after_a_removal(merchant: Merchant, status: str, *, cancel_requested: bool = False) -> tuple[Any, ...]:
    """What became of a push that a worker was at: status, reason, version, and its work's state, token, freedom."""
    push_id, tenant_id = uuid4(), merchant.stockline.tenant_id
    merchant.stockline.sql(
        "INSERT INTO push (id, tenant_id, status, total, requested_by, cancel_requested)"
        " VALUES (%s, %s, %s, 1, 'test', %s)",
        push_id, tenant_id, status, cancel_requested,
    )  # fmt: skip
    merchant.stockline.sql(
        "INSERT INTO dispatch (id, actor, tenant_id, lane, seq, ring_after, state, token, lease_until)"
        " VALUES (%s, 'pushes.run', %s, 'push', 1, now(), 'running', 4, now() + interval '1 h')",
        push_id, tenant_id,
    )  # fmt: skip
    merchant.tell("app/uninstalled", {"id": 1})
    merchant.stockline.drain()
    found = merchant.stockline.database.execute(
        "SELECT p.status, p.reason_code, p.version, d.state, d.token, d.lease_until IS NULL"
        " FROM push p JOIN dispatch d USING (id) WHERE id = %s", (push_id,)
    ).fetchone()  # fmt: skip
    assert found
    return found


def test_what_is_told_of_a_connection_that_is_gone_is_dropped(merchant: Merchant):
    merchant.tell("orders/create", {"id": 1})
    assert merchant.request("DELETE").status_code == 204
    merchant.stockline.drain()
    assert merchant.stockline.count("dispatch") == 0


def test_the_payload_is_kept_as_it_was_sent(merchant: Merchant):
    body = json.dumps({"id": 1, "note": "ä"}, ensure_ascii=False).encode()
    merchant.tell("orders/create", body)
    kept = merchant.stockline._value(
        "SELECT payload FROM webhook_event WHERE tenant_id = %s", merchant.stockline.tenant_id
    )
    assert kept == body
