"""Ways to tell from a history how many units go in a day from now on: pure, thousands of SKUs at once.

`steady` is a mean that weighs a day half as much as one six weeks younger. `trending` is a straight line through the
days, weighted the like, and read half a week ahead. Both cut days beyond three robust deviations from the median down
to that. `intermittent` is Teunter, Syntetos and Babai's variant of Croston's
(https://doi.org/10.1016/j.ejor.2011.05.018): the chance of demand goes down on every day without, so that what nobody
asks for any more fades.
"""

from typing import Final

import numpy as np

from app.domain.suppliers.usage import AHEAD_D, Flags, Numbers

HALF_LIFE_D: Final = 45.0
TREND_HALF_LIFE_D: Final = 60.0
TREND_MOST: Final = 1.5
"""By how much a line may lead away from the mean, either way: a step is no slope."""
LATELY_D: Final = 28
SIZE_ALPHA: Final = 0.05
CHANCE_ALPHA: Final = 0.01
DEVIATIONS: Final = 3.0
_MAD_TO_SIGMA: Final = 1.4826


def steady(used: Numbers, counts: Flags) -> Numbers:
    """A robust mean in which the last weeks weigh most."""
    weights = np.where(counts, 0.5 ** (_ages(used) / HALF_LIFE_D), 0.0)
    mean: Numbers = (usual(used, counts) * weights).sum(axis=1) / weights.sum(axis=1)
    return mean


def trending(used: Numbers, counts: Flags) -> Numbers:
    """Where a robust line leads, and not far from the mean."""
    ages, units = _ages(used), usual(used, counts)
    weights = np.where(counts, 0.5 ** (ages / TREND_HALF_LIFE_D), 0.0)
    whole = weights.sum(axis=1)
    age, mean = (weights * ages).sum(axis=1) / whole, (weights * units).sum(axis=1) / whole
    apart = age[:, None] - ages
    spread = (weights * apart**2).sum(axis=1)
    slope = np.divide(
        (weights * apart * units).sum(axis=1), spread, out=np.zeros_like(mean), where=spread > 0
    )
    ahead: Numbers = np.clip(mean + slope * (age + (AHEAD_D + 1) / 2), mean / TREND_MOST, mean * TREND_MOST)
    return ahead


def intermittent(used: Numbers, counts: Flags) -> Numbers:
    """Smoothed size times smoothed chance, a day at a time."""
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


def usual(used: Numbers, counts: Flags) -> Numbers:
    """What was used, exceptions cut down. What is usual of late is not cut down by what was long ago."""
    lately = counts & (_ages(used) < LATELY_D)
    most = np.maximum(_most(used, counts), np.where(lately.any(axis=1), _most(used, lately), 0.0))
    cut: Numbers = np.minimum(used, most[:, None])
    return cut


def _ages(used: Numbers) -> Numbers:
    ages: Numbers = np.arange(used.shape[1], dtype=np.float64)[::-1]
    return ages


def _most(used: Numbers, counts: Flags) -> Numbers:
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
