"""How SKUs were used up: tables of whole numbers, a row a SKU and a column a day, oldest first.

They tell of units that went, units that came, and what was there at the day's end. A day counts when there was something
to sell and the stock was not filled up: a day on which more came than went is a restock's, and on the others what came
back (a cancelled order) is taken off.
"""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]
Ids = NDArray[np.int64]

DAYS: Final = 90
AHEAD_D: Final = 7
FIRST_ORIGIN_D: Final = 28


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


def origins(days: int) -> range:
    """The mornings from which a past is forecast, the earliest first: a week apart, the last week being the last."""
    first = FIRST_ORIGIN_D + (days - FIRST_ORIGIN_D) % AHEAD_D
    return range(first, days - AHEAD_D + 1, AHEAD_D)
