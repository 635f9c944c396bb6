"""Contract §3 and §7: a feed that fails three times, how its caller and its operator see it, and its replay."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest

from app.adapters.postgres.feed_transactions import PostgresFeedTransaction
from tests.stockline import Stockline, until


@pytest.fixture
def shop(stockline: Stockline) -> Stockline:
    stockline.activate("A", "B")
    return stockline


@pytest.fixture
def broken(shop: Stockline, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Whatever feed comes cannot be written, until this is undone."""

    def fails(self, feed, plan):
        raise RuntimeError("the disk is on fire")

    with monkeypatch.context() as patch:
        patch.setattr(PostgresFeedTransaction, "write", fails)
        yield patch


def row(part_number, stock):
    return {"partNumber": part_number, "stock": stock}


def try_again_now(stockline: Stockline) -> None:
    stockline.sql("UPDATE dispatch SET not_before = now() WHERE state = 'ready'")
    stockline.drain()


def fail(stockline: Stockline, *rows) -> str:
    feed_id = stockline.accept("stock-feed", rows or [row("A", 5)])
    until(lambda: try_again_now(stockline) or stockline.feed(feed_id)["status"] == "failed", "the failure")
    return feed_id


def test_after_three_tries_it_is_failed_with_its_reason(shop: Stockline, broken):
    feed_id = shop.accept("stock-feed", [row("A", 5)])
    for _ in range(3):
        assert shop.feed(feed_id)["status"] == "applying" or not shop.feed(feed_id)["startedAt"]
        try_again_now(shop)
    feed = shop.feed(feed_id)
    assert (feed["status"], feed["result"]) == ("failed", None)
    assert "the disk is on fire" in feed["error"]


def test_one_that_fails_while_its_caller_waits_is_202_and_failed(shop: Stockline, broken):
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(shop.post, "stock-feed", [row("A", 5)], Prefer="wait=60")
        until(lambda: try_again_now(shop) or waiting.done(), "the answer")
    response = waiting.result()
    assert (response.status_code, response.json["status"]) == (202, "failed")
    assert response.headers["Location"] == response.json["statusUrl"]


def test_the_same_key_again_tells_that_it_failed(shop: Stockline, broken):
    shop.accept("stock-feed", [row("A", 5)], Idempotency_Key="k")
    for _ in range(3):
        try_again_now(shop)
    again = shop.post("stock-feed", [row("A", 5)], Idempotency_Key="k")
    assert (again.status_code, again.json["status"]) == (202, "failed")


def test_it_is_among_the_dead_letters(shop: Stockline, broken):
    feed_id = fail(shop)
    (letter,) = [one for one in shop.container.dead_letters.list() if one.tenant_id == shop.tenant_id]
    assert (str(letter.id), letter.actor) == (feed_id, "feeds.apply")
    assert "the disk is on fire" in letter.error


def test_it_holds_up_nobody_any_more(shop: Stockline, broken):
    fail(shop)
    broken.undo()
    assert shop.stock_feed(row("B", 3))["changed"] == 1


def test_a_replayed_one_is_applied(shop: Stockline, broken):
    feed_id = fail(shop)
    broken.undo()
    shop.container.dead_letters.replay([UUID(feed_id)])
    assert shop.feed(feed_id)["status"] == "queued"
    shop.drain()
    assert (shop.result(feed_id)["changed"], shop.stock()) == (1, {"A": 5, "B": 0})


def test_a_replayed_one_keeps_its_first_acceptances_place(shop: Stockline, broken):
    feed_id = fail(shop, row("A", 5), row("B", 5))
    broken.undo()
    shop.stock_feed(row("A", 9))
    shop.container.dead_letters.replay([UUID(feed_id)])
    shop.drain()
    assert shop.result(feed_id)["stale"] == 1
    assert shop.stock() == {"A": 9, "B": 5}


def test_a_replayed_one_goes_on_where_it_stood_and_counts_no_row_twice(
    shop: Stockline, monkeypatch: pytest.MonkeyPatch
):
    shop.activate(*"CDEFG")
    write, tries = PostgresFeedTransaction.write, iter([True] * 2 + [False] * 3)

    def fails_from_the_third_chunk(self, feed, plan):
        if not next(tries, True):
            raise RuntimeError("no")
        return write(self, feed, plan)

    monkeypatch.setattr(PostgresFeedTransaction, "write", fails_from_the_third_chunk)
    feed_id = fail(shop, *[row(name, 1) for name in "ABCDEFG"])
    assert shop.feed(feed_id)["rowsApplied"] == 6
    shop.container.dead_letters.replay([UUID(feed_id)])
    shop.drain()
    assert (shop.result(feed_id)["received"], shop.result(feed_id)["changed"]) == (7, 7)


def test_a_try_that_succeeds_is_all_it_takes(shop: Stockline, broken):
    feed_id = shop.accept("stock-feed", [row("A", 5)])
    for _ in range(2):
        try_again_now(shop)
    broken.undo()
    try_again_now(shop)
    assert shop.result(feed_id)["changed"] == 1


def test_a_failure_shows_in_the_activity_and_is_no_sync(shop: Stockline, broken):
    fail(shop)
    seen = shop.activity("stock-feed")
    assert (seen["lastSyncAt"], seen["calls24h"], seen["errors24h"]) == (None, 0, 1)
    assert "the disk is on fire" in seen["lastError"]["error"]
