"""`/api/app/not-found`, `/aliases` and `/feeds`: what feeds named and nobody knew, and what people decide."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID

import psycopg
import pytest
from werkzeug.test import TestResponse

from app.adapters.postgres import not_found
from app.adapters.postgres.feed_transactions import PostgresFeedTransaction
from tests.stockline import Stockline, platform, stamp, until

ROWS = [{"partNumber": "A", "stock": 1}, {"partNumber": "X/1 ä", "stock": 7}, {"partNumber": "Y", "stock": 8}]


@pytest.fixture
def shop(stockline: Stockline) -> Stockline:
    stockline.activate("A", "B")
    return stockline


def call(stockline: Stockline, method: str, path: str, body: Any = None) -> TestResponse:
    options = {} if body is None else {"json": body}
    return stockline.application.test_client().open(
        f"/api/app{path}", method=method, headers={"X-API-Key": stockline.key}, **options
    )


def listed(stockline: Stockline, query: str = "") -> dict[str, dict[str, Any]]:
    """By part number, in the order of the list."""
    response = call(stockline, "GET", f"/not-found{query}")
    assert response.status_code == 200, response.text
    return {one["partNumber"]: one for one in response.json["data"]}


def named(stockline: Stockline, verb: str, part_number: str) -> TestResponse:
    return call(stockline, "POST", f"/not-found/{verb}", {"partNumber": part_number})


def alias(stockline: Stockline, name: str, part_number: str) -> TestResponse:
    return call(stockline, "POST", "/aliases", {"alias": name, "partNumber": part_number})


def test_unknown_part_numbers_are_gathered_across_feeds_with_how_often_when_and_from_where(shop: Stockline):
    shop.send("stock-feed", ROWS)
    last = shop.send("price-feed", [{"partNumber": "Y", "price": "1.50"}, {"partNumber": "B", "price": 2}])

    found = listed(shop)

    assert [(name, one["times"], one["surface"]) for name, one in found.items()] == [
        ("Y", 2, "price-feed"),
        ("X/1 ä", 1, "stock-feed"),
    ]
    assert found["Y"]["feedId"] == last["feedId"]
    assert found["Y"]["firstSeenAt"] < found["Y"]["lastSeenAt"]
    assert list(listed(shop, "?order=last")) == ["Y", "X/1 ä"]


def test_a_feed_counts_once_however_many_of_its_rows_and_chunks_name_it(shop: Stockline):
    shop.send("stock-feed", [{"partNumber": name, "stock": 1} for name in ("X", "B", "A", " X", "Z", "X")])

    assert {name: one["times"] for name, one in listed(shop).items()} == {"X": 1, "Z": 1}


def test_what_is_known_by_now_is_left_out_whoever_made_it_known(shop: Stockline):
    shop.send("stock-feed", ROWS)
    shop.activate("Y")
    assert list(listed(shop)) == ["X/1 ä"]

    assert alias(shop, "X/1 ä", "A").status_code == 204

    assert not listed(shop)


def test_the_list_pages_by_cursor_and_is_searched_in_any_case(shop: Stockline):
    names = [f"no-{number}" for number in range(5)]
    shop.send("stock-feed", [{"partNumber": name, "stock": 1} for name in names])
    shop.send("stock-feed", [{"partNumber": names[3], "stock": 1}])
    for order in ("times", "last"):
        seen, cursor = [], ""
        while cursor is not None:
            page = call(shop, "GET", f"/not-found?order={order}&limit=2{cursor and '&cursor=' + cursor}").json
            seen, cursor = seen + [one["partNumber"] for one in page["data"]], page["nextCursor"]
        assert seen == ["no-3", "no-0", "no-1", "no-2", "no-4"]

    assert list(listed(shop, "?q=NO-4")) == ["no-4"]
    assert not listed(shop, "?q=%25")
    assert call(shop, "GET", "/not-found?cursor=bad").status_code == 400


def test_a_dismissed_one_stays_away_however_often_it_comes_until_it_is_restored(shop: Stockline):
    shop.send("stock-feed", ROWS)
    assert named(shop, "dismiss", "Y").status_code == 204
    shop.send("stock-feed", ROWS)

    assert list(listed(shop)) == ["X/1 ä"]
    dismissed = listed(shop, "?dismissed=true")["Y"]
    assert (dismissed["times"], dismissed["dismissedBy"][:4]) == (2, "key ")

    assert named(shop, "restore", "Y").status_code == 204
    assert set(listed(shop)) == {"X/1 ä", "Y"}
    assert named(shop, "restore", "Y").status_code == 404
    assert named(shop, "dismiss", "never").status_code == 404
    assert named(shop, "dismiss", "\0").status_code == 400


def test_an_alias_is_used_by_the_next_feed_and_can_be_taken_away_again(shop: Stockline):
    assert alias(shop, "X/1 ä", "B").status_code == 204
    assert shop.send("stock-feed", ROWS)["resolvedViaAlias"] == 1
    assert shop.stock()["B"] == 7
    assert call(shop, "GET", "/aliases?q=x/1").json["data"] == [
        {"alias": "X/1 ä", "partNumber": "B", "name": "P"}
    ]

    assert call(shop, "DELETE", f"/aliases/{quote('X/1 ä', safe='')}").status_code == 204

    assert call(shop, "GET", "/aliases").json == {"data": [], "nextCursor": None}
    assert shop.send("stock-feed", ROWS)["notFound"] == 2
    assert call(shop, "DELETE", "/aliases/none").status_code == 404


def test_an_alias_needs_a_part_that_is_sold_and_a_name_that_is_none(shop: Stockline):
    nothing, own = alias(shop, "X", "nothing"), alias(shop, "A", "B")

    assert (nothing.status_code, nothing.json["code"]) == (400, "invalid_request")
    assert (own.status_code, own.json["code"]) == (409, "conflict")
    assert call(shop, "GET", "/aliases").json["data"] == []


def test_aliases_page_by_cursor(shop: Stockline):
    for name in ("a", "b", "c"):
        alias(shop, name, "A")
    first = call(shop, "GET", "/aliases?limit=2").json
    second = call(shop, "GET", f"/aliases?limit=2&cursor={first['nextCursor']}").json

    assert [one["alias"] for one in first["data"] + second["data"]] == ["a", "b", "c"]
    assert second["nextCursor"] is None


def test_what_was_last_sent_is_applied_as_old_as_it_was_once_the_name_means_something(shop: Stockline):
    shop.send("stock-feed", [{"partNumber": "X", "stock": 3}])
    shop.send("stock-feed", [{"partNumber": "Z", "stock": 1}, {"partNumber": "X", "stock": 7}])
    alias(shop, "X", "A")
    shop.send("stock-feed", [{"partNumber": "B", "stock": 2}])
    alias(shop, "Z", "B")

    answers = [named(shop, "resend", name) for name in ("X", "X", "Z")]
    shop.drain()

    assert [answer.status_code for answer in answers] == [202, 202, 202]
    assert answers[0].json == answers[1].json
    assert shop.result(answers[0].json["feedId"])["resolvedViaAlias"] == 1
    assert shop.result(answers[2].json["feedId"])["stale"] == 1
    assert shop.stock() == {"A": 7, "B": 2}


def test_a_row_that_was_dated_is_sent_again_with_its_own_time(shop: Stockline):
    shop.send("stock-feed", [{"partNumber": "A", "stock": 5, "asOf": stamp(minutes=30)}])
    shop.send("stock-feed", [{"partNumber": "X", "stock": 7, "asOf": stamp(minutes=40)}])
    alias(shop, "X", "A")

    named(shop, "resend", "X")
    shop.drain()

    assert shop.stock()["A"] == 5


def test_prices_are_sent_again_with_what_they_left_out_and_what_they_cleared(shop: Stockline):
    shop.send("price-feed", [{"partNumber": "A", "price": 9, "compareAtPrice": 10, "costPrice": 4}])
    shop.send("price-feed", [{"partNumber": "X", "price": "1.50", "compareAtPrice": None}])
    alias(shop, "X", "A")

    named(shop, "resend", "X")
    shop.drain()

    assert shop.prices("A") == ("1.50", None, "4.00")


def test_rows_that_are_gone_are_not_sent_again(shop: Stockline):
    shop.send("stock-feed", ROWS)
    shop.sql("DELETE FROM feed_chunk WHERE tenant_id = %s", shop.tenant_id)

    answer = named(shop, "resend", "Y")

    assert (answer.status_code, answer.json["code"]) == (409, "conflict")
    assert named(shop, "resend", "never").status_code == 404


def test_suggestions_begin_so_first_then_have_it_in_their_number_or_name(shop: Stockline):
    shop.activate("55716013", "AB-5571")
    shop.own("5571-OWN")
    shop.sql("UPDATE tenant_part SET name = 'Brake lever' WHERE tenant_id = %s", shop.tenant_id)

    def suggested(sought: str) -> list[str]:
        found = call(shop, "GET", f"/part-suggestions?q={quote(sought)}").json["data"]
        return [one["partNumber"] for one in found]

    assert suggested("5571") == ["5571-OWN", "55716013", "AB-5571"]
    assert suggested("LEVER") == ["5571-OWN"]
    assert suggested("5571.6013") == ["55716013"]
    assert suggested(" ") == suggested("%") == []


def test_nothing_is_seen_or_changed_of_another_tenants(shop: Stockline):
    other = shop.another()
    other.activate("C")
    other.send("stock-feed", ROWS)
    alias(other, "secret", "C")

    assert not listed(shop)
    assert call(shop, "GET", "/aliases").json["data"] == []
    assert call(shop, "GET", "/part-suggestions?q=C").json["data"] == []
    assert named(shop, "dismiss", "Y").status_code == 404
    assert named(shop, "resend", "Y").status_code == 404
    assert call(shop, "DELETE", "/aliases/secret").status_code == 404
    assert alias(shop, "X", "C").status_code == 400
    feed_id = other.accept("stock-feed", ROWS)
    for path in ("", "/release", "/discard", "/replay"):
        assert call(shop, "POST" if path else "GET", f"/feeds/{feed_id}{path}").status_code == 404


def test_a_catalog_that_was_never_activated_is_counted_hourly_beyond_a_hundred_names(
    shop: Stockline, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(not_found, "COUNTED_EACH_TIME", 2)
    rows = [{"partNumber": f"N{number}", "stock": 1} for number in range(3)]
    shop.send("stock-feed", rows)
    shop.send("stock-feed", rows)
    assert [one["times"] for one in listed(shop).values()] == [2, 2, 1]

    shop.sql("UPDATE not_found_part SET last_seen_at = last_seen_at - interval '61 minutes'")
    shop.send("stock-feed", rows)

    assert [one["times"] for one in listed(shop).values()] == [3, 3, 2]


def test_names_are_noted_in_one_order_so_that_two_lanes_never_wait_in_a_circle(shop: Stockline):
    shop.send("stock-feed", [{"partNumber": name, "stock": 1} for name in ("a", "c")])
    feed_id = UUID(shop.accept("price-feed", [{"partNumber": name, "price": 1} for name in ("c", "a")]))
    info = shop.database.info
    mine = "SELECT FROM not_found_part WHERE tenant_id = %s AND part_number = %s FOR UPDATE SKIP LOCKED"
    with (
        ThreadPoolExecutor() as pool,
        psycopg.connect(info.dsn, password=info.password, autocommit=True) as rival,
        platform(rival).transaction(),
    ):
        assert rival.execute(mine, (shop.tenant_id, "a")).fetchall()
        applying = pool.submit(shop.container.work.run, feed_id, shop.container.handlers)
        until(lambda: _waiting(shop), "the worker's wait for the row that is held")
        assert shop.database.execute(mine, (shop.tenant_id, "c")).fetchall()
    applying.result()
    assert {name: one["times"] for name, one in listed(shop).items()} == {"a": 2, "c": 2}


def _waiting(shop: Stockline) -> bool:
    waits = "SELECT FROM pg_locks WHERE locktype = 'transactionid' AND NOT granted"
    return bool(shop.database.execute(waits).fetchall())


def test_what_nobody_named_for_30_days_and_what_is_known_is_dropped(shop: Stockline):
    shop.send("stock-feed", [{"partNumber": name, "stock": 1} for name in ("OLD", "KNOWN", "NEW")])
    shop.sql("UPDATE not_found_part SET last_seen_at = now() - interval '31 days' WHERE part_number = 'OLD'")
    alias(shop, "KNOWN", "A")

    shop.container.housekeeping()

    assert shop.count("not_found_part") == 1


def test_feeds_are_found_by_surface_state_and_time(shop: Stockline):
    shop.set(shrink_guard_percent=1)
    applied = shop.send("stock-feed", ROWS)["feedId"]
    priced = shop.send("price-feed", [{"partNumber": "A", "price": 1}])["feedId"]
    held = shop.accept("stock-feed", [{"partNumber": "A", "stock": 0}])
    shop.drain()
    day = datetime.now(UTC)

    def found(query: str) -> list[str]:
        return [one["feedId"] for one in call(shop, "GET", f"/feeds?{query}").json["data"]]

    assert found("") == [held, priced, applied]
    assert found("surface=stock-feed") == [held, applied]
    assert found("status=held") == [held]
    assert found("surface=price-feed&status=held") == []
    assert found(f"since={quote(stamp(minutes=-1))}") == []
    assert found(f"until={quote(stamp(minutes=60))}") == []
    assert found(f"since={quote(stamp(minutes=60))}&until={quote(day.isoformat())}") == [
        held,
        priced,
        applied,
    ]
    first = call(shop, "GET", "/feeds?limit=2").json
    assert [first["data"][1]["feedId"], *found(f"cursor={first['nextCursor']}")] == [priced, applied]
    assert call(shop, "GET", "/feeds?status=bad").status_code == 400


def test_a_held_feed_is_released_or_discarded_once(shop: Stockline):
    shop.set(shrink_guard_percent=1)
    shop.send("stock-feed", ROWS)
    first, second = (shop.accept("stock-feed", [{"partNumber": "A", "stock": 0}]) for _ in range(2))
    shop.drain()

    assert call(shop, "POST", f"/feeds/{first}/discard").json["status"] == "discarded"
    assert call(shop, "POST", f"/feeds/{second}/release").json["status"] == "queued"
    shop.drain()

    assert shop.feed(second)["status"] == "applied"
    assert call(shop, "POST", f"/feeds/{first}/release").status_code == 409
    assert call(shop, "POST", f"/feeds/{second}/replay").status_code == 409


def test_a_failed_feed_is_replayed(shop: Stockline, monkeypatch: pytest.MonkeyPatch):
    def fails(self, feed, plan):
        raise RuntimeError("the disk is on fire")

    with monkeypatch.context() as patch:
        patch.setattr(PostgresFeedTransaction, "write", fails)
        feed_id = shop.accept("stock-feed", ROWS)
        for _ in range(3):
            shop.sql("UPDATE dispatch SET not_before = now() WHERE state = 'ready'")
            shop.drain()
    assert shop.feed(feed_id)["status"] == "failed"

    assert call(shop, "POST", f"/feeds/{feed_id}/replay").json["status"] == "queued"
    shop.drain()

    assert shop.feed(feed_id)["status"] == "applied"


def test_the_overview_tells_surfaces_with_their_hours_and_what_waits_for_somebody(shop: Stockline):
    shop.set(shrink_guard_percent=1)
    assert call(shop, "GET", "/overview").json["surfaces"] == []
    shop.send("stock-feed", ROWS)
    shop.accept("stock-feed", [{"partNumber": "A", "stock": 0}])
    shop.drain()
    shop.accept("price-feed", [{"partNumber": "A", "price": 1}])
    shop.sql(
        "UPDATE sync_activity SET last_sync_at = now() - interval '2 days' WHERE tenant_id = %s",
        shop.tenant_id,
    )

    seen = call(shop, "GET", "/overview").json

    (stock,) = seen["surfaces"]
    assert (stock["surface"], stock["silent"], stock["ageS"] > 86_400) == ("stock-feed", True, True)
    assert (len(stock["rowsByHour"]), sum(stock["rowsByHour"])) == (24, 3)
    assert (seen["feedsInFlight"], seen["heldFeeds"], seen["notFound"]) == (1, 1, 2)
    assert seen["inFlight"][0]["kind"] == "price-feed"
    assert (seen["deadLetters"], seen["openAlerts"]) == ([], 0)
