"""Whatever reports, terms, watches and people do in whatever order: one draft a supplier, one open line a SKU, none lost."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from app.bootstrap import Container
from app.domain.errors import ConflictError
from app.domain.purchasing.order import MAY, Act, OrderState
from app.domain.purchasing.reorder import Terms, quantity
from app.domain.work.dispatch import Actor
from tests.buyer import Buyer
from tests.stockline import Stockline

SKUS = ("A", "B", "C")
POINT, PACK = 5, 4
UNITS = st.integers(0, 12)
ORDERS = st.integers(0, 3)
SKU = st.sampled_from(SKUS)


class Purchasing(RuleBasedStateMachine):
    """Two suppliers of three SKUs each; `stirred`: SKUs that changed since the watch looked."""

    opened: Callable[[], Buyer]

    @initialize()
    def open(self) -> None:
        self.buyer = type(self).opened()
        self.desk = self.buyer.stockline.container.purchasing
        self.tenant = self.buyer.stockline.tenant_id
        self.skus: dict[tuple[int, str], int] = {}
        for number in range(2):
            supplier = self.buyer.supplier(f"s{number}", reorder_point=POINT)
            for sku in SKUS:
                self.skus[number, sku] = self.buyer.sku(supplier, sku, 12, pack_size=PACK)
        self.taken_out: set[int] = set()
        self.stirred: set[int] = set()

    @rule(number=st.integers(0, 1), sku=SKU, units=UNITS)
    def report(self, number: int, sku: str, units: int) -> None:
        stock_id = self.skus[number, sku]
        self.buyer.report(stock_id, units)
        self.stirred.add(stock_id)

    @rule()
    def watch(self) -> None:
        self.buyer.stockline.container.work.sweep()
        self.buyer.work(Actor.PURCHASING_WATCH)
        for stock_id, available, drafted, ordered, fixed, taken_out in self.lines():
            if stock_id not in self.stirred or fixed or taken_out:
                continue
            due = quantity(available, 0, Terms(POINT, pack=PACK))
            assert drafted == (None if ordered else due), (available, drafted, ordered)
        self.stirred.clear()

    @rule(which=ORDERS, act=st.sampled_from([Act.APPROVE, Act.CLOSE, Act.CANCEL]))
    def act(self, which: int, act: Act) -> None:
        order = self.order(which)
        if order is None:
            return
        allowed = order.state in MAY[act] and not (act is Act.APPROVE and order.lines == 0)
        calls: dict[Act, Callable[[], Any]] = {
            Act.APPROVE: lambda: self.desk.approve(self.tenant, order.id, approved_by="me"),
            Act.CLOSE: lambda: self.desk.close(self.tenant, order.id),
            Act.CANCEL: lambda: self.desk.cancel(self.tenant, order.id),
        }
        self.attempt(calls[act], allowed=allowed)

    @rule(which=ORDERS)
    def send(self, which: int) -> None:
        order = self.order(which)
        if order is not None and order.state is OrderState.APPROVED:
            self.buyer.set("purchase_order", order.id, state="sent")

    @rule(which=ORDERS, units=st.integers(1, 12))
    def receive(self, which: int, units: int) -> None:
        order = self.order(which)
        if order is None or order.lines == 0:
            return
        sku = self.desk.order(self.tenant, order.id)["lines"][0]["sku"]
        receipt = f"{order.id}/{units}"
        before = self.received(order.id, sku)
        new = receipt not in self.receipts()
        self.attempt(
            lambda: self.desk.receive(self.tenant, order.id, receipt, {sku: units}),
            allowed=order.state in MAY[Act.RECEIVE] or not new,
        )
        told = new and order.state in MAY[Act.RECEIVE]
        assert self.received(order.id, sku) == before + (units if told else 0)

    @rule(which=ORDERS, sku=SKU, units=UNITS)
    def edit(self, which: int, sku: str, units: int) -> None:
        order = self.order(which)
        if order is None:
            return
        number = int(order.supplier_code[1])
        elsewhere = self.open_elsewhere(self.skus[number, sku], order.id)
        allowed = order.state in MAY[Act.EDIT] and not (elsewhere and units)
        self.attempt(lambda: self.desk.set_lines(self.tenant, order.id, {sku: units}), allowed=allowed)

    @invariant()
    def one_draft_and_one_open_line(self) -> None:
        if not hasattr(self, "buyer"):
            return
        drafts = self.query("SELECT supplier_id FROM purchase_order WHERE tenant_id = %s AND state = 'draft'")
        assert len(drafts) == len(set(drafts))
        lines = self.query("SELECT stock_id FROM purchase_order_line WHERE tenant_id = %s AND open")
        assert len(lines) == len(set(lines))

    @invariant()
    def what_is_over_has_no_open_line_and_what_is_awaited_has(self) -> None:
        if not hasattr(self, "buyer"):
            return
        wrong = self.query(
            "SELECT o.state, l.sku, l.open FROM purchase_order_line l JOIN purchase_order o ON o.id = l.purchase_order_id"
            " WHERE l.tenant_id = %s AND l.open IS DISTINCT FROM CASE WHEN o.state IN ('closed', 'cancelled', 'received')"
            " THEN false WHEN o.state = 'draft' THEN l.open ELSE l.received < l.quantity END"
        )
        assert wrong == []

    def attempt(self, call: Callable[[], Any], *, allowed: bool) -> None:
        if allowed:
            call()
        else:
            with pytest.raises(ConflictError):
                call()

    def order(self, which: int) -> Any:
        orders = self.desk.orders(self.tenant, 4)
        return orders[which] if which < len(orders) else None

    def received(self, order_id: Any, sku: str) -> int:
        return next(
            one["received"] for one in self.desk.order(self.tenant, order_id)["lines"] if one["sku"] == sku
        )

    def receipts(self) -> set[str]:
        return {one for (one,) in self.query("SELECT receipt_id FROM purchase_receipt WHERE tenant_id = %s")}

    def open_elsewhere(self, stock_id: int, order_id: Any) -> bool:
        lines = self.query(
            "SELECT stock_id, purchase_order_id FROM purchase_order_line WHERE tenant_id = %s AND open"
        )
        return any(stock == stock_id and order != order_id for stock, order in lines)

    def lines(self) -> list[Any]:
        """By SKU: available, the draft's quantity, whether it is on an order beyond it, and what a person said."""
        return self.query(
            "SELECT s.id, s.available, max(l.quantity) FILTER (WHERE l.open AND o.state = 'draft'),"
            " COALESCE(bool_or(l.open AND o.state <> 'draft'), false),"
            " COALESCE(bool_or(l.fixed AND l.open AND o.state = 'draft'), false),"
            " COALESCE(bool_or(NOT l.open AND o.state = 'draft'), false)"
            " FROM supplier_stock s LEFT JOIN purchase_order_line l ON l.stock_id = s.id"
            " LEFT JOIN purchase_order o ON o.id = l.purchase_order_id WHERE s.tenant_id = %s GROUP BY s.id"
        )

    def query(self, statement: str) -> list[Any]:
        return self.buyer.stockline.database.execute(statement, (self.tenant,)).fetchall()


def test_drafts_and_orders_keep_to_the_rules_whatever_happens(
    build: Callable[..., Container], stockline: Stockline
):
    Purchasing.opened = staticmethod(lambda: Buyer(stockline.another()))  # type: ignore[assignment]
    run_state_machine_as_test(
        Purchasing,
        settings=settings(
            max_examples=25,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
