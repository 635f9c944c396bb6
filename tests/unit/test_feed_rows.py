"""app/domain/stock/rows.py: from a body to strict rows, fast or careful, always the same."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import InvalidInputError, PayloadTooLargeError
from app.domain.stock import rows
from app.domain.stock.feed import FeedKind
from app.domain.stock.rows import ABSENT, Parsed, parse

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def read(body: object, kind: FeedKind = FeedKind.STOCK) -> Parsed:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return parse(kind, data, lambda: NOW)


def test_rows_come_out_as_columns():
    parsed = read([{"partNumber": "A", "stock": 1}, {"partNumber": " B ", "stock": 2.7}])
    assert (parsed.keys, parsed.values, parsed.index) == (["A", "B"], [1, 2], [0, 1])
    assert parsed.sent == {1: " B "}


def test_a_refused_row_leaves_a_gap_in_the_index():
    parsed = read([{"partNumber": "A", "stock": 1}, 5, {"partNumber": "B", "stock": 2}])
    assert (parsed.index, [one[0] for one in parsed.refused]) == ([0, 2], [1])
    assert parsed.sample == [{"index": 1, "reason": "the row is not an object"}]


names = st.text(max_size=8) | st.sampled_from(
    ["A", " A", "\u00a0A", "x" * 128, "x" * 129, "a\0", "\ud800", "\u2028"]
)
stocks = (
    st.integers(-3, 2**31 + 3)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from([None, True, False, "5", [], {}, 10**30])
)
bodies = st.lists(
    st.fixed_dictionaries({"partNumber": names, "stock": stocks}, optional={"name": st.text(max_size=3)}),
    min_size=1,
    max_size=6,
)


@given(bodies, st.booleans())
def test_the_fast_way_and_the_careful_way_agree(body, escaped: bool):
    data = json.dumps(body, ensure_ascii=escaped).encode("utf-8", "surrogatepass")
    try:
        found: object = read(data)
    except InvalidInputError as error:
        found = error.message
    with patch.object(rows, "_parse_plain_stock", return_value=None):
        try:
            careful: object = read(data)
        except InvalidInputError as error:
            careful = error.message
    assert found == careful


@given(st.text(max_size=140), st.text(alphabet=" \t\n\u00a0\u3000", max_size=3))
def test_a_part_number_is_taken_if_its_trimmed_code_points_are_1_to_128(name: str, padding: str):
    body = [{"partNumber": padding + name + padding, "stock": 1}, {"partNumber": "A", "stock": 1}]
    parsed = read(body)
    fits = 1 <= len(name.strip()) <= 128 and "\0" not in name
    assert (len(parsed.keys) == 2) == (fits and not any("\ud800" <= one <= "\udfff" for one in name))


@given(st.decimals(-10, 2**32, allow_nan=False, places=4))
def test_stock_is_floored_and_bounded(stock: Decimal):
    body = f'[{{"partNumber":"A","stock":{stock}}},{{"partNumber":"B","stock":1}}]'.encode()
    parsed = read(body)
    if 0 <= stock < 2**31:
        assert parsed.values == [int(stock), 1]
    else:
        assert parsed.values == [1]


@given(st.binary(max_size=60))
def test_any_bytes_are_parsed_or_refused(body: bytes):
    for kind in FeedKind:
        with pytest.raises(InvalidInputError):
            read(body, kind)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda s: st.lists(s) | st.dictionaries(st.text(), s),
    )
)
def test_any_json_is_parsed_or_refused(body: object):
    for kind in FeedKind:
        with pytest.raises(InvalidInputError):
            read([body], kind)


@pytest.mark.parametrize(
    ("literal", "values"),
    [
        ("1e-9999999999999999999", [0, 1]),
        ("0e9999999999999999999", [0, 1]),
        ("-0.0", [0, 1]),
        ("1e9999999999999999999", [1]),
        ("-1e-9999999999999999999", [1]),
        ("-1e9999999999999999999", [1]),
        ("9" * 5000, [1]),
        ("0." + "0" * 5000 + "1", [0, 1]),
    ],
)
def test_a_number_is_what_it_says_however_far_out(literal: str, values: list[int]):
    body = f'[{{"partNumber":"A","stock":{literal}}},{{"partNumber":"B","stock":1}}]'
    assert read(body.encode()).values == values


def test_a_duplicate_key_is_seen_even_in_a_row_without_other_surprises():
    parsed = read(b'[{"partNumber":"A","stock":1,"stock":1},{"partNumber":"B","stock":1}]')
    assert (parsed.keys, parsed.sample[0]["reason"]) == (["B"], "a key stands twice in the row")


def test_a_quote_missing_here_is_not_made_up_for_by_one_too_many_there():
    parsed = read(b'[{"partNumber":"A","stock":1,"x":1,"x":2},{"partNumber":"B","stock":1}]')
    assert parsed.keys == ["B"]


def test_more_rows_than_a_feed_may_have_are_too_large(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rows, "ROWS_MAX", 2)
    body = [{"partNumber": "A", "stock": 1}] * 3
    with pytest.raises(PayloadTooLargeError):
        read(body)


class TestAsOf:
    def as_of(self, text: str) -> Parsed:
        return read([{"partNumber": "A", "stock": 1, "asOf": text}, {"partNumber": "B", "stock": 1}])

    @pytest.mark.parametrize("seconds", [-1, -3600, -86400 * 9000])
    def test_an_earlier_one_is_kept(self, seconds: int):
        moment = NOW + timedelta(seconds=seconds)
        assert self.as_of(moment.isoformat()).as_of == {0: moment}

    @pytest.mark.parametrize("seconds", [0, 1, 299, 300])
    def test_up_to_five_minutes_ahead_is_the_acceptance(self, seconds: int):
        parsed = self.as_of((NOW + timedelta(seconds=seconds)).isoformat())
        assert (parsed.as_of, parsed.refused) == ({}, [])

    @pytest.mark.parametrize("ahead", [timedelta(minutes=5, microseconds=1), timedelta(days=1)])
    def test_further_ahead_is_malformed(self, ahead: timedelta):
        assert self.as_of((NOW + ahead).isoformat()).keys == ["B"]

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "now",
            "2026-06-01",
            "2026-06-01T10:00:00",
            "2026-06-01T25:00:00Z",
            "1780000000",
            "2026-05-30T10:00:00+0200",
            "2026-05-30T10:00:00+02",
            "20260530T100000Z",
            "10000-01-01T00:00:00Z",
        ],
    )
    def test_what_is_no_time_with_an_offset_is_malformed(self, text: str):
        assert self.as_of(text).keys == ["B"]

    @pytest.mark.parametrize(
        "text", ["0001-01-01T00:00:00+23:59", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59"]
    )
    def test_the_ends_of_time_are_refused_and_not_an_error(self, text: str):
        assert self.as_of(text).keys == ["B"]

    def test_the_clock_is_asked_once_and_only_for_stamps(self):
        asked = []

        def clock() -> datetime:
            asked.append(1)
            return NOW

        dated = {"partNumber": "A", "stock": 1, "asOf": "2026-01-01T00:00:00Z"}
        parse(FeedKind.STOCK, json.dumps([{"partNumber": "A", "stock": 1}]).encode(), clock)
        assert not asked
        parse(FeedKind.STOCK, json.dumps([dated, dated]).encode(), clock)
        assert len(asked) == 1


class TestPrices:
    @given(st.integers(0, 10**12 - 1), st.booleans())
    def test_every_sum_is_read_to_the_cent(self, cents: int, quoted: bool):
        text = f"{cents // 100}.{cents % 100:02d}"
        value = f'"{text}"' if quoted else text
        parsed = read(f'[{{"partNumber":"A","price":{value}}}]'.encode(), FeedKind.PRICE)
        assert parsed.values == [(cents, ABSENT, ABSENT)]

    @given(st.integers(0, 10**10), st.integers(1, 9), st.integers(2, 60))
    def test_a_third_decimal_is_always_seen(self, euros: int, digit: int, zeros: int):
        body = f'[{{"partNumber":"A","price":{euros}.{"0" * zeros}{digit}}}]'.encode()
        with pytest.raises(InvalidInputError):
            read(body, FeedKind.PRICE)

    def test_null_clears_and_absent_leaves(self):
        parsed = read([{"partNumber": "A", "price": None, "costPrice": 1}], FeedKind.PRICE)
        assert parsed.values == [(None, ABSENT, 100)]


class TestDealers:
    def test_an_id_is_compared_in_lower_case_and_repeated_as_it_came(self):
        sent = "01980000-0000-7000-8000-00000000000A"
        parsed = read([{"dealerId": sent, "partNumber": "A", "stock": 1}], FeedKind.LOCATION)
        assert (parsed.dealers, parsed.sent_dealers) == ([sent.lower()], {0: sent})

    def test_what_is_no_id_is_left_alone(self):
        parsed = read([{"dealerId": "ABC", "partNumber": "A", "stock": 1}], FeedKind.LOCATION)
        assert (parsed.dealers, parsed.sent_dealers) == (["ABC"], {})
