"""Thirty days of forty suppliers on a clock that jumps: one in twenty calls to a source fails."""

import heapq
import random
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

    def poll(self, dice: random.Random) -> None:
        """One call; afterwards, which of the due readings it answered, and how old the stock had become."""
        began, now = self.schedule.poll_at, self.schedule.poll_at + timedelta(seconds=CALL_S)
        if dice.random() < FAULTS:
            self.schedule = failed(self.schedule, INTERVAL_S, now, dice.uniform)
            return
        self.answers.add(round((self.schedule.due_at - START).total_seconds() / INTERVAL_S))
        self.ages_s.append((now - self.confirmed_at).total_seconds())
        self.confirmed_at = began
        self.schedule = answered(self.schedule, INTERVAL_S, now, dice.uniform)


def month(seed: int) -> list[Supplier]:
    dice = random.Random(seed)
    suppliers = [Supplier(first(START)) for _ in range(SUPPLIERS)]
    due = [(START, number) for number in range(SUPPLIERS)]
    end = START + timedelta(days=DAYS)
    while due and due[0][0] < end:
        _, number = heapq.heappop(due)
        suppliers[number].poll(dice)
        heapq.heappush(due, (suppliers[number].schedule.poll_at, number))
    return suppliers


def test_readings_are_answered_by_the_next_ones_time_and_the_stock_stays_fresh(record_property):
    suppliers = month(20260301)
    answers = sum(len(one.answers & set(range(SLOTS))) for one in suppliers)
    share = answers / (SLOTS * SUPPLIERS)
    ages = sorted(age for one in suppliers for age in one.ages_s)
    p50, p99 = ages[len(ages) // 2], ages[len(ages) * 99 // 100]
    record_property("answered_percent", round(100 * share, 3))
    record_property("oldest_stock_s_p50_p99_max", (round(p50), round(p99), round(ages[-1])))
    assert share >= 0.995
    assert p99 <= INTERVAL_S + 120, "what stands is hardly ever older than an interval and two minutes"
    assert ages[-1] <= 2 * INTERVAL_S, "no supplier was silent"


def test_without_tries_in_between_one_in_twenty_would_be_missed(monkeypatch):
    monkeypatch.setattr(
        "tests.unit.test_supplier_month.failed",
        answered,
    )
    suppliers = month(20260301)
    share = sum(len(one.answers & set(range(SLOTS))) for one in suppliers) / (SLOTS * SUPPLIERS)
    assert share < 0.97
