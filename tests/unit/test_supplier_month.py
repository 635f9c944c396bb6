"""Thirty days of forty suppliers on a clock that jumps: one in twenty calls fails, or sources are away in spells."""

import random
from bisect import bisect
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from app.domain.suppliers.schedule import Schedule, answered, failed, first

START = datetime(2026, 3, 1, tzinfo=UTC)
DAYS, SUPPLIERS, INTERVAL_S, CALL_S, FAULTS = 30, 40, 900, 2.0, 0.05
SLOTS = DAYS * 86_400 // INTERVAL_S


@dataclass
class Supplier:
    schedule: Schedule
    answers: set[int] = field(default_factory=set)
    confirmed_at: datetime = START
    ages_s: list[float] = field(default_factory=list)

    def poll(self, dice: random.Random, *, fails: bool) -> None:
        """One call; afterwards, which of the due readings it answered, and how old the stock had become."""
        began, now = self.schedule.poll_at, self.schedule.poll_at + timedelta(seconds=CALL_S)
        if fails:
            self.schedule = failed(self.schedule, INTERVAL_S, now, dice.uniform)
            return
        self.answers.add(round((self.schedule.due_at - START).total_seconds() / INTERVAL_S))
        self.ages_s.append((now - self.confirmed_at).total_seconds())
        self.confirmed_at = began
        self.schedule = answered(self.schedule, INTERVAL_S, now, dice.uniform)


Faults = Callable[[datetime], bool]


def now_and_then(dice: random.Random) -> Faults:
    """Any call fails, with the same chance."""
    return lambda _: dice.random() < FAULTS


def in_spells(dice: random.Random, mean_s: float) -> Faults:
    """The source is away for a while, and all of its calls fail; in all for the same share of the time."""
    edges, at = [], 0.0
    while at < DAYS * 86_400:
        for mean in (mean_s * (1 / FAULTS - 1), mean_s):
            at += dice.expovariate(1 / mean)
            edges.append(at)
    return lambda now: bisect(edges, (now - START).total_seconds()) % 2 == 1


def month(faults: Callable[[random.Random], Faults]) -> list[Supplier]:
    dice = random.Random(20260301)
    suppliers, end = [Supplier(first(START)) for _ in range(SUPPLIERS)], START + timedelta(days=DAYS)
    for one in suppliers:
        fails = faults(dice)
        while one.schedule.poll_at < end:
            one.poll(dice, fails=fails(one.schedule.poll_at))
    return suppliers


def share_of(suppliers: list[Supplier]) -> float:
    return sum(len(one.answers & set(range(SLOTS))) for one in suppliers) / (SLOTS * SUPPLIERS)


def test_readings_are_answered_by_the_next_ones_time_and_the_stock_stays_fresh(record_property):
    suppliers = month(now_and_then)
    share = share_of(suppliers)
    ages = sorted(age for one in suppliers for age in one.ages_s)
    p50, p95, p99 = (ages[len(ages) * part // 100] for part in (50, 95, 99))
    record_property("answered_percent", round(100 * share, 3))
    record_property("oldest_stock_s_p50_p95_p99_max", [round(one) for one in (p50, p95, p99, ages[-1])])
    print(
        f"{SLOTS * SUPPLIERS} readings due, {share:.4%} answered by the next one's time;"
        f" oldest stock, s: p50 {p50:.0f}, p95 {p95:.0f}, p99 {p99:.0f}, max {ages[-1]:.0f}"
    )
    assert share >= 0.995
    assert p95 <= INTERVAL_S + 60, "as old as an interval and its jitter"
    assert p99 <= INTERVAL_S + 120, "what stands is hardly ever older than an interval and two minutes"
    assert ages[-1] <= 2 * INTERVAL_S, "no supplier was silent"


def test_sources_that_are_away_for_three_minutes_at_a_time_are_read_by_the_next_ones_time():
    suppliers = month(lambda dice: in_spells(dice, 180))
    print(f"{share_of(suppliers):.4%} answered")
    assert share_of(suppliers) >= 0.995


def test_without_tries_in_between_one_in_twenty_would_be_missed(monkeypatch):
    monkeypatch.setattr(
        "tests.unit.test_supplier_month.failed",
        answered,
    )
    assert share_of(month(now_and_then)) < 0.97
