"""The whole way round: the merchant's shelf, the shop's webhook, our web server, a worker, our stock, and back."""

from typing import Any

import pytest

from app.domain.push.push import PushStatus
from tests.orders import OrderBook
from tests.shopkeeper import Shopkeeper
from tests.stockline import until


def arrived(shop: Shopkeeper) -> list[str]:
    """What the shop had to tell was told and is done; the outcomes in order."""
    post = shop.server.simulator.post(shop.domain)
    until(lambda: post.waiting == 0, "the mail")
    assert {one.status for one in post.delivered} <= {200}
    shop.stockline.drain()
    rows = shop.stockline.database.execute(
        "SELECT outcome FROM webhook_event WHERE tenant_id = %s ORDER BY id", (shop.tenant_id,)
    )
    return [outcome for (outcome,) in rows.fetchall()]


def seen(shop: Shopkeeper) -> dict[str, Any]:
    return shop.stockline.activity("shopify-webhook")


@pytest.fixture
def sold(shop: Shopkeeper) -> Shopkeeper:
    """Part A is in the shop with a stock of 5, and its making has nothing more to tell."""
    shop.sell("A", stock=5)
    assert shop.push("A").succeeded == 1
    arrived(shop)
    shop.stockline.sql("DELETE FROM webhook_event WHERE tenant_id = %s", shop.tenant_id)
    return shop


def test_connecting_subscribes_to_every_topic_and_again_to_none_twice(shop: Shopkeeper):
    again = shop.container.connections.connect(shop.tenant_id, shop.domain, "client", "secret")
    assert (again.unsubscribed, again.warning) == ((), None)
    url = shop.container.connections.webhook_url(again.connection)
    assert [one.uri for one in shop.store.shop.subscriptions.values()] == [url] * 6


def test_a_merchant_counts_the_shelf_and_our_stock_follows(sold: Shopkeeper):
    sold.act("setStock", sku="A", quantity=3)
    assert arrived(sold) == ["fed"]
    assert sold.stockline.stock() == {"A": 3}


def test_a_sale_at_the_counter_is_followed_too_and_its_order_asks_no_supplier_for_anything(sold: Shopkeeper):
    sold.act("sell", lines=[{"sku": "A", "quantity": 2}])
    assert sorted(arrived(sold)) == ["fed", "ignored"]
    assert sold.stockline.stock() == {"A": 3}


def test_the_last_one_sold_is_no_shrinking_feed(sold: Shopkeeper):
    sold.stockline.set(shrink_guard_percent=20)
    sold.act("setStock", sku="A", quantity=0)
    assert arrived(sold) == ["fed"]
    assert sold.stockline.stock() == {"A": 0}


def test_another_locations_shelf_is_none_of_ours(sold: Shopkeeper):
    sold.act("setStock", sku="A", quantity=3, location="Aa second")
    assert arrived(sold) == ["ignored"]
    assert sold.stockline.stock() == {"A": 5}


class TestOurOwnPush:
    def test_is_known_when_it_comes_back(self, sold: Shopkeeper):
        sold.edit("A", stock=9)
        sold.push("A")
        assert arrived(sold) == ["fed"]
        assert (seen(sold)["lastResult"]["echoSkipped"], seen(sold)["lastResult"]["updated"]) == (1, 0)
        assert sold.stockline.stock() == {"A": 9}

    def test_is_written_through_when_it_comes_back_after_five_minutes(self, sold: Shopkeeper):
        post = sold.server.simulator.post(sold.domain)
        post.mischief.out_of_order = 1
        sold.edit("A", stock=9)
        sold.push("A")
        sold.edit("A", stock=1)
        sold.stockline.sql(
            "UPDATE shopify_product_mapping SET last_pushed_at = last_pushed_at - interval '5 min'"
            " WHERE tenant_id = %s", sold.tenant_id,
        )  # fmt: skip
        post.release()
        assert arrived(sold) == ["fed"]
        assert (seen(sold)["lastResult"]["echoSkipped"], sold.stockline.stock()) == (0, {"A": 9})

    def test_is_known_too_when_the_merchants_own_worker_forwards_it(self, sold: Shopkeeper):
        sold.edit("A", stock=9)
        sold.push("A")
        sold.edit("A", stock=1)
        forwarded = {"partNumber": "A", "stock": sold.stock("A")}
        assert sold.stockline.stock_feed(forwarded)["echoSkipped"] == 1
        assert sold.stockline.stock() == {"A": 1}

    def test_does_not_hide_what_the_merchant_counts_right_after_it(self, sold: Shopkeeper):
        sold.edit("A", stock=9)
        sold.push("A")
        sold.act("setStock", sku="A", quantity=8)
        assert arrived(sold) == ["fed", "fed"]
        assert sold.stockline.stock() == {"A": 8}


class TestTheMail:
    def test_twice_counts_once(self, sold: Shopkeeper):
        rows = seen(sold)["rows24h"]
        sold.server.simulator.post(sold.domain).mischief.twice = 2
        for quantity in (3, 2):
            sold.act("setStock", sku="A", quantity=quantity)
        assert arrived(sold) == ["fed", "fed"]
        assert seen(sold)["rows24h"] == rows + 2

    def test_out_of_order_the_newest_stands(self, sold: Shopkeeper):
        sold.server.simulator.post(sold.domain).mischief.out_of_order = 1
        for quantity in (3, 2):
            sold.act("setStock", sku="A", quantity=quantity)
        assert arrived(sold) == ["fed", "fed"]
        assert sold.stockline.stock() == {"A": 2}
        assert seen(sold)["lastResult"]["stale"] == 1

    def test_late_it_does_not_undo_what_came_in_between(self, sold: Shopkeeper):
        sold.act("setStock", sku="A", quantity=3)
        sold.stockline.stock_feed({"partNumber": "A", "stock": 7})
        assert arrived(sold) == ["fed"]
        assert sold.stockline.stock() == {"A": 7}

    def test_of_a_rotated_secret_is_believed_for_its_hour(self, sold: Shopkeeper):
        sold.act("rotateSecret", secret="newer")
        sold.container.connections.connect(sold.tenant_id, sold.domain, "client", "newer")
        sold.act("setStock", sku="A", quantity=3)
        assert arrived(sold) == ["fed"]


class TestWhatASupplierShips:
    """The shop's orders over sockets, each event twice, with a supplier's stock behind them."""

    @pytest.fixture
    def book(self, sold: Shopkeeper) -> OrderBook:
        sold.server.simulator.post(sold.domain).mischief.twice = 100
        return OrderBook(sold.stockline)

    def orders(self, sold: Shopkeeper, book: OrderBook, stock: int) -> tuple[list[str], int, int]:
        arrived(sold)
        assert book.drift() is None
        statuses = [one["status"] for one in book.desk("GET").json["data"]]
        return statuses, book.stock(stock)["reserved"], book.stock(stock)["shipped"]

    def test_is_reserved_and_shipped_or_let_go_once(self, sold: Shopkeeper, book: OrderBook):
        stock = book.lists(book.supplier(), "A", 5)
        first, second = (sold.act("sell", lines=[{"sku": "A", "quantity": n}])["orderId"] for n in (2, 1))
        assert self.orders(sold, book, stock) == (["reserved"] * 2, 3, 0)
        sold.act("fulfilOrder", orderId=first)
        sold.act("cancelOrder", orderId=second)
        assert self.orders(sold, book, stock) == (["cancelled", "fulfilled"], 0, 2)
        assert book.available(stock) == 3

    def test_comes_out_of_order_and_ends_the_same(self, sold: Shopkeeper, book: OrderBook):
        stock = book.lists(book.supplier(), "A", 5)
        post = sold.server.simulator.post(sold.domain)
        post.mischief.out_of_order = 2
        sold.act("fulfilOrder", orderId=sold.act("sell", lines=[{"sku": "A", "quantity": 2}])["orderId"])
        post.release()
        assert self.orders(sold, book, stock) == (["fulfilled"], 0, 2)


def test_a_product_that_the_merchant_deletes_is_made_anew_by_the_next_push(sold: Shopkeeper):
    sold.act("deleteProduct", sku="A")
    assert arrived(sold) == ["unmapped"]
    assert sold.mapping("A") is None
    assert sold.push("A").succeeded == 1
    assert len(sold.products) == 1


def test_an_app_that_is_removed_pauses_the_push_and_goes_on_when_it_is_back(sold: Shopkeeper):
    sold.edit("A", price="11.00")
    begun = sold.begin("A")
    sold.act("uninstallApp")
    post = sold.server.simulator.post(sold.domain)
    until(lambda: post.waiting == 0, "the mail")
    (event,) = sold.stockline.database.execute(
        "SELECT id FROM dispatch WHERE tenant_id = %s AND actor = 'webhooks.handle'", (sold.tenant_id,)
    ).fetchone()
    sold.container.work.run(event, sold.container.handlers)
    paused = sold.container.pushes.get(sold.tenant_id, begun.id)
    assert (paused.status, paused.reason.code) == (PushStatus.PAUSED, "app_not_installed")
    assert sold.container.connections.test(sold.tenant_id).code == "app_not_installed"
    sold.act("installApp")
    sold.container.connections.connect(sold.tenant_id, sold.domain, "client", "secret")
    sold.container.pushes.resume(sold.tenant_id, begun.id)
    assert sold.work(begun.id).status is PushStatus.COMPLETED
