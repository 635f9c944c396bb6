"""How far off forecasts are on the shipped sample, beside what anybody would guess."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from app.domain.suppliers.forecast import per_day
from app.domain.suppliers.sample import DAYS, KINDS, SEED, SKUS, Sample, shipped
from app.domain.suppliers.usage import AHEAD_D, History, Numbers, origins

Method = Callable[[History], Numbers]
NAIVE_D: Final = 7


def last_week(history: History) -> Numbers:
    """The plain guess: as in the last seven days, whatever happened in them."""
    mean: Numbers = history.used[:, -NAIVE_D:].mean(axis=1)
    return mean


def all_days(history: History) -> Numbers:
    """The other plain guess: as on all days so far."""
    mean: Numbers = history.used.mean(axis=1)
    return mean


METHODS: Final[dict[str, Method]] = {"forecast": per_day, "lastWeek": last_week, "allDays": all_days}


def backtest() -> dict[str, Any]:
    """The errors over weekly origins, each judged by the seven days that follow; all SKUs, and by kind."""
    sample = shipped()
    kinds = np.array(sample.kinds)
    errors = {name: _errors(sample, method) for name, method in METHODS.items()}
    return {
        "sample": {"skus": len(kinds), "perKind": SKUS, "days": DAYS, "seed": SEED, "kinds": dict(KINDS)},
        "origins": len(origins(DAYS)),
        "daysAhead": AHEAD_D,
        "all": _told(errors, np.ones(len(kinds), dtype=bool)),
        "byKind": {kind: _told(errors, kinds == kind) for kind in KINDS},
    }


def _errors(sample: Sample, method: Method) -> tuple[Numbers, Numbers]:
    """By SKU and origin: how far off, and what was; NaN where there is nothing to judge by."""
    off, was = [], []
    for origin in origins(DAYS):
        actual, any_ = sample.history.between(origin, origin + AHEAD_D)
        forecast = method(sample.history.until(origin))
        judged = any_ & ~np.isnan(forecast)
        off.append(np.where(judged, np.abs(forecast - actual), np.nan))
        was.append(np.where(judged, actual, np.nan))
    return np.array(off).T, np.array(was).T


def _told(errors: dict[str, tuple[Numbers, Numbers]], chosen: Any) -> dict[str, Any]:
    """MAE in units a day; WAPE is the errors' sum over the demand's."""
    told = {}
    for name, (off, was) in errors.items():
        missed, asked = float(np.nansum(off[chosen])), float(np.nansum(was[chosen]))
        told[name] = {
            "mae": round(float(np.nanmean(off[chosen])), 3),
            "wape": round(missed / asked, 3) if asked else None,
        }
    return told
