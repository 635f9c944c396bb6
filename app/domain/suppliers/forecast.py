"""How long a SKU lasts, from how it was used up: pure, thousands of SKUs at once.

Where most days have no demand, the rate is `intermittent`'s. Elsewhere it is `steady`'s or `trending`'s, by whichever
would have been nearer on the SKU's own past, tried from one morning a week: `steady` until there were two of them, and
while the other was not clearly nearer. The error that is told was made the same way, from what was known each time.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import numpy as np

from app.domain.suppliers.estimators import intermittent, steady, trending
from app.domain.suppliers.usage import AHEAD_D, History, Numbers, origins

DAYS_MIN: Final = 7
"""Fewer days that count say nothing."""
TRIED_MIN: Final = 2
CLEARLY: Final = 0.95
"""Of the one's error the other's is at most so much."""
COVER_D_MAX: Final = 3_650


def per_day(history: History) -> Numbers:
    """Units a day from now on; NaN where too few days count."""
    return forecasts(history)[0]


def forecasts(history: History) -> tuple[Numbers, Numbers]:
    """Units a day from now on, and how far off that was: the mean over weekly mornings; NaN where none could be tried."""
    past = _Past(len(history.used))
    for origin in origins(history.used.shape[1]):
        past.judge(_Rates.of(history.until(origin)), *history.between(origin, origin + AHEAD_D))
    return past.settled(_Rates.of(history)), past.error


@dataclass(frozen=True, slots=True)
class _Rates:
    """What two ways tell from one morning; the same of both where there is but one."""

    usual: Numbers
    other: Numbers

    @classmethod
    def of(cls, history: History) -> "_Rates":
        days = history.counts.sum(axis=1)
        busy = (history.counts & (history.used > 0)).sum(axis=1)
        regular, enough = 2 * busy >= days, days >= DAYS_MIN
        usual = np.full(len(days), np.nan)
        other = usual.copy()
        for chosen, rates, method in (
            (enough & regular, usual, steady),
            (enough & regular, other, trending),
            (enough & ~regular, usual, intermittent),
        ):
            if chosen.any():
                rates[chosen] = method(history.used[chosen], history.counts[chosen])
        return cls(usual, np.where(np.isnan(other), usual, other))


class _Past:
    """How far off each way was so far, and what was told."""

    def __init__(self, skus: int) -> None:
        self._usual, self._other, self._told = np.zeros(skus), np.zeros(skus), np.zeros(skus)
        self._tried = np.zeros(skus)

    def settled(self, rates: _Rates) -> Numbers:
        """By what is known so far."""
        nearer = (self._tried >= TRIED_MIN) & (self._other < CLEARLY * self._usual)
        told: Numbers = np.where(nearer, rates.other, rates.usual)
        return told

    def judge(self, rates: _Rates, actual: Numbers, any_: Any) -> None:
        """By what came."""
        told = self.settled(rates)
        judged = any_ & ~np.isnan(told)
        for sums, rate in ((self._usual, rates.usual), (self._other, rates.other), (self._told, told)):
            np.add(sums, np.where(judged, np.abs(rate - actual), 0.0), out=sums)
        self._tried += judged

    @property
    def error(self) -> Numbers:
        """Of what was told."""
        none = np.full(len(self._tried), np.nan)
        mean: Numbers = np.divide(self._told, self._tried, out=none, where=self._tried > 0)
        return mean


def covers(rates: Numbers, available: Numbers) -> Numbers:
    """How many days it lasts; infinite where nothing is used or known, and beyond ten years."""
    days = np.divide(available, rates, out=np.full(len(rates), np.inf), where=np.nan_to_num(rates) > 0)
    lasts: Numbers = np.where(days > COVER_D_MAX, np.inf, np.round(days, 4))
    return lasts


@dataclass(frozen=True, slots=True)
class Forecast:
    """One SKU's. None where nothing can be said: too few days, or nothing is used."""

    per_day: float | None
    cover: float | None
    stock_out_on: date | None
    basis_days: int
    error: float | None

    def shown(self) -> dict[str, Any]:
        """By the API's names."""
        return {
            "perDay": self.per_day,
            "daysOfCover": None if self.cover is None else round(self.cover, 1),
            "stockOutOn": self.stock_out_on,
            "basisDays": self.basis_days,
            "error": self.error,
        }


def told(rate: float, error: float, lasts: float, basis: int, today: date) -> Forecast:
    """A SKU's, in words."""
    cover = lasts if np.isfinite(lasts) else None
    return Forecast(
        None if np.isnan(rate) else round(rate, 4),
        cover,
        None if cover is None else today + timedelta(days=int(cover)),
        basis,
        None if np.isnan(error) else round(error, 3),
    )
