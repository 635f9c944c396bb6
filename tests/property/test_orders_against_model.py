"""Reports in any order, orders, fulfilments, cancellations and expiries on the real database, against a plain model.

After every step every count of every SKU is the model's: available is never below zero, no unit is promised twice, and
none is lost.
"""

from datetime import datetime

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from app.adapters.postgres import order_stock, supplier_stock
from app.domain.suppliers.report import plan
from app.domain.suppliers.source import Report, ReportRow
from tests.faults.controls import without
from tests.orders import OrderBook
from tests.property.order_model import Shop, Sku
from tests.stockline import Stockline

PARTS = ("A", "B", "C")
SKUS = ("x-A", "x-B", "y-A", "y-C")
picks, skus, quantities = st.integers(0, 20), st.sampled_from(SKUS), st.sampled_from((0, 1, 2, 3, 4, 6))
baskets = st.dictionaries(st.sampled_from((*PARTS, "Z")), st.integers(1, 3), min_size=1, max_size=3)


class OrderMachine(RuleBasedStateMachine):
    """Two suppliers that share two parts, one of which each has alone."""

    stockline: Stockline

    @initialize()
    def open(self) -> None:
        self.book = OrderBook(self.stockline.another())
        self.suppliers = {code: self.book.supplier(code) for code in "xy"}
        self.model = Shop({})
        self.ids: dict[str, int] = {}
        for supplier, part, quantity in (("x", "A", 4), ("x", "B", 3), ("y", "A", 4), ("y", "C", 2)):
            sku = f"{supplier}-{part}"
            self.ids[sku] = self.book.lists(self.suppliers[supplier], part, quantity, sku=sku)
            self.model.skus[sku] = Sku(supplier, part, quantity)
        self.moments: list[datetime] = [self.now()]
        self.asked: dict[str, dict[str, int]] = {}
        self.left: dict[str, datetime] = {}

    def now(self) -> datetime:
        return self.stockline._value("SELECT clock_timestamp()")

    @rule(basket=baskets)
    def order(self, basket: dict[str, int]) -> None:
        self._order(str(len(self.asked)), basket)

    @rule(pick=picks, basket=baskets)
    def order_again(self, pick: int, basket: dict[str, int]) -> None:
        """As it was, or with other lines."""
        if self.asked:
            order_id = str(pick % len(self.asked))
            self._order(order_id, self.asked[order_id] if pick > 10 else basket)

    def _order(self, order_id: str, basket: dict[str, int]) -> None:
        self.asked.setdefault(order_id, basket)
        response = self.book.post(order_id, *basket.items(), expiresInS=3600)
        assert (response.status_code, response.json.get("code", "")) == self.model.order(order_id, basket)

    @rule(pick=picks)
    def fulfil(self, pick: int) -> None:
        self.moments.append(self.now())
        order_id = self._pick(pick)
        self.left |= {one.sku: self.moments[-1] for one in self.model.promises.get(order_id, [])}
        response = self.book.settle("fulfil", order_id)
        settled = response.json.get("settledAt")
        at = datetime.fromisoformat(settled) if settled else None
        assert response.status_code == self.model.settle(order_id, "fulfilled", at)
        self.moments.append(self.now())

    @rule(pick=picks)
    def cancel(self, pick: int) -> None:
        self._cancel(self._pick(pick))

    def _cancel(self, order_id: str) -> None:
        status = self.book.settle("cancel", order_id).status_code
        assert status == self.model.settle(order_id, "cancelled")

    @rule(pick=picks)
    def expire(self, pick: int) -> None:
        """Its hour is over, if it was reserved."""
        order_id = self._pick(pick)
        self.stockline.sql(
            "UPDATE dispatch SET not_before = clock_timestamp() WHERE id ="
            " (SELECT id FROM stock_order WHERE tenant_id = %s AND order_id = %s)",
            self.book.stockline.tenant_id,
            order_id,
        )
        self.book.stockline.drain()
        self.model.settle(order_id, "expired")

    def _pick(self, pick: int) -> str:
        """An order that is reserved, if there is one; now and then any."""
        reserved = [name for name, (status, _) in self.model.orders.items() if status == "reserved"]
        found = reserved if reserved and pick % 5 else list(self.model.orders)
        return found[pick % len(found)] if found else "none"

    @rule(sku=skus, quantity=quantities, back=st.sampled_from((2, 1, 3, 4)))
    def report(self, sku: str, quantity: int, back: int) -> None:
        """As of one of the last moments before or after something left."""
        self._report(sku, quantity, self.moments[-min(back, len(self.moments))])

    @rule(quantity=quantities)
    def late_report(self, quantity: int) -> None:
        """Of what left, counted right before."""
        for sku, before in self.left.items():
            self._report(sku, quantity, before)

    @rule(sku=skus, quantity=quantities)
    def report_now(self, sku: str, quantity: int) -> None:
        self.moments.append(self.now())
        self._report(sku, quantity, self.moments[-1])

    def _report(self, sku: str, quantity: int, as_of: datetime) -> None:
        supplier = self.suppliers[sku[0]]
        row = ReportRow(sku, quantity, as_of)
        with self.stockline.container.unit_of_work.tenant(self.book.stockline.tenant_id) as database:
            standing = supplier_stock.standing(database, supplier)
            made = plan(Report([row], 1), standing, at=as_of, confirmed_at=None, whole=False)
            supplier_stock.write(database, supplier, made.changed)
        self.model.report(sku, quantity, as_of)

    @invariant()
    def the_counts_are_the_models(self) -> None:
        if hasattr(self, "ids"):
            rows = self.stockline.database.execute(
                "SELECT sku, quantity, reserved, shipped, shortage, available FROM supplier_stock"
                " WHERE tenant_id = %s",
                (self.book.stockline.tenant_id,),
            )
            assert {sku: tuple(counts) for sku, *counts in rows} == {
                sku: self.model.counts(sku) for sku in self.ids
            }

    def teardown(self) -> None:
        """Once all is let go, and a last report has seen what left, every unit is there to be had."""
        if not hasattr(self, "ids"):
            return
        for order_id in self.asked:
            self._cancel(order_id)
        assert self.book.drift() is None
        for sku in self.ids:
            self.report_now(sku, 5)
            assert self.book.available(self.ids[sku]) == 5


def machine_of(stockline: Stockline) -> type[OrderMachine]:
    return type("Bound", (OrderMachine,), {"stockline": stockline})


def test_whatever_comes_every_count_is_the_models(stockline: Stockline):
    run_state_machine_as_test(
        machine_of(stockline),
        settings=settings(
            max_examples=25,
            stateful_step_count=30,
            deadline=None,
            database=None,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],  # shrinking on a database takes too long
        ),
    )


def short_and_let_go(machine: OrderMachine) -> None:
    machine.order({"A": 1})
    for sku in ("x-A", "y-A"):
        machine.report_now(sku, 0)
    machine.cancel(0)


def counted_before_it_left(machine: OrderMachine) -> None:
    machine.order({"A": 1})
    machine.fulfil(0)
    machine.late_report(3)


def left_the_shelf(machine: OrderMachine) -> None:
    machine.order({"A": 1})
    machine.fulfil(0)


CONTROLS = {
    "a shortage is not recomputed when units are let go": (
        short_and_let_go,
        (order_stock, "_SETTLE", r",\s+shortage = GREATEST\(0, [^)]*\)", ""),
    ),
    "an older report frees what was fulfilled after it": (
        counted_before_it_left,
        (supplier_stock, "_WRITE", r" AND r\.fulfilled_at <= n\.seen_at", ""),
    ),
    "a fulfilled unit is free at once": (
        left_the_shelf,
        (order_stock, "_SETTLE", r"s\.shipped \+ q\.ships,", "s.shipped,"),
    ),
}


@pytest.mark.parametrize("control", CONTROLS)
def test_control_with_a_mechanism_taken_out_a_count_is_not_the_models(
    stockline: Stockline, monkeypatch: pytest.MonkeyPatch, control: str
):
    steps, mechanism = CONTROLS[control]

    def play() -> None:
        machine = machine_of(stockline)()
        machine.open()
        steps(machine)
        machine.the_counts_are_the_models()

    play()
    without(monkeypatch, *mechanism)
    with pytest.raises(AssertionError):
        play()
