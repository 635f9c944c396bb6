"""How long a SKU lasts, from how it was used up: pure, thousands of SKUs at once.

A history is three tables of whole numbers, a row a SKU and a column a day, oldest first: units that went, units that
came, and what was there at the day's end. A day counts when there was something to sell and the stock was not filled
up: a day on which more came than went is a restock's, and on the others what came back (a cancelled order) is taken off.

Where at least half of the days have demand, the rate is a mean that weighs a day half as much as one three weeks
younger, with days beyond three robust deviations from the median cut down to that. Where most days have none, it is
Teunter, Syntetos and Babai's variant of Croston's (https://doi.org/10.1016/j.ejor.2011.05.018): the chance of demand
goes down on every day without, so that what nobody asks for any more fades.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]

DAYS: Final = 90
HALF_LIFE_D: Final = 21.0
LATELY_D: Final = 28
SIZE_ALPHA: Final = 0.1
CHANCE_ALPHA: Final = 0.03
DEVIATIONS: Final = 3.0
DAYS_MIN: Final = 7
"""Fewer days that count say nothing."""
AHEAD_D: Final = 7
FIRST_ORIGIN_D: Final = 28
COVER_D_MAX: Final = 3_650
_MAD_TO_SIGMA: Final = 1.4826


@dataclass(frozen=True, slots=True)
class History:
    """What was used of each SKU on each day, and which of the days count."""

    used: Numbers
    counts: Flags

    @classmethod
    def of(cls, went: Numbers, came: Numbers, closing: Numbers, known: Flags) -> Self:
        """`closing` at each day's end; `known`: days since the SKU is listed."""
        there = closing + went - came > 0
        return cls(np.maximum(went - came, 0.0), known & there & (came <= went))

    def until(self, day: int) -> "History":
        """As it was known on the morning of that day."""
        return History(self.used[:, :day], self.counts[:, :day])

    def between(self, first: int, last: int) -> tuple[Numbers, Flags]:
        """Units per day that counted in these days, and the SKUs that had any."""
        counts = self.counts[:, first:last]
        days = counts.sum(axis=1)
        units = np.where(counts, self.used[:, first:last], 0.0).sum(axis=1)
        return np.divide(units, days, out=np.zeros_like(units), where=days > 0), days > 0


def closings(went: Numbers, came: Numbers, seen: Numbers, now: Numbers) -> Numbers:
    """What was there at the end of each day, from the days that changed it (`seen`, NaN elsewhere) and from `now`.

    Between changes it stayed; before the first it was what that one began with.
    """
    days = seen.shape[1]
    place = np.where(np.isnan(seen), -1, np.arange(days))
    last = np.maximum.accumulate(place, axis=1)
    first = np.argmax(place >= 0, axis=1)
    rows = np.arange(len(seen))
    opening = seen[rows, first] + went[rows, first] - came[rows, first]
    before = np.where(np.isnan(opening), now, opening)
    ends: Numbers = np.where(
        last >= 0, np.take_along_axis(seen, np.maximum(last, 0), axis=1), before[:, None]
    )
    return ends


def per_day(history: History) -> Numbers:
    """Units a day from now on; NaN where too few days count."""
    days = history.counts.sum(axis=1)
    busy = (history.counts & (history.used > 0)).sum(axis=1)
    regular = 2 * busy >= days
    rate = np.full(len(days), np.nan)
    enough = days >= DAYS_MIN
    for chosen, method in ((enough & regular, _steady), (enough & ~regular, _intermittent)):
        if chosen.any():
            rate[chosen] = method(history.used[chosen], history.counts[chosen])
    return rate


def _steady(used: Numbers, counts: Flags) -> Numbers:
    """A robust mean in which the last weeks weigh most. What is usual of late is not cut down by what was long ago."""
    lately = counts & (np.arange(used.shape[1]) >= used.shape[1] - LATELY_D)
    most = np.maximum(_usual(used, counts), np.where(lately.any(axis=1), _usual(used, lately), 0.0))
    ages = np.arange(used.shape[1])[::-1]
    weights = np.where(counts, 0.5 ** (ages / HALF_LIFE_D), 0.0)
    mean: Numbers = (np.minimum(used, most[:, None]) * weights).sum(axis=1) / weights.sum(axis=1)
    return mean


def _usual(used: Numbers, counts: Flags) -> Numbers:
    """The most that a day may be without being an exception; of no day that counts, whatever it is."""
    middle = np.where(counts.any(axis=1), _median(used, counts), 0.0)
    spread = _median(np.abs(used - middle[:, None]), counts) * _MAD_TO_SIGMA
    most: Numbers = middle + DEVIATIONS * np.maximum(spread, np.maximum(np.sqrt(middle), 1.0))
    return most


def _median(values: Numbers, counts: Flags) -> Numbers:
    """Of the days that count; the lower one of two."""
    ordered = np.sort(np.where(counts, values, np.inf), axis=1)
    middle = np.maximum(counts.sum(axis=1) - 1, 0) // 2
    found: Numbers = ordered[np.arange(len(values)), middle]
    return found


def _intermittent(used: Numbers, counts: Flags) -> Numbers:
    """Teunter, Syntetos and Babai's: smoothed size times smoothed chance, a day at a time."""
    busy = counts & (used > 0)
    times = np.maximum(busy.sum(axis=1), 1)
    size = np.where(busy, used, 0.0).sum(axis=1) / times
    chance = busy.sum(axis=1) / counts.sum(axis=1)
    for day in range(used.shape[1]):
        now = busy[:, day]
        size = np.where(now, size + SIZE_ALPHA * (used[:, day] - size), size)
        chance = np.where(counts[:, day], chance + CHANCE_ALPHA * (now - chance), chance)
    rate: Numbers = size * chance
    return rate


def origins(days: int) -> range:
    """The mornings from which a past is forecast: a week apart, so that the last week is the last that is judged."""
    return range(days - AHEAD_D, FIRST_ORIGIN_D - 1, -AHEAD_D)


def error_of(history: History) -> Numbers:
    """How far off it would have been: units a day, the mean over weekly origins; NaN where none could be tried."""
    days = history.used.shape[1]
    total, tried = np.zeros(len(history.used)), np.zeros(len(history.used))
    for origin in origins(days):
        forecast = per_day(history.until(origin))
        actual, any_ = history.between(origin, origin + AHEAD_D)
        judged = any_ & ~np.isnan(forecast)
        total += np.where(judged, np.abs(forecast - actual), 0.0)
        tried += judged
    mean: Numbers = np.divide(total, tried, out=np.full(len(total), np.nan), where=tried > 0)
    return mean


@dataclass(frozen=True, slots=True)
class Forecast:
    """One SKU's. None where nothing can be said: too few days, or nothing is used."""

    per_day: float | None
    days_of_cover: float | None
    stock_out_on: date | None
    basis_days: int
    error: float | None

    def shown(self) -> dict[str, Any]:
        """By the API's names."""
        return {
            "perDay": self.per_day,
            "daysOfCover": self.days_of_cover,
            "stockOutOn": self.stock_out_on,
            "basisDays": self.basis_days,
            "error": self.error,
        }


def forecasts(history: History, available: Numbers, today: date) -> list[Forecast]:
    """One for each SKU. What lasts longer than ten years has no date."""
    rates, errors = per_day(history), error_of(history)
    days = history.counts.sum(axis=1)
    return [
        _forecast(float(rate), float(error), float(there), int(basis), today)
        for rate, error, there, basis in zip(rates, errors, available, days, strict=True)
    ]


def _forecast(rate: float, error: float, available: float, basis: int, today: date) -> Forecast:
    said = None if np.isnan(error) else round(error, 3)
    if np.isnan(rate):
        return Forecast(None, None, None, basis, said)
    cover = available / rate if rate > 0 else None
    if cover is None or cover > COVER_D_MAX:
        return Forecast(round(rate, 4), None, None, basis, said)
    return Forecast(round(rate, 4), round(cover, 1), today + timedelta(days=int(cover)), basis, said)
