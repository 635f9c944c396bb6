"""app/domain/stock/block.py: rows cut into chunks lose nothing, and duplicates by name are settled beforehand."""

import json
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.domain.stock.block import Block, blocks, not_older, pack, unpack
from app.domain.stock.feed import FeedKind
from app.domain.stock.rows import Parsed, parse

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def parsed(rows: list[object], kind: FeedKind = FeedKind.STOCK) -> Parsed:
    return parse(
        kind, json.dumps([*rows, {"partNumber": "last", "stock": 0, "dealerId": "D"}]).encode(), lambda: NOW
    )


def row(name: str, stock: int = 1, ago: int | None = None, **more: object) -> dict[str, object]:
    dated = {} if ago is None else {"asOf": (NOW - timedelta(minutes=ago)).isoformat()}
    return {"partNumber": name, "stock": stock} | dated | more


def lost(rows: list[object], kind: FeedKind = FeedKind.STOCK, size: int = 100) -> list[int]:
    """Payload positions of those that lose."""
    return [block.payload_index(at) for block in blocks(parsed(rows, kind), size) for at in block.superseded]


payloads = st.lists(
    st.one_of(
        st.builds(
            row, st.sampled_from(["A", " A", "B", "C"]), st.integers(0, 9), st.none() | st.integers(1, 9)
        ),
        st.just(5),
        st.just({"partNumber": ""}),
    ),
    max_size=12,
)


@given(payloads, st.integers(1, 5))
def test_every_row_is_in_one_block_at_its_place(rows: list[object], size: int):
    whole = parsed(rows)
    cut = list(blocks(whole, size))
    shown = [
        (block.payload_index(at), block.sent_as(at), block.values[at], block.as_of.get(at))
        for block in cut
        for at in range(len(block.keys))
    ]
    expected = [
        (whole.index[at], whole.sent.get(at, whole.keys[at]), whole.values[at], whole.as_of.get(at))
        for at in range(len(whole.keys))
    ]
    assert shown == expected
    assert [refusal for block in cut for refusal in block.refused] == whole.refused
    assert all(1 <= len(block.keys) <= size for block in cut)


@given(payloads, st.integers(1, 5))
def test_blocks_cover_the_payload_without_gap_or_overlap(rows: list[object], size: int):
    at = 0
    for block in blocks(parsed(rows), size):
        assert block.first_index == at
        at += block.row_count
    assert at == len(rows) + 1


@given(payloads, st.integers(1, 5))
def test_packing_keeps_everything(rows: list[object], size: int):
    for block in blocks(parsed(rows), size):
        assert unpack(pack(block)) == block


@given(payloads, st.integers(1, 5))
def test_the_size_of_the_blocks_decides_no_duplicate(rows: list[object], size: int):
    assert lost(rows, size=size) == lost(rows)


@given(payloads)
def test_one_row_of_each_name_wins(rows: list[object]):
    whole = parsed(rows)
    gone = set(lost(rows))
    winners = [key for at, key in enumerate(whole.keys) if whole.index[at] not in gone]
    assert sorted(winners) == sorted(set(whole.keys))


def test_the_last_position_wins():
    assert lost([row("A"), row("B"), row(" A "), row("A")]) == [0, 2]


def test_the_latest_as_of_wins():
    assert lost([row("A", ago=2), row("A", ago=1), row("A", ago=3)]) == [0, 2]


def test_no_as_of_is_later_than_any():
    assert lost([row("A"), row("A", ago=1)]) == [1]


def test_a_name_in_two_stores_is_two_names():
    rows = [row("A", dealerId="D1"), row("A", dealerId="D2"), row("A", dealerId="D1")]
    assert lost(rows, FeedKind.LOCATION) == [0]


def test_an_id_in_another_case_is_the_same_store():
    store = "01980000-0000-7000-8000-00000000000a"
    (block, *_) = blocks(
        parsed([row("A", dealerId=store), row("A", dealerId=store.upper())], FeedKind.LOCATION), 9
    )
    assert block.superseded == [0]
    assert [block.dealer_sent_as(at) for at in (0, 1)] == [store, store.upper()]


def test_rows_without_a_store_have_none():
    assert Block(["A"], [1], 0).dealer_sent_as(0) == ""


def test_not_older_orders_stamps_and_their_absence():
    early, late = NOW, NOW + timedelta(seconds=1)
    assert [not_older(*pair) for pair in [(late, early), (early, early), (early, late)]] == [
        True,
        True,
        False,
    ]
    assert [not_older(*pair) for pair in [(None, early), (None, None), (early, None)]] == [True, True, False]
