"""Who serves a line, and what a channel's payload says, decided on paper."""

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.orders.allocation import Offer, allocate
from app.domain.orders.channels import Stage, UnreadableOrderError, kept, read_shopify
from app.domain.orders.order import Line, summed

SUPPLIER = UUID(int=1)
names = st.sampled_from("ABC")
lines = st.lists(st.builds(Line, names, st.integers(1, 5)), max_size=5, unique_by=lambda one: one.part_number)
offers = st.lists(
    st.builds(
        Offer,
        names,
        st.integers(1, 4),
        st.just(SUPPLIER),
        st.sampled_from("xyz"),
        st.just("s"),
        st.integers(0, 6),
    ),
    max_size=8,
)


@given(lines=lines, offers=offers)
def test_no_sku_gives_more_than_it_has_and_every_line_has_one_answer(lines: list[Line], offers: list[Offer]):
    rows = {offer.stock_id: offer.available for offer in offers}
    found = allocate(lines, [Offer(*_with(offer, rows[offer.stock_id])) for offer in offers])
    for stock_id, available in rows.items():
        assert sum(one.line.quantity for one in found.taken if one.offer.stock_id == stock_id) <= available
    answered = [one.line for one in found.taken] + [one.line for one in found.short] + list(found.unknown)
    assert sorted(answered, key=repr) == sorted(lines, key=repr)
    assert all(one.available < one.line.quantity for one in found.short)
    assert {one.part_number for one in found.unknown}.isdisjoint(offer.part_number for offer in offers)


def _with(offer: Offer, available: int) -> tuple:
    return (
        offer.part_number, offer.stock_id, offer.supplier_id, offer.supplier_code, offer.sku, available,
    )  # fmt: skip


def test_most_available_goes_first_then_the_code_then_the_sku():
    rows = [("b", "1", 4), ("a", "2", 4), ("a", "1", 4), ("c", "1", 5), ("d", "1", 0)]
    offers = [Offer("A", at, uuid4(), code, sku, left) for at, (code, sku, left) in enumerate(rows)]
    chosen = []
    for _ in range(4):
        (taken,) = allocate([Line("A", 2)], offers).taken
        chosen.append((taken.offer.supplier_code, taken.offer.sku))
        offers = [one for one in offers if one is not taken.offer]
    assert chosen == [("c", "1"), ("a", "1"), ("a", "2"), ("b", "1")]


def test_lines_of_a_part_are_summed_where_it_is_named_first():
    assert summed([Line("B", 1), Line("A", 2), Line("B", 3)]) == ([Line("B", 4), Line("A", 2)], ["B"])


def test_a_payload_that_says_it_is_cancelled_is_so_under_any_topic():
    told = read_shopify("orders/create", '{"id": 1, "line_items": [], "cancelled_at": "2026-07-01"}', None)
    assert (told.order_id, told.stage) == ("1", Stage.CANCELLED)


@given(body=st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_whatever_is_sent_is_read_or_refused_and_can_be_kept(body: bytes):
    text = kept(body)
    text.encode()
    assert "\0" not in text
    with pytest.raises(UnreadableOrderError):
        read_shopify("orders/create", body, None)
