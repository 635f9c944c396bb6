"""When a supplier is read next: on a grid, later after faults, and never twice for one time."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.suppliers.schedule import (
    FAILURES_MAX,
    RETRY_AFTER_S_MAX,
    Health,
    Schedule,
    answered,
    failed,
    first,
    health,
    open_s,
    refused,
)

START = datetime(2026, 3, 1, tzinfo=UTC)
INTERVAL_S = 900


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def middle(low: float, high: float) -> float:
    return (low + high) / 2


def least(low: float, high: float) -> float:
    return low


def most(low: float, high: float) -> float:
    return high


def failures(count: int, draw=most) -> list[Schedule]:
    schedule, made = first(START), []
    for _ in range(count):
        schedule = failed(schedule, INTERVAL_S, schedule.poll_at, draw)
        made.append(schedule)
    return made


class TestAnswered:
    def test_the_next_is_an_interval_after_the_last_was_due_however_long_it_took(self):
        schedule = first(START)
        for turn in range(1, 200):
            schedule = answered(schedule, INTERVAL_S, schedule.poll_at + timedelta(seconds=40), most)
            assert schedule.due_at == at(turn * INTERVAL_S)

    @pytest.mark.parametrize(("draw", "off_s"), [(least, -30), (middle, 0), (most, 30)])
    def test_suppliers_spread_a_little(self, draw, off_s):
        assert answered(first(START), INTERVAL_S, at(1), draw).poll_at == at(INTERVAL_S + off_s)

    def test_short_intervals_spread_less(self):
        assert answered(first(START), 60, at(1), most).poll_at == at(63)

    def test_what_was_missed_is_not_made_up_for(self):
        assert answered(first(START), INTERVAL_S, at(3 * INTERVAL_S + 5), middle).due_at == at(4 * INTERVAL_S)

    def test_a_reading_out_of_turn_leaves_the_next_where_it_is(self):
        asked = Schedule(at(INTERVAL_S), at(100))
        assert answered(asked, INTERVAL_S, at(101), middle).due_at == at(INTERVAL_S)

    def test_one_that_was_early_by_its_jitter_answers_for_its_time(self):
        early = Schedule(at(INTERVAL_S), at(INTERVAL_S - 30))
        assert answered(early, INTERVAL_S, at(INTERVAL_S - 29), middle).due_at == at(2 * INTERVAL_S)

    def test_it_closes_the_circuit(self):
        opened = failures(FAILURES_MAX)[-1]
        schedule = answered(opened, INTERVAL_S, opened.poll_at, middle)
        assert (schedule.failures, schedule.open_until) == (0, None)


class TestFailed:
    def test_the_window_doubles_with_full_jitter(self):
        waits = [one.poll_at - START for one in failures(FAILURES_MAX - 1)]
        gaps = [after - before for before, after in zip([timedelta(0), *waits], waits, strict=False)]
        assert [gap.total_seconds() for gap in gaps] == [4, 8, 16, 32]
        assert failures(1, least)[0].poll_at == START

    def test_what_the_source_asks_for_is_honoured(self):
        assert failed(first(START), INTERVAL_S, START, most, retry_after_s=120).poll_at == at(120)

    def test_no_source_is_obeyed_for_longer_than_a_day(self):
        schedule = failed(first(START), INTERVAL_S, START, most, retry_after_s=1e9)
        assert schedule.poll_at == at(RETRY_AFTER_S_MAX)

    def test_the_circuit_opens_after_five_in_a_row_and_again_after_a_probe_that_fails(self):
        *before, opened, probed = failures(FAILURES_MAX + 1, middle)
        assert [one.open_until for one in before] == [None] * (FAILURES_MAX - 1)
        assert opened.open_until == opened.poll_at
        assert (opened.poll_at - before[-1].poll_at).total_seconds() == open_s(INTERVAL_S) == 300
        assert probed.poll_at == opened.poll_at + timedelta(seconds=300)

    def test_a_try_that_comes_after_the_next_was_due_is_the_next_ones(self):
        assert failed(first(START), 60, START, most, retry_after_s=150).due_at == at(120)


class TestRefused:
    def test_it_waits_for_the_next_reading_and_is_seen(self):
        schedule = refused(first(START), INTERVAL_S, at(2), middle)
        assert (schedule.poll_at, schedule.failures) == (at(INTERVAL_S), 1)
        assert schedule.open_until == schedule.poll_at


@pytest.mark.parametrize(
    ("minutes", "failing", "expected"),
    [
        (29, False, Health.OK),
        (29, True, Health.FAILING),
        (31, True, Health.SILENT),
        (31, False, Health.SILENT),
    ],
)
def test_health(minutes, failing, expected):
    found = health(heard_at=START, interval_s=INTERVAL_S, failing=failing, now=at(60 * minutes))
    assert found is expected


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from(["ok", "fail", "refuse", "late"]), max_size=60),
    st.randoms(use_true_random=False),
)
def test_the_next_is_always_ahead_and_never_behind_its_time(deeds, dice: random.Random):
    schedule, now = first(START), START
    for deed in deeds:
        now = max(now, schedule.poll_at) + timedelta(seconds=dice.uniform(0, 2000 if deed == "late" else 60))
        do = {"fail": failed, "refuse": refused}.get(deed, answered)
        after = do(schedule, INTERVAL_S, now, dice.uniform)
        assert after.poll_at >= now
        assert after.due_at >= schedule.due_at
        assert (after.due_at - START).total_seconds() % INTERVAL_S == 0
        assert after.poll_at >= after.due_at - timedelta(seconds=30)
        schedule = after
