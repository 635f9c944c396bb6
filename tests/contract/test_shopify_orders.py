"""Orders as a shop tells of them: in any order, twice, late, or so that nobody can read them."""

from itertools import permutations
from typing import Any

import pytest

from tests.merchant import SETTINGS, Merchant, open_merchant
from tests.orders import OrderBook
from tests.shops import SHOP
from tests.stockline import Stockline

CREATE, FULFILLED, CANCELLED = "orders/create", "orders/fulfilled", "orders/cancelled"


class Shop(OrderBook):
    """The tenant's shop."""

    merchant: Merchant

    def tells(self, topic: str, *lines: tuple[str | None, int], **payload: Any) -> str:
        """One event, done by a worker; what became of it."""
        said = {"id": 1001, "name": "#1", "line_items": [line(*one) for one in lines]} | payload
        if topic == CANCELLED:
            said |= {"cancelled_at": "2026-07-01T08:00:00Z"}
        return self.hears(topic, said)

    def hears(self, topic: str, payload: Any) -> str:
        before = len(self.merchant.outcomes())
        assert self.merchant.tell(topic, payload).status_code == 200
        self.stockline.drain()
        outcome = self.merchant.outcomes()[before]
        assert outcome
        return outcome

    def status(self, order_id: str = "1001") -> str | None:
        return self.get(order_id, "shopify").json.get("status")


def line(sku: str | None, quantity: int, **more: Any) -> dict[str, Any]:
    return {"sku": sku, "quantity": quantity, "current_quantity": quantity, "price": "10.00"} | more


@pytest.fixture
def shop(stockline: Stockline, build) -> Shop:
    merchant = open_merchant(stockline, build(**SETTINGS))
    merchant.connect()
    shop = Shop(merchant.stockline)
    shop.merchant = merchant
    return shop


class TestTaking:
    def test_a_sold_order_reserves_what_suppliers_ship(self, shop: Shop):
        stock = shop.lists(shop.supplier(), "A", 5)
        assert shop.tells(CREATE, ("A", 2), ("from-our-shelf", 1)) == "taken"
        order = shop.get("1001", "shopify").json
        assert (order["status"], order["account"], order["flags"]) == ("reserved", SHOP, [])
        assert [(one["partNumber"], one["quantity"]) for one in order["lines"]] == [("A", 2)]
        assert shop.available(stock) == 3

    def test_what_is_no_suppliers_is_none_of_its_business(self, shop: Shop):
        for topic in (CREATE, FULFILLED, CANCELLED):
            assert shop.tells(topic, ("from-our-shelf", 1)) == "ignored"
        assert (shop.status(), shop.refusals()) == (None, [])

    def test_the_variants_part_goes_before_its_sku(self, shop: Shop):
        stock = shop.lists(shop.supplier(), "A", 5)
        item = shop.merchant.mapped("A", 1, product=7)
        shop.stockline.sql(
            "UPDATE shopify_product_mapping SET variant_id = 'gid://shopify/ProductVariant/70' WHERE item_id = %s",
            item,
        )
        lines = [line("renamed", 2, product_id=7, variant_id=70)]
        assert shop.tells(CREATE, line_items=lines) == "taken"
        assert shop.available(stock) == 3

    def test_what_is_left_of_a_line_counts(self, shop: Shop):
        stock = shop.lists(shop.supplier(), "A", 5)
        shop.tells(CREATE, line_items=[line("A", 3, current_quantity=1), line("A", 2, current_quantity=0)])
        assert shop.available(stock) == 4

    def test_a_line_without_an_sku_is_left_out_and_flagged(self, shop: Shop):
        shop.lists(shop.supplier(), "A", 5)
        assert shop.tells(CREATE, ("A", 1), (None, 2)) == "taken"
        assert shop.get("1001", "shopify").json["flags"] == [{"rule": "missing_sku", "quantity": 2}]


class TestOutOfOrder:
    @pytest.mark.parametrize("events", sorted(set(permutations([CREATE, CREATE, FULFILLED]))))
    def test_a_fulfilled_order_is_fulfilled_once_whatever_came_first(self, shop: Shop, events):
        stock = shop.lists(shop.supplier(), "A", 5)
        assert {shop.tells(topic, ("A", 2)) for topic in events} == {"taken"}
        assert (shop.status(), shop.stock(stock)["reserved"], shop.stock(stock)["shipped"]) == (
            "fulfilled",
            0,
            2,
        )

    @pytest.mark.parametrize(
        "events", [(CREATE, CANCELLED), (CANCELLED, CREATE), (CANCELLED, CREATE, CANCELLED)]
    )
    def test_a_cancelled_order_holds_nothing_whatever_came_first(self, shop: Shop, events):
        stock = shop.lists(shop.supplier(), "A", 5)
        assert {shop.tells(topic, ("A", 2)) for topic in events} == {"taken"}
        assert (shop.status(), shop.available(stock)) == ("cancelled", 5)

    @pytest.mark.parametrize(("first", "then"), [(FULFILLED, CANCELLED), (CANCELLED, FULFILLED)])
    def test_what_cannot_be_waits_for_a_person(self, shop: Shop, first: str, then: str):
        shop.lists(shop.supplier(), "A", 5)
        shop.tells(CREATE, ("A", 2))
        shop.tells(first, ("A", 2))
        assert shop.tells(then, ("A", 2)) == "refused"
        assert [one["code"] for one in shop.refusals()] == ["order_state"]

    def test_an_order_that_left_the_house_unreserved_is_shipped_when_it_can_be_taken(self, shop: Shop):
        stock = shop.lists(shop.supplier(), "A", 1)
        for topic in (FULFILLED, CREATE):
            assert shop.tells(topic, ("A", 2)) == "refused"
        shop.reports(stock, 5)
        assert shop.tells(CREATE, ("A", 2)) == "taken"
        assert (shop.status(), shop.stock(stock)["shipped"], shop.refusals()) == ("fulfilled", 2, [])


class TestRefusing:
    def test_what_suppliers_have_not_enough_of_is_refused_and_kept(self, shop: Shop):
        shop.lists(shop.supplier(), "A", 1)
        assert shop.tells(CREATE, ("A", 2)) == "refused"
        (refusal,) = shop.refusals()
        assert (refusal["channel"], refusal["orderId"], refusal["account"]) == ("shopify", "1001", SHOP)
        assert (refusal["code"], refusal["stake"], refusal["units"]) == ("insufficient_stock", "20.00", 2)
        assert shop.stockline.activity("orders")["lastError"]["error"].startswith("insufficient_stock")

    def test_it_is_taken_when_it_is_replayed_and_there_is_enough(self, shop: Shop):
        stock = shop.lists(shop.supplier(), "A", 1)
        shop.tells(CREATE, ("A", 2))
        shop.reports(stock, 5)
        replayed = shop.desk("POST", f"/refusals/{shop.refusals()[0]['id']}/replay").json
        assert (replayed["refusal"]["state"], replayed["order"]["status"]) == ("resolved", "reserved")
        assert shop.available(stock) == 3

    def test_an_order_that_was_refused_and_then_cancelled_waits_for_nobody(self, shop: Shop):
        shop.lists(shop.supplier(), "A", 1)
        shop.tells(CREATE, ("A", 2))
        assert shop.tells(CANCELLED, ("A", 2)) == "taken"
        assert (shop.status(), shop.refusals()) == ("cancelled", [])

    @pytest.mark.parametrize(
        ("payload", "order_id"),
        [
            (b"{", None),
            (b"[]", None),
            (b"\xff\x00", None),
            ({"line_items": []}, None),
            ({"id": "x", "line_items": []}, None),
            ({"id": 10**30, "line_items": []}, None),
            ({"id": 1, "line_items": None}, "1"),
            ({"id": 1, "line_items": ["A"]}, "1"),
            ({"id": 1, "line_items": [{"sku": "A", "quantity": -1}]}, "1"),
            ({"id": 1, "line_items": [{"sku": "A", "quantity": 10**9}]}, "1"),
            ({"id": 1, "line_items": [{"sku": "A", "quantity": 1}] * 501}, "1"),
            ({"id": 1, "line_items": [{"sku": "A", "quantity": 10**6}] * 2}, "1"),
        ],
    )
    def test_what_nobody_can_read_is_kept_and_says_so(self, shop: Shop, payload, order_id):
        shop.lists(shop.supplier(), "A", 1)
        assert shop.hears(CREATE, payload) == "refused"
        (refusal,) = shop.refusals()
        assert refusal["code"] == "unreadable_order"
        assert refusal["orderId"] == order_id or (
            order_id is None and refusal["orderId"].startswith("event-")
        )
        replayed = shop.desk("POST", f"/refusals/{refusal['id']}/replay").json
        assert (replayed["refusal"]["state"], replayed["refusal"]["times"]) == ("open", 2)

    @pytest.mark.parametrize("sku", ["\0", "\ud800", "x" * 129, 7, {}, "  "])
    def test_an_sku_that_is_none_is_missing(self, shop: Shop, sku):
        shop.lists(shop.supplier(), "A", 5)
        assert shop.tells(CREATE, ("A", 1), (sku, 1)) == "taken"
        assert shop.get("1001", "shopify").json["flags"] == [{"rule": "missing_sku", "quantity": 1}]

    def test_a_refusal_keeps_nothing_about_the_customer(self, shop: Shop):
        shop.lists(shop.supplier(), "A", 1)
        shop.tells(CREATE, ("A", 2), email="jo@example.com", line_items=[line("A", 2, name="for Jo")])
        kept = shop.stockline._value(
            "SELECT payload::text FROM order_refusal WHERE tenant_id = %s", shop.stockline.tenant_id
        )
        assert "A" in kept
        assert "Jo" not in kept
        assert "jo@" not in kept
