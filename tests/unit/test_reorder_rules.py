"""When a SKU is ordered again, and how much: the rule on its own."""

from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.purchasing.reorder import QUANTITY_MAX, Plan, Position, ReorderMode, Terms, plan, quantity

UNITS = st.integers(0, 1_000_000)
TERMS = st.builds(
    Terms, point=UNITS, target=st.none() | UNITS, pack=st.integers(1, 5_000), minimum=st.integers(1, 100_000)
)
LOW = Position(
    stock_id=1,
    supplier_id=UUID(int=1),
    supplier_code="nord",
    sku="A",
    part_number=None,
    available=3,
    shortage=0,
    orderable=True,
    mode=ReorderMode.ORDER,
    terms=Terms(5),
)


@given(available=UNITS, terms=TERMS)
def test_above_the_reorder_point_nothing_is_ordered_and_at_it_something_is(available: int, terms: Terms):
    assert (quantity(available, 0, terms) is None) == (available > terms.point)


@given(available=UNITS, shortage=UNITS, terms=TERMS)
def test_an_order_is_whole_packs_the_minimum_at_least_and_no_less_than_is_missing(
    available: int, shortage: int, terms: Terms
):
    ordered = quantity(available, shortage, terms)
    if ordered is None:
        return
    assert ordered % terms.pack == 0
    assert ordered >= terms.minimum
    assert available - shortage + ordered >= terms.level


@given(available=UNITS, terms=TERMS)
def test_an_order_is_not_a_pack_larger_than_it_must_be(available: int, terms: Terms):
    ordered = quantity(available, 0, terms)
    if ordered is not None and ordered - terms.pack >= terms.minimum:
        assert available + ordered - terms.pack < terms.level


@given(available=UNITS, terms=TERMS)
def test_when_it_has_come_it_is_not_due_again(available: int, terms: Terms):
    ordered = quantity(available, 0, terms)
    if ordered is not None:
        assert quantity(available + ordered, 0, terms) is None


@given(
    available=st.integers(0, QUANTITY_MAX),
    shortage=st.integers(0, QUANTITY_MAX),
    terms=st.builds(
        Terms,
        point=st.integers(0, QUANTITY_MAX),
        target=st.none() | st.integers(0, QUANTITY_MAX),
        pack=st.integers(1, QUANTITY_MAX),
        minimum=st.integers(1, QUANTITY_MAX),
    ),
)
def test_whatever_the_figures_the_database_can_hold_it(available: int, shortage: int, terms: Terms):
    ordered = quantity(available, shortage, terms)
    assert ordered is None or 1 <= ordered <= QUANTITY_MAX


@pytest.mark.parametrize(
    ("position", "expected"),
    [
        (LOW, Plan(add=[(LOW, 7)])),
        (replace(LOW, available=6), Plan()),
        (replace(LOW, orderable=False), Plan()),
        (replace(LOW, terms=None), Plan()),
        (replace(LOW, mode=ReorderMode.OFF), Plan()),
        (replace(LOW, mode=ReorderMode.TASK), Plan()),
        (replace(LOW, line_id=9, in_draft=True, ordered=7), Plan()),
        (replace(LOW, line_id=9, in_draft=True, ordered=8), Plan(change=[(9, 7)])),
        (replace(LOW, line_id=9, in_draft=True, ordered=8, fixed=True), Plan()),
        (replace(LOW, line_id=9, in_draft=True, available=6), Plan(remove=[9])),
        (replace(LOW, line_id=9, in_draft=True, available=6, fixed=True), Plan()),
        (replace(LOW, line_id=9, in_draft=False, ordered=8), Plan()),
        (replace(LOW, line_id=9, in_draft=False, available=6), Plan()),
        (replace(LOW, taken_out=9), Plan()),
        (replace(LOW, taken_out=9, available=6), Plan(remove=[9])),
    ],
)
def test_what_becomes_of_a_line(position: Position, expected: Plan):
    made = plan([position])
    lines = [[(one.stock_id, many) for one, many in each.add] for each in (made, expected)]
    assert lines[0] == lines[1]
    assert (made.change, made.remove) == (expected.change, expected.remove)


def test_a_task_stands_while_its_sku_is_due_and_nothing_of_it_is_ordered():
    task = replace(LOW, mode=ReorderMode.TASK)
    told = [
        plan([one]).tasks[0][1]
        for one in (task, replace(task, available=6), replace(task, line_id=9, in_draft=False), LOW)
    ]
    assert told == [7, None, None, None]
