"""How fast SKUs are used up: made of whole days, so that they hold until the day is over."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Self
from uuid import UUID

import numpy as np

from app.domain.suppliers.forecast import Forecast, forecasts, told
from app.domain.suppliers.usage import History, Ids, Numbers

SKUS_KEPT_MAX: Final = 1_000_000
"""Of all tenants together: 32 bytes each."""


@dataclass(frozen=True, slots=True)
class Rates:
    """By SKU, in the order of their ids: units a day, how far off that was, and how many days it is made of."""

    ids: Ids
    per_day: Numbers
    error: Numbers
    basis: Ids

    @classmethod
    def made(cls, ids: Ids, history: History) -> Self:
        """Of SKUs by id."""
        per_day, error = forecasts(history)
        return cls(ids, per_day, error, history.counts.sum(axis=1))

    @classmethod
    def none(cls) -> Self:
        """Of no SKU."""
        empty = np.zeros(0)
        return cls(empty.astype(np.int64), empty, empty, empty.astype(np.int64))

    def only(self, chosen: Any) -> "Rates":
        """Some of them, in the order of the choice."""
        return Rates(self.ids[chosen], self.per_day[chosen], self.error[chosen], self.basis[chosen])

    def joined(self, other: "Rates") -> "Rates":
        """Both."""
        both = Rates(
            np.concatenate([self.ids, other.ids]),
            np.concatenate([self.per_day, other.per_day]),
            np.concatenate([self.error, other.error]),
            np.concatenate([self.basis, other.basis]),
        )
        return both.only(np.argsort(both.ids))

    def forecasts(self, days: Numbers, today: date) -> list[Forecast]:
        """What is told of each, from how many days it lasts."""
        return [
            told(float(rate), float(error), float(lasts), int(basis), today)
            for rate, error, lasts, basis in zip(self.per_day, self.error, days, self.basis, strict=True)
        ]


class RatesOfTheDay:
    """Those that were made since midnight (UTC), by tenant; what was made longest ago goes first."""

    def __init__(self, skus_max: int = SKUS_KEPT_MAX) -> None:
        self._skus_max = skus_max
        self._lock = threading.Lock()
        self._kept: OrderedDict[UUID, tuple[date, Rates]] = OrderedDict()

    def of(self, tenant_id: UUID, today: date) -> Rates:
        """What is known; none of another day."""
        with self._lock:
            day, rates = self._kept.get(tenant_id, (today, Rates.none()))
            return rates if day == today else Rates.none()

    def keep(self, tenant_id: UUID, today: date, rates: Rates) -> None:
        """Until the day is over, or others need the room."""
        with self._lock:
            self._kept[tenant_id] = today, rates
            self._kept.move_to_end(tenant_id)
            while (
                len(self._kept) > 1 and sum(len(one.ids) for _, one in self._kept.values()) > self._skus_max
            ):
                self._kept.popitem(last=False)
