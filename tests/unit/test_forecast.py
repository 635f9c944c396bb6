"""How long stock lasts, from tables of numbers; and how far off that is on the shipped sample."""

from datetime import date

import numpy as np
import pytest

from app.domain.suppliers import sample
from app.domain.suppliers.backtest import backtest
from app.domain.suppliers.forecast import DAYS, History, Numbers, closings, error_of, forecasts, per_day

TODAY = date(2026, 11, 21)


def history(used: list[float], came: list[float] | None = None, full: float = 10_000) -> History:
    """One SKU's last days; there is always enough unless `full` is little."""
    went = np.array([used], dtype=float)
    back = np.array([came or [0.0] * len(used)], dtype=float)
    closing = np.full(went.shape, full)
    return History.of(went, back, closing, np.ones(went.shape, dtype=bool))


def rate(one: History) -> float:
    return float(per_day(one)[0])


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
    [told] = forecasts(history([0.0] * DAYS), np.array([100.0]), TODAY)
    assert (told.per_day, told.days_of_cover, told.stock_out_on) == (0, None, None)


def test_too_few_days_say_nothing():
    [told] = forecasts(history([4.0] * 6), np.array([100.0]), TODAY)
    assert (told.per_day, told.days_of_cover, told.stock_out_on, told.basis_days) == (None, None, None, 6)


@pytest.mark.parametrize(
    ("available", "days", "on"),
    [(100, 25.0, date(2026, 12, 16)), (0, 0.0, TODAY), (2, 0.5, TODAY), (2_000_000_000, None, None)],
)
def test_days_of_cover_lead_to_a_date(available: float, days: float | None, on: date | None):
    [told] = forecasts(history([4.0] * DAYS), np.array([available], dtype=float), TODAY)
    assert (told.days_of_cover, told.stock_out_on) == (days, on)


def test_the_error_is_none_where_nothing_varies_and_large_where_much_does():
    chance = np.random.default_rng(1)
    calm, wild = history([4.0] * DAYS), history([float(one) for one in chance.poisson(4, DAYS) * 3])
    assert float(error_of(calm)[0]) == pytest.approx(0)
    assert float(error_of(wild)[0]) > 0.5
    assert np.isnan(error_of(history([4.0] * 20))[0])


def test_an_error_is_made_from_what_was_known_at_the_time_alone():
    later = history([4.0] * 83 + [400.0] * 7)
    assert float(error_of(later)[0]) == pytest.approx((400 - 4) / 8, rel=0.01)


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
        told = backtest()
        forecast = told["all"]["forecast"]["wape"]
        assert forecast < 0.9 * told["all"]["lastWeek"]["wape"]
        assert forecast < 0.9 * told["all"]["allDays"]["wape"]

    def test_and_where_it_is_not_that_is_told_too(self):
        trending = backtest()["byKind"]["trending"]
        assert trending["forecast"]["mae"] > trending["lastWeek"]["mae"]
