"""app/domain/stock/plan.py: what becomes of each row, and which unchanged values are worth a write."""

from datetime import UTC, datetime, timedelta

import pytest

from app.domain.stock.block import Block
from app.domain.stock.feed import OUTCOMES
from app.domain.stock.plan import REFRESH, FeedClock, Plan, Snapshot, Standing, doubtful, merged, plan_chunk
from app.domain.stock.rows import ABSENT

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
CLOCK = FeedClock(NOW, 10, in_order=True, confirmed_until=None)


def standing(
    value: int = 5, ago: timedelta | None = MINUTE, seq: int = 1, key: str = "A", id_: int = 1
) -> Standing:
    return Standing(id_, value, None if ago is None else NOW - ago, seq, key)


def plan(
    sent: int = 5,
    stands: Standing | None = None,
    ago: timedelta | None = None,
    clock: FeedClock = CLOCK,
    **snapshot,
) -> Plan:
    """One row for A against what stands there."""
    block = Block(["A"], [sent], 0, as_of={} if ago is None else {0: NOW - ago})
    return plan_chunk(block, Snapshot({"A": stands} if stands else {}, **snapshot), clock)


def outcomes(made: Plan) -> list[str]:
    return [OUTCOMES[chr(code).lower()] for code in made.outcomes]


def test_an_unknown_row_is_not_found():
    assert outcomes(plan()) == ["notFound"]


def test_another_value_is_written_and_forgotten_by_the_projection():
    made = plan(6, standing(5))
    assert (outcomes(made), made.changed_keys) == (["changed"], ["A"])
    assert made.writes == [(standing(5), 6, None)]


def test_the_first_write_gives_an_item_its_stamp_even_unchanged():
    made = plan(5, standing(5, ago=None))
    assert (outcomes(made), len(made.writes), made.changed_keys) == (["updated"], 1, [])


def test_an_unchanged_value_is_confirmed_and_not_written():
    made = plan(5, standing(5))
    assert (outcomes(made), made.writes, made.confirmed) == (["updated"], [], [(1, None)])
    assert made.confirmed_until == NOW


def test_a_stamp_that_lags_too_far_is_rewritten():
    assert plan(5, standing(5, ago=REFRESH)).writes == []
    assert len(plan(5, standing(5, ago=REFRESH + MINUTE)).writes) == 1


@pytest.mark.parametrize(
    ("ago", "told"), [(2 * MINUTE, "stale"), (MINUTE, "changed"), (MINUTE / 2, "changed")]
)
def test_an_older_row_is_stale(ago: timedelta, told: str):
    assert outcomes(plan(6, standing(5, ago=MINUTE), ago=ago)) == [told]


@pytest.mark.parametrize(("seq", "told"), [(9, "changed"), (10, "changed"), (11, "stale")])
def test_equal_stamps_are_settled_by_acceptance(seq: int, told: str):
    assert outcomes(plan(6, standing(5, seq=seq), ago=MINUTE)) == [told]


def test_what_was_confirmed_later_is_stale():
    confirmed = {1: (NOW - MINUTE, 5)}
    assert outcomes(plan(6, standing(5, ago=9 * MINUTE), ago=2 * MINUTE, confirmed=confirmed)) == ["stale"]
    assert outcomes(plan(6, standing(5, ago=9 * MINUTE), ago=MINUTE / 2, confirmed=confirmed)) == ["changed"]


def test_an_echo_is_skipped_before_anything_else_is_asked():
    assert outcomes(plan(7, standing(5), pushed={1: 7})) == ["echoSkipped"]
    assert outcomes(plan(8, standing(5), pushed={1: 7})) == ["changed"]


def test_two_names_of_one_item_have_one_winner():
    block = Block(["A", "x"], [1, 2], 0)
    made = plan_chunk(block, Snapshot({"A": standing()}, aliases={"x": "A"}), CLOCK)
    assert outcomes(made) == ["duplicate", "changed"]
    assert (made.counters.resolved_via_alias, made.counters.duplicates) == (1, 1)


def test_a_row_that_lost_beforehand_is_a_duplicate_unless_it_reaches_nothing():
    block = Block(["A", "?"], [1, 1], 0, superseded=[0, 1])
    assert outcomes(plan_chunk(block, Snapshot({"A": standing()}), CLOCK)) == ["duplicate", "notFound"]


def test_dealers_of_others_are_invalid_and_listed_once():
    block = Block(["A", "A", "B"], [1, 1, 1], 0, dealers=["d", "e", "e"])
    made = plan_chunk(block, Snapshot({}, dealers=frozenset({"d"})), CLOCK)
    assert outcomes(made) == ["changed", "invalidDealer", "invalidDealer"]
    assert made.counters.invalid_dealer_ids == ["e"]


class TestDoubt:
    def asks(self, clock: FeedClock, ago: timedelta | None, stands: Standing) -> bool:
        block = Block(["A"], [6], 0, as_of={} if ago is None else {0: NOW - ago})
        return bool(doubtful(block, Snapshot({"A": stands}), clock))

    def clock(self, *, in_order: bool = True, mark: timedelta | None = MINUTE) -> FeedClock:
        return FeedClock(NOW, 10, in_order, None if mark is None else NOW - mark)

    def test_an_undated_row_in_order_is_beyond_doubt(self):
        assert not self.asks(self.clock(), None, standing(ago=9 * MINUTE))

    def test_a_row_before_the_mark_is_doubtful(self):
        assert self.asks(self.clock(), 2 * MINUTE, standing(ago=9 * MINUTE))

    def test_a_row_beyond_the_mark_is_not(self):
        assert not self.asks(self.clock(), MINUTE / 2, standing(ago=9 * MINUTE))

    def test_a_row_further_from_the_standing_stamp_than_confirmations_lie_is_not(self):
        assert not self.asks(self.clock(), 2 * MINUTE, standing(ago=REFRESH + 3 * MINUTE))

    def test_a_row_that_is_stale_anyway_is_not(self):
        assert not self.asks(self.clock(), 9 * MINUTE, standing(ago=3 * MINUTE))

    def test_out_of_order_every_row_is(self):
        assert self.asks(self.clock(in_order=False, mark=None), None, standing(ago=9 * MINUTE))

    def test_an_item_that_no_feed_wrote_is_not(self):
        assert not self.asks(self.clock(in_order=False), None, standing(ago=None))


def test_a_price_row_leaves_what_it_does_not_name():
    assert merged((100, ABSENT, None), (1, 2, 3)) == (100, 2, None)
    assert merged((100, ABSENT, None), None) == (100, None, None)
