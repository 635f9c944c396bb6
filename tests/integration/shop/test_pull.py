"""The hosted pull: a shop's stock is read page by page on a schedule, under the lease, and fed like any other."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.adapters.postgres.pulls import PostgresPulls
from app.domain.push.errors import ShopClosedError, ShopUnavailableError
from app.domain.shop.ports import LevelPage, StockLevel
from app.domain.shop.pull import PullJob
from app.domain.work.dispatch import Actor
from tests.merchant import SETTINGS, Merchant, open_merchant
from tests.shopkeeper import Shopkeeper
from tests.shops import SECOND, FakeDesk
from tests.stockline import Stockline


class _NoBell:
    def ring(self, actor: Any, dispatch_id: Any) -> None:
        """The tests' worker looks for itself."""


class Killed(BaseException):
    """The worker dies: nothing of it goes on, and nobody is told."""


class Desk(FakeDesk):
    """Pages that may also be deeds: called when they are asked for."""

    def levels(self, connection, cursor, limit):
        self.asked.append((connection.location.id, cursor))
        page = self.pages[int(cursor or 0)]
        return super().levels(connection, cursor, limit) if not callable(page) else page()


@pytest.fixture
def merchant(stockline: Stockline, build) -> Merchant:
    """With a pull every 10 minutes, whose first is due; A, B and C are in the shop."""
    opened = open_merchant(stockline, build(**SETTINGS))
    opened.connect()
    opened.request("PATCH", json={"pullIntervalS": 600})
    for item, part_number in enumerate("ABC", 1):
        opened.mapped(part_number, item, stock=9)
    return opened


@pytest.fixture
def desk(merchant: Merchant) -> Desk:
    """What the worker asks."""
    desk = Desk()
    desk.asked = []
    container = merchant.stockline.container
    job = PullJob(PostgresPulls(container.unit_of_work), desk, _NoBell(), chunk_rows=3)
    handlers = {**container.handlers, Actor.SHOPS_PULL: (job.run, job.give_up)}
    merchant.stockline = replace(merchant.stockline, container=replace(container, handlers=handlers))
    return desk


def page(*levels: tuple[int, int | None], to: int | None = None, ago_s: float = 1) -> LevelPage:
    """Item and number each; `to` is the next page."""
    stamp = datetime.now(UTC) - timedelta(seconds=ago_s)
    told = [StockLevel(f"gid://shopify/InventoryItem/{item}", number, stamp) for item, number in levels]
    return LevelPage(told, None if to is None else str(to))


def due_again(merchant: Merchant) -> None:
    """The interval passes."""
    merchant.stockline.sql(
        "UPDATE dispatch SET not_before = now(), lease_until = now() - interval '1 s'"
        " WHERE tenant_id = %s AND actor = 'shops.pull'",
        merchant.stockline.tenant_id,
    )


def waits_s(merchant: Merchant) -> float:
    """Until the next reading."""
    return merchant.stockline._value(
        "SELECT extract(epoch FROM not_before - now())::float FROM dispatch"
        " WHERE tenant_id = %s AND actor = 'shops.pull' AND state = 'ready' AND attempts = 0",
        merchant.stockline.tenant_id,
    )


def dies(merchant: Merchant) -> None:
    with pytest.raises(Killed):
        merchant.stockline.drain()


def kill() -> LevelPage:
    raise Killed


class TestReading:
    def test_all_pages_become_feeds_and_the_next_reading_is_an_interval_away(self, merchant, desk):
        desk.pages = [page((1, 3), (2, 4), to=1), page((3, 5))]
        merchant.stockline.drain()
        assert merchant.stockline.stock() == {"A": 3, "B": 4, "C": 5}
        assert [cursor for _, cursor in desk.asked] == [None, "1"]
        assert waits_s(merchant) == pytest.approx(600, abs=20)

    def test_it_is_seen_among_the_stock_feeds(self, merchant, desk):
        desk.pages = [page((1, 3), (2, 9))]
        merchant.stockline.drain()
        assert merchant.stockline.activity("stock-feed")["lastResult"]["changed"] == 1
        assert merchant.stockline.activity("shopify-webhook")["calls24h"] == 0

    def test_each_level_is_as_old_as_the_shop_says(self, merchant, desk):
        merchant.stockline.stock_feed({"partNumber": "A", "stock": 7})
        desk.pages = [page((1, 3), ago_s=60)]
        due_again(merchant)
        merchant.stockline.drain()
        assert merchant.stockline.stock()["A"] == 7

    def test_what_is_not_ours_not_counted_or_negative(self, merchant, desk):
        desk.pages = [page((1, None), (2, -1), (8, 3)), page((8, 3))]
        merchant.stockline.drain()
        assert merchant.stockline.stock() == {"A": 9, "B": 0, "C": 9}

    def test_a_page_with_nothing_of_ours_is_no_feed(self, merchant, desk):
        desk.pages = [page((8, 3), to=1), page()]
        merchant.stockline.drain()
        assert merchant.stockline.count("feed") == 0

    def test_our_own_push_is_known_again(self, merchant, desk):
        (item,) = [
            merchant.stockline._value(
                "SELECT id FROM stock_item WHERE tenant_id = %s AND part_number = 'A'", merchant.stockline.tenant_id
            )
        ]  # fmt: skip
        merchant.pushed(item, 3, seconds_ago=5)
        desk.pages = [page((1, 3))]
        merchant.stockline.drain()
        assert merchant.stockline.stock()["A"] == 9

    def test_a_deactivated_tenants_shop_is_not_asked_until_it_is_active_again(self, merchant, desk):
        desk.pages = [page((1, 3))]
        merchant.stockline.set(active=False)
        merchant.stockline.drain()
        assert (desk.asked, merchant.stockline.stock()["A"]) == ([], 9)
        assert waits_s(merchant) == pytest.approx(600, abs=20)
        merchant.stockline.set(active=True)
        due_again(merchant)
        merchant.stockline.drain()
        assert merchant.stockline.stock()["A"] == 3

    def test_it_lets_others_have_the_thread_between_pages(self, merchant, desk, build):
        hasty = replace(merchant.stockline.container, work=build(**SETTINGS, feed_slice_s=1e-9).work)
        merchant.stockline = replace(merchant.stockline, container=hasty)
        desk.pages = [page((1, 3), to=1), page((2, 4), to=2), page((3, 5))]
        merchant.stockline.drain()
        assert merchant.stockline.stock() == {"A": 3, "B": 4, "C": 5}
        assert [cursor for _, cursor in desk.asked] == [None, "1", "2"]


class TestDying:
    def test_between_pages_it_goes_on_where_it_was(self, merchant, desk):
        desk.pages = [page((1, 3), to=1), kill]
        dies(merchant)
        desk.pages[1] = page((2, 4))
        due_again(merchant)
        merchant.stockline.drain()
        assert merchant.stockline.stock() == {"A": 3, "B": 4, "C": 9}
        assert [cursor for _, cursor in desk.asked] == [None, "1", "1"]

    def test_however_often_it_is_never_put_aside_for_good(self, merchant, desk):
        desk.pages = [kill]
        for _ in range(3):
            dies(merchant)
            due_again(merchant)
        merchant.stockline.drain()
        assert "died" in merchant.request("GET").json["lastPullError"]
        desk.pages = [page((1, 3))]
        due_again(merchant)
        merchant.stockline.drain()
        assert merchant.stockline.stock()["A"] == 3

    def test_a_worker_that_was_taken_for_dead_writes_nothing(self, merchant, desk):
        def stolen() -> LevelPage:
            merchant.stockline.sql(
                "UPDATE dispatch SET token = token + 1 WHERE tenant_id = %s AND actor = 'shops.pull'",
                merchant.stockline.tenant_id,
            )
            return page((1, 3))

        desk.pages = [stolen]
        merchant.stockline.drain()
        assert (merchant.stockline.stock()["A"], merchant.stockline.count("feed")) == (9, 0)


class TestAShopThatDoesNotAnswer:
    def test_shut_it_says_why_and_is_asked_again_at_the_next_interval(self, merchant, desk):
        desk.pages = [ShopClosedError("missing_scope", "grant read_inventory")]
        merchant.stockline.drain()
        assert merchant.request("GET").json["lastPullError"] == "missing_scope: grant read_inventory"
        assert waits_s(merchant) == pytest.approx(600, abs=20)
        desk.pages = [page((1, 3))]
        due_again(merchant)
        merchant.stockline.drain()
        assert merchant.stockline.stock()["A"] == 3
        assert merchant.request("GET").json["lastPullError"] is None

    def test_away_it_is_asked_again_in_a_minute_from_the_same_page_on(self, merchant, desk):
        desk.pages = [page((1, 3), to=1), ShopUnavailableError("no answer")]
        merchant.stockline.drain()
        assert waits_s(merchant) == pytest.approx(60, abs=20)
        desk.pages[1] = page((2, 4))
        due_again(merchant)
        merchant.stockline.drain()
        assert [cursor for _, cursor in desk.asked] == [None, "1", "1"]


class TestChangingOnesMind:
    def test_off_it_is_never_read_and_on_it_is_at_once(self, merchant, desk):
        desk.pages = [page((1, 3))]
        merchant.request("PATCH", json={"pullIntervalS": None})
        merchant.stockline.drain()
        assert (desk.asked, merchant.stockline.count("dispatch")) == ([], 0)
        merchant.request("PATCH", json={"pullIntervalS": 60})
        merchant.stockline.drain()
        assert len(desk.asked) == 1

    def test_off_while_a_page_is_read_its_news_are_dropped(self, merchant, desk):
        def switched_off() -> LevelPage:
            merchant.request("PATCH", json={"pullIntervalS": None})
            return page((1, 3))

        desk.pages = [switched_off]
        merchant.stockline.drain()
        assert (merchant.stockline.stock()["A"], merchant.stockline.count("dispatch")) == (9, 0)

    def test_another_location_while_a_page_is_read_begins_anew_there(self, merchant, desk):
        def moved() -> LevelPage:
            merchant.request("PATCH", json={"locationId": SECOND.id})
            desk.pages[0] = page((1, 4))
            return page((1, 3), to=1)

        desk.pages = [moved]
        merchant.stockline.drain()
        assert merchant.stockline.stock()["A"] == 4
        assert desk.asked[1] == (SECOND.id, None)

    def test_a_shop_that_is_disconnected_is_read_no_more(self, merchant, desk):
        merchant.request("DELETE")
        merchant.stockline.drain()
        assert (desk.asked, merchant.stockline.count("dispatch")) == ([], 0)

    def test_a_shop_whose_app_was_removed_is_not_asked(self, merchant, desk):
        merchant.stockline.sql("UPDATE shopify_connection SET state = 'uninstalled'")
        merchant.stockline.drain()
        assert desk.asked == []
        assert "app_not_installed" in merchant.request("GET").json["lastPullError"]


def test_the_simulators_shop_is_read_as_well(shop: Shopkeeper):
    for part_number in ("A", "B", "C"):
        shop.sell(part_number, stock=5)
    shop.push("A", "B", "C")
    shop.store.shop.subscriptions.clear()
    shop.act("setStock", sku="B", quantity=2)
    shop.act("setStock", sku="C", quantity=1, location="Aa second")
    shop.container.connections.set_options(shop.tenant_id, pull_interval_s=60, keep_pull=False)
    shop.stockline.sql("UPDATE stock_item SET stock_as_of = NULL WHERE tenant_id = %s", shop.tenant_id)
    shop.stockline.drain()
    assert shop.stockline.stock() == {"A": 5, "B": 2, "C": 5}
    result = shop.stockline.activity("stock-feed")["lastResult"]
    assert (result["echoSkipped"], result["changed"]) == (2, 1)
