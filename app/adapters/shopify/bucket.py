"""How much may be asked of a shop now: its bucket as the last answer told it, filled up by the time since.

https://shopify.dev/docs/apps/build/apis/graphql-admin/rate-limits: a call is let in when its requested cost is there,
and is charged its actual one; every answer tells the bucket's state. What runs at the same time in this process is
counted as taken until its answer is there.
"""

import threading
from collections.abc import Callable, Mapping
from typing import Any, Final

from app.adapters.shopify.documents import Document

FRESH_S: Final = 5.0
CUSHION_PERCENT: Final = 5
"""Kept back whatever the reserve: what others take between two answers must not throttle us. Costs no throughput."""
_ROUNDING: Final = 1e-6


class Bucket:
    """Of one app in one shop, as this process knows it."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._maximum = self._told = self._rate = 0.0
        self._at: float | None = None
        self._taken = 0.0

    def fresh(self) -> bool:
        """Whether its state was told a moment ago."""
        return self._at is not None and self._clock() - self._at < FRESH_S

    def take(self, cost: float, reserve_percent: float) -> float:
        """0 when the cost is there beside the reserve, and it is taken then; else the seconds until it will be."""
        with self._lock:
            wait = self._wait(cost, reserve_percent)
            if wait <= _ROUNDING:
                self._taken += cost
                return 0.0
            return wait

    def _wait(self, cost: float, reserve_percent: float) -> float:
        if self._at is None or self._rate <= 0:
            return 0.0
        believed = min(self._maximum, self._told + (self._clock() - self._at) * self._rate) - self._taken
        wanted = min(cost + self._maximum * reserve_percent / 100, self._maximum)
        return (wanted - believed) / self._rate

    def answered(self, cost: float, status: Mapping[str, Any] | None) -> None:
        """The call that took `cost` is over; its answer's `throttleStatus`, when it had one."""
        with self._lock:
            self._taken = max(0.0, self._taken - cost)
            if status:
                self._maximum = float(status["maximumAvailable"])
                self._told = float(status["currentlyAvailable"])
                self._rate = float(status["restoreRate"])
                self._at = self._clock()


class Costs:
    """What documents were said to cost last, by their size."""

    def __init__(self) -> None:
        self._requested: dict[tuple[str, int], float] = {}

    def expected(self, document: Document, size: int) -> float:
        """The last one's, or the first estimate."""
        known = self._requested.get((document.name, size))
        return document.estimate(size) if known is None else known

    def learn(self, document: Document, size: int, requested: float) -> None:
        """From an answer."""
        self._requested[document.name, size] = requested
