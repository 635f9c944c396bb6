"""What runs low is gathered into one draft per supplier, and leaves it when it has recovered."""

import time

import psycopg
import pytest

from app.domain.work.dispatch import Actor
from tests.buyer import Buyer


class TestADraft:
    def test_what_falls_to_the_reorder_point_is_drafted_up_to_the_target(self, buyer: Buyer):
        skus = buyer.stock(buyer.supplier(), A=100, B=100, C=100)
        buyer.report(skus["A"], 5)
        buyer.report(skus["B"], 6)
        buyer.watch()
        draft = buyer.draft()
        assert (draft["state"], draft["number"], draft["lineCount"], draft["units"]) == ("draft", 1, 1, 5)
        assert draft["lines"] == [
            {
                "sku": "A",
                "partNumber": "P-A",
                "quantity": 5,
                "received": 0,
                "overReceived": 0,
                "price": None,
                "setByPerson": False,
            }
        ]

    def test_packs_minimum_target_and_points_of_the_sku_come_first(self, buyer: Buyer):
        supplier = buyer.supplier(reorder_point=5, target_stock=20)
        buyer.sku(supplier, "pack", 4, pack_size=12)
        buyer.sku(supplier, "minimum", 4, order_minimum=50)
        buyer.sku(supplier, "own", 40, reorder_point=40, target_stock=100)
        buyer.sku(supplier, "plain", 4, price="2.50")
        buyer.watch()
        assert buyer.drafted() == {"pack": 24, "minimum": 50, "own": 60, "plain": 16}
        assert [line["price"] for line in buyer.draft()["lines"]] == [None, None, None, "2.50"]

    def test_a_reservation_makes_it_low_as_a_report_does(self, buyer: Buyer):
        sku = buyer.sku(buyer.supplier(), "A", 10)
        buyer.set("supplier_stock", sku, reserved=6)
        buyer.watch()
        assert buyer.drafted() == {"A": 6}

    def test_what_is_promised_and_not_there_is_ordered_too(self, buyer: Buyer):
        sku = buyer.sku(buyer.supplier(), "A", 10, reserved=8)
        buyer.set("supplier_stock", sku, quantity=3, shortage=5)
        buyer.watch()
        assert buyer.drafted() == {"A": 15}

    def test_it_grows_with_what_falls_low_next(self, buyer: Buyer):
        skus = buyer.stock(buyer.supplier(), A=3, B=100)
        buyer.watch()
        first = buyer.draft()
        buyer.report(skus["B"], 0)
        buyer.watch()
        assert buyer.draft()["purchaseOrderId"] == first["purchaseOrderId"]
        assert buyer.drafted() == {"A": 7, "B": 10}

    def test_a_line_goes_along_with_what_is_available(self, buyer: Buyer):
        sku = buyer.sku(buyer.supplier(), "A", 3)
        buyer.watch()
        buyer.report(sku, 1)
        buyer.watch()
        assert buyer.drafted() == {"A": 9}

    def test_a_line_goes_when_its_sku_has_recovered_and_the_empty_draft_stays(self, buyer: Buyer):
        sku = buyer.sku(buyer.supplier(), "A", 3)
        buyer.watch()
        before = buyer.draft()
        buyer.report(sku, 6)
        buyer.watch()
        assert buyer.drafted() == {}
        assert buyer.refused(before, "approve") == (409, "purchase_order_empty")
        buyer.report(sku, 5)
        buyer.watch()
        assert buyer.draft()["number"] == before["number"]

    def test_each_supplier_has_its_own_and_they_are_numbered(self, buyer: Buyer):
        for code in ("nord", "sued"):
            buyer.sku(buyer.supplier(code), "A", 1)
        buyer.watch()
        assert {one["supplierCode"]: one["number"] for one in buyer.orders()} == {"nord": 1, "sued": 2}

    def test_without_a_reorder_point_nothing_is_ordered(self, buyer: Buyer):
        buyer.sku(buyer.supplier(reorder_point=None), "A", 0)
        buyer.watch()
        assert buyer.orders() == []

    @pytest.mark.parametrize("gone", ["listed", "active"])
    def test_what_the_supplier_does_not_sell_any_more_is_not_ordered(self, buyer: Buyer, gone: str):
        supplier = buyer.supplier()
        sku = buyer.sku(supplier, "A", 3)
        buyer.watch()
        assert buyer.drafted() == {"A": 7}
        table, one = ("supplier_stock", sku) if gone == "listed" else ("supplier", supplier)
        buyer.set(table, one, **{gone: False})
        buyer.watch()
        assert buyer.drafted() == {}

    def test_other_tenants_suppliers_are_theirs(self, buyer: Buyer):
        other = Buyer(buyer.stockline.another())
        other.sku(other.supplier(), "A", 1)
        other.watch()
        assert buyer.orders() == []
        order_id = other.draft()["purchaseOrderId"]
        assert buyer.call("GET", f"/{order_id}").status_code == 404
        assert buyer.call("POST", f"/{order_id}/approve").status_code == 404


class TestTerms:
    def test_another_reorder_point_of_the_supplier_is_looked_at_at_once(self, buyer: Buyer):
        supplier = buyer.supplier(reorder_point=None)
        buyer.stock(supplier, A=3, B=30)
        buyer.set("supplier", supplier, reorder_point=10)
        buyer.watch()
        assert buyer.drafted() == {"A": 17}
        buyer.set("supplier", supplier, reorder_point=2)
        buyer.watch()
        assert buyer.drafted() == {}

    def test_other_terms_of_a_sku_too(self, buyer: Buyer):
        skus = buyer.stock(buyer.supplier(), A=3, B=30)
        buyer.set("supplier_stock", skus["B"], reorder_point=30)
        buyer.watch()
        assert buyer.drafted() == {"A": 7, "B": 30}
        buyer.set("supplier_stock", skus["A"], pack_size=4)
        buyer.watch()
        assert buyer.drafted() == {"A": 8, "B": 30}

    def test_a_target_that_is_no_more_than_the_point_still_fills_it_up_beyond(self, buyer: Buyer):
        buyer.sku(buyer.supplier(reorder_point=5, target_stock=2), "A", 5)
        buyer.watch()
        assert buyer.drafted() == {"A": 1}

    def test_changes_that_are_none_are_not_looked_at(self, buyer: Buyer):
        supplier = buyer.supplier()
        buyer.sku(supplier, "A", 3)
        buyer.watch()
        buyer.set("supplier", supplier, reorder_point=5, polled_at="2026-11-21")
        buyer.stockline.container.work.sweep()
        assert buyer.due(Actor.PURCHASING_WATCH) == []


class TestTasks:
    def alerts(self, buyer: Buyer) -> list[tuple[str, str]]:
        return buyer.stockline.database.execute(
            "SELECT kind, details->>'sku' FROM alert WHERE tenant_id = %s AND kind LIKE 'reorder%%' ORDER BY created_at",
            (buyer.stockline.tenant_id,),
        ).fetchall()

    def test_a_supplier_may_want_tasks_in_place_of_orders(self, buyer: Buyer):
        skus = buyer.stock(buyer.supplier(reorder_mode="task"), A=100, B=100)
        buyer.report(skus["A"], 4)
        buyer.watch()
        buyer.report(skus["A"], 3)
        buyer.watch()
        assert self.alerts(buyer) == [("reorder", "A")]
        assert buyer.orders() == []
        buyer.report(skus["A"], 50)
        buyer.watch()
        assert self.alerts(buyer) == [("reorder", "A"), ("reorder-over", "A")]

    def test_or_nothing_at_all(self, buyer: Buyer):
        buyer.sku(buyer.supplier(reorder_mode="off"), "A", 0)
        buyer.watch()
        assert (self.alerts(buyer), buyer.orders()) == ([], [])

    def test_drafted_lines_become_tasks_when_the_supplier_wants_it_so(self, buyer: Buyer):
        supplier = buyer.supplier()
        buyer.sku(supplier, "A", 0)
        buyer.watch()
        buyer.set("supplier", supplier, reorder_mode="task")
        buyer.watch()
        assert buyer.drafted() == {}
        assert self.alerts(buyer) == []
        buyer.set("supplier", supplier, reorder_point=6)
        buyer.watch()
        assert self.alerts(buyer) == [("reorder", "A")]


class TestOneOpenLine:
    def test_what_is_ordered_is_not_drafted_again_however_low_it_falls(self, buyer: Buyer):
        skus = buyer.stock(buyer.supplier(), A=3, B=100)
        buyer.watch()
        order = buyer.act(buyer.draft(), "approve")
        for state in ("approved", "sent", "partly-received"):
            buyer.set("purchase_order", order["purchaseOrderId"], state=state)
            buyer.report(skus["A"], 0)
            buyer.watch()
            buyer.report(skus["A"], 2)
            buyer.watch()
            assert buyer.orders(state="draft") == [], state
        buyer.report(skus["B"], 0)
        buyer.watch()
        assert buyer.drafted() == {"B": 10}

    def test_it_is_again_once_the_order_is_done_and_the_sku_moves(self, buyer: Buyer):
        sku = buyer.sku(buyer.supplier(), "A", 3)
        buyer.watch()
        buyer.act(buyer.draft(), "cancel")
        buyer.watch()
        assert buyer.orders(state="draft") == []
        buyer.report(sku, 2)
        buyer.watch()
        assert buyer.drafted() == {"A": 8}

    def test_the_database_refuses_a_second_open_line(self, buyer: Buyer):
        buyer.sku(buyer.supplier(), "A", 3)
        buyer.watch()
        with pytest.raises(psycopg.errors.UniqueViolation):
            buyer.stockline.sql(
                "INSERT INTO purchase_order_line (tenant_id, purchase_order_id, stock_id, sku, quantity)"
                " SELECT tenant_id, purchase_order_id, stock_id, sku, 1 FROM purchase_order_line WHERE tenant_id = %s",
                buyer.stockline.tenant_id,
            )


class TestAStorm:
    def test_five_thousand_skus_at_once_make_one_draft_with_one_line_each_in_seconds(self, buyer: Buyer):
        suppliers = [buyer.supplier(code) for code in ("nord", "sued")]
        for supplier in suppliers:
            buyer.stockline.sql(
                "INSERT INTO supplier_stock (tenant_id, supplier_id, sku, quantity)"
                " SELECT %s, %s, 'S' || n, 100 FROM generate_series(1, 2500) n",
                buyer.stockline.tenant_id,
                supplier,
            )
        buyer.stockline.sql(
            "UPDATE supplier_stock SET quantity = 0 WHERE tenant_id = %s", buyer.stockline.tenant_id
        )
        began = time.monotonic()
        while not buyer.orders() or sum(one["lineCount"] for one in buyer.orders()) < 5000:
            assert time.monotonic() < began + 10
            buyer.watch()
        print("storm", round(time.monotonic() - began, 2), "s")
        assert sorted((one["supplierCode"], one["lineCount"], one["units"]) for one in buyer.orders()) == [
            ("nord", 2500, 25_000),
            ("sued", 2500, 25_000),
        ]
