"""How long stock lasts, from tables of numbers; and how far off that is on the shipped sample."""

from datetime import date
from uuid import uuid4

import numpy as np
import pytest

from app.domain.suppliers import sample
from app.domain.suppliers.backtest import backtest
from app.domain.suppliers.forecast import Forecast, covers, forecasts, per_day
from app.domain.suppliers.rates import Rates, RatesOfTheDay
from app.domain.suppliers.usage import DAYS, History, Numbers, closings

TODAY = date(2026, 11, 21)


def history(used: list[float], came: list[float] | None = None, full: float = 10_000) -> History:
    """One SKU's last days; there is always enough unless `full` is little."""
    went = np.array([used], dtype=float)
    back = np.array([came or [0.0] * len(used)], dtype=float)
    closing = np.full(went.shape, full)
    return History.of(went, back, closing, np.ones(went.shape, dtype=bool))


def rate(one: History) -> float:
    return float(per_day(one)[0])


def error(one: History) -> float:
    return float(forecasts(one)[1][0])


def told(one: History, available: float) -> Forecast:
    made = Rates.made(np.array([1]), one)
    [forecast] = made.forecasts(covers(made.per_day, np.array([available])), TODAY)
    return forecast


def test_steady_use_is_what_it_is():
    assert rate(history([4.0] * DAYS)) == pytest.approx(4)


def test_a_restock_changes_nothing():
    used = [4.0] * DAYS
    came = [500.0 if day % 20 == 3 else 0.0 for day in range(DAYS)]
    assert rate(history(used, came)) == pytest.approx(4)


def test_what_comes_back_from_cancelled_orders_is_taken_off():
    assert rate(history([5.0] * DAYS, [1.0] * DAYS)) == pytest.approx(4)


def test_days_without_stock_say_nothing_of_demand():
    used = np.array([[4.0] * 60 + [0.0] * 30])
    closing = np.array([[100.0] * 60 + [0.0] * 30])
    empty = History.of(used, np.zeros_like(used), closing, np.ones(used.shape, dtype=bool))
    assert rate(empty) == pytest.approx(4)
    assert empty.counts.sum() == 60


def test_one_large_order_does_not_make_a_trend():
    used = [4.0] * DAYS
    used[80] = 4_000
    assert rate(history(used)) < 5


def test_the_last_weeks_weigh_most():
    assert 5.5 < rate(history([2.0] * 60 + [8.0] * 30)) < 8
    assert 2 < rate(history([8.0] * 60 + [2.0] * 30)) < 4.5


def test_demand_on_few_days_is_size_over_interval():
    every_tenth = [5.0 if day % 10 == 0 else 0.0 for day in range(DAYS)]
    assert rate(history(every_tenth)) == pytest.approx(0.5, rel=0.15)


def test_what_nobody_asks_for_any_more_fades():
    once = [5.0 if day in {0, 10, 20} else 0.0 for day in range(DAYS)]
    asked_lately = [5.0 if day in {66, 76, 86} else 0.0 for day in range(DAYS)]
    assert rate(history(once)) < rate(history(asked_lately))


def test_no_use_is_no_date():
    none = told(history([0.0] * DAYS), 100)
    assert (none.per_day, none.cover, none.stock_out_on) == (0, None, None)


def test_too_few_days_say_nothing():
    short = told(history([4.0] * 6), 100)
    assert (short.per_day, short.cover, short.stock_out_on, short.basis_days) == (None, None, None, 6)


@pytest.mark.parametrize(
    ("available", "days", "on"),
    [(100, 25.0, date(2026, 12, 16)), (0, 0.0, TODAY), (2, 0.5, TODAY), (2_000_000_000, None, None)],
)
def test_days_of_cover_lead_to_a_date(available: float, days: float | None, on: date | None):
    lasts = told(history([4.0] * DAYS), available)
    assert (lasts.cover, lasts.stock_out_on) == (days, on)


def test_the_error_is_none_where_nothing_varies_and_large_where_much_does():
    chance = np.random.default_rng(1)
    calm, wild = history([4.0] * DAYS), history([float(one) for one in chance.poisson(4, DAYS) * 3])
    assert error(calm) == pytest.approx(0)
    assert error(wild) > 0.5
    assert np.isnan(error(history([4.0] * 20)))


def test_an_error_is_made_from_what_was_known_at_the_time_alone():
    later = history([4.0] * 83 + [400.0] * 7)
    assert error(later) == pytest.approx((400 - 4) / 8, rel=0.01)


def test_a_slope_is_followed_and_a_step_is_no_slope():
    rising = history([2.0 + day / 10 for day in range(DAYS)])
    assert 10 < rate(rising) < 11.5
    assert rate(history([2.0] * 83 + [8.0] * 7)) < 8
    assert rate(history([max(0.0, 9.0 - day / 5) for day in range(DAYS)])) >= 0


def test_a_slope_is_not_seen_in_what_varies_around_a_mean():
    chance = np.random.default_rng(4)
    used = chance.poisson(6, (200, DAYS)).astype(float)
    level = History.of(used, np.zeros_like(used), used + 100, np.ones(used.shape, dtype=bool))
    assert float(np.abs(per_day(level) - 6).mean()) < 0.5


def test_rates_of_a_day_are_kept_until_it_is_over_or_the_room_is_needed():
    used = np.full((2, DAYS), 4.0)
    two = History.of(used, np.zeros_like(used), used, np.ones(used.shape, dtype=bool))
    kept, made = RatesOfTheDay(skus_max=3), Rates.made(np.array([7, 9]), two)
    first, second = uuid4(), uuid4()
    kept.keep(first, TODAY, made)
    assert kept.of(first, TODAY) is made
    assert len(kept.of(first, date(2026, 11, 22)).ids) == len(kept.of(second, TODAY).ids) == 0
    kept.keep(second, TODAY, made)
    assert len(kept.of(first, TODAY).ids) == 0


def test_many_skus_at_once_are_what_each_is_alone():
    chance = np.random.default_rng(2)
    used = chance.poisson(chance.uniform(0.05, 9, (40, 1)), (40, DAYS)).astype(float)
    came = np.where(chance.random((40, DAYS)) < 0.05, 100.0, 0.0)
    closing = chance.integers(0, 50, (40, DAYS)).astype(float)
    known = np.ones((40, DAYS), dtype=bool)
    together = per_day(History.of(used, came, closing, known))
    alone = [
        per_day(History.of(used[n : n + 1], came[n : n + 1], closing[n : n + 1], known[n : n + 1]))[0]
        for n in range(40)
    ]
    np.testing.assert_allclose(together, np.array(alone))


def test_a_days_end_is_the_change_before_it_and_before_the_first_what_that_began_with():
    nan = np.nan
    seen: Numbers = np.array([[nan, 7, nan, nan, 20, nan], [nan] * 6])
    went: Numbers = np.array([[0.0, 3, 0, 0, 0, 0], [0] * 6])
    came: Numbers = np.array([[0.0, 0, 0, 0, 13, 0], [0] * 6])
    ends = closings(went, came, seen, np.array([20.0, 5.0]))
    assert ends.tolist() == [[10, 7, 7, 7, 20, 20], [5] * 6]


class TestTheSample:
    def test_it_is_what_its_words_say_it_is_made_from(self):
        assert sample.FILE.read_bytes()[10:] == sample.encoded(sample.made())[10:]

    def test_it_has_restocks_and_stock_outs(self):
        shipped = sample.shipped()
        assert shipped.history.counts.shape == (sample.SKUS * len(sample.KINDS), sample.DAYS)
        assert 0.7 < shipped.history.counts.mean() < 0.99

    def test_the_forecast_is_nearer_than_plain_guesses(self):
        errors = backtest()["all"]
        assert errors["forecast"]["wape"] < 0.75 * errors["lastWeek"]["wape"]
        assert errors["forecast"]["wape"] < 0.75 * errors["allDays"]["wape"]

    @pytest.mark.parametrize("kind", sample.KINDS)
    def test_of_no_kind_is_it_far_from_the_better_guess_and_of_most_it_is_nearer(self, kind):
        errors = backtest()["byKind"][kind]
        better = min(errors["lastWeek"]["wape"], errors["allDays"]["wape"])
        most = {"steady": 1.05, "intermittent": 1.03, "trending": 0.8, "lumpy": 0.8}.get(kind, 1.0)
        assert errors["forecast"]["wape"] <= most * better
