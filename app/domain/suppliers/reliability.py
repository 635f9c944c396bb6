"""How far a supplier can be relied on: sums of its days, a score from 0 to 100, and every part of it."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Protocol
from uuid import UUID

from app.domain.errors import NotFoundError

WINDOWS_D: Final = (7, 30, 90)
MONTH_D: Final = 30


@dataclass(frozen=True, slots=True)
class Figures:
    """Sums over the days of a window. `listed`: SKUs, added up by day; `known`: days of which anything is known.

    `delay_s` is how long after it was due, or as of when its source says, data was had; `delays` of how many reports.
    """

    days: int
    known: int
    polls: int
    answered: int
    latency_s: float
    delay_s: float
    delays: int
    stock_outs: int
    shrinks: int
    listed: int


@dataclass(frozen=True, slots=True)
class Reliability:
    """A supplier and its windows."""

    supplier_id: UUID
    code: str
    name: str
    interval_s: int
    windows: Sequence[Figures]

    def shown(self) -> dict[str, Any]:
        """By the API's names."""
        return {
            "supplierId": self.supplier_id,
            "supplierCode": self.code,
            "supplierName": self.name,
            "intervalS": self.interval_s,
            "windows": [window(figures, self.interval_s) for figures in self.windows],
        }


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the score: 100 at `best`, 0 at `worst`, in a straight line between, and what it weighs."""

    name: str
    best: float
    worst: float
    weight: int

    def score(self, value: float) -> float:
        """From 0 to 100."""
        share = (value - self.worst) / (self.best - self.worst)
        return 100.0 * min(max(share, 0.0), 1.0)


SUCCESS: Final = Part("successRate", best=0.995, worst=0.9, weight=40)
DELAY: Final = Part("delayIntervals", best=0.25, worst=2.0, weight=25)
STOCK_OUTS: Final = Part("stockOutsPerSku", best=0.02, worst=0.5, weight=15)
LATENCY: Final = Part("latencyS", best=2.0, worst=30.0, weight=10)
SHRINKS: Final = Part("shrinksPerMonth", best=0.0, worst=4.0, weight=10)
"""Rates of stock-outs and shrink events are by 30 days, so that the windows compare."""


def values(figures: Figures, interval_s: int) -> list[tuple[Part, float | None]]:
    """Each part's value; None where nothing is known that it could be told from."""
    return [
        (SUCCESS, _ratio(figures.answered, figures.polls)),
        (DELAY, _ratio(figures.delay_s, figures.delays * interval_s)),
        (STOCK_OUTS, _ratio(figures.stock_outs * MONTH_D, figures.listed)),
        (LATENCY, _ratio(figures.latency_s, figures.answered)),
        (SHRINKS, _ratio(figures.shrinks * MONTH_D, figures.known)),
    ]


def score(figures: Figures, interval_s: int) -> float | None:
    """The parts' mean by their weights, of those that are known; None without a single poll or report."""
    if not figures.polls and not figures.delays:
        return None
    told = [
        (part.weight, part.score(value)) for part, value in values(figures, interval_s) if value is not None
    ]
    return round(sum(weight * part for weight, part in told) / sum(weight for weight, _ in told), 1)


def window(figures: Figures, interval_s: int) -> dict[str, Any]:
    """A window with its score and how that came about."""
    return {
        "days": figures.days,
        "knownDays": figures.known,
        "score": score(figures, interval_s),
        "parts": [_shown(part, value) for part, value in values(figures, interval_s)],
        "polls": figures.polls,
        "answered": figures.answered,
        "stockOuts": figures.stock_outs,
        "shrinks": figures.shrinks,
    }


def _shown(part: Part, value: float | None) -> dict[str, Any]:
    return {
        "name": part.name,
        "value": None if value is None else round(value, 4),
        "score": None if value is None else round(part.score(value), 1),
        "weight": part.weight,
        "best": part.best,
        "worst": part.worst,
    }


def _ratio(value: float, by: float) -> float | None:
    return value / by if by else None


@dataclass(frozen=True, slots=True)
class Day:
    """What a supplier was like on a day (UTC): sums, as `Figures` has them."""

    day: date
    polls: int
    answered: int
    latency_s: float
    delay_s: float
    delays: int
    stock_outs: int
    shrinks: int
    listed: int

    def shown(self) -> dict[str, Any]:
        """By the API's names; None where nothing is known."""
        return {
            "day": self.day,
            "polls": self.polls,
            "successRate": _ratio(self.answered, self.polls),
            "latencyS": _ratio(self.latency_s, self.answered),
            "delayS": _ratio(self.delay_s, self.delays),
            "stockOuts": self.stock_outs,
            "shrinks": self.shrinks,
            "skus": self.listed,
        }


class ReliabilityTransaction(Protocol):
    """One transaction in one tenant's scope."""

    def reliability(self, supplier_id: UUID | None, windows: Sequence[int]) -> Sequence[Reliability]:
        """Of one supplier, or of all, by code."""

    def days(self, supplier_id: UUID, days: int) -> Sequence[Day]:
        """Those of which anything is known, today included, oldest first."""


class ReliabilityTransactions(Protocol):
    """Opens transactions."""

    def tenant(self, tenant_id: UUID) -> AbstractContextManager[ReliabilityTransaction]:
        """One transaction."""


class ReliabilityDesk:
    """Answers for suppliers. What it reads was rolled up by day, today's every ten minutes."""

    def __init__(self, transactions: ReliabilityTransactions) -> None:
        self._transactions = transactions

    def of(self, tenant_id: UUID, supplier_id: UUID) -> dict[str, Any]:
        """One supplier's, over every window. Raises NotFoundError."""
        with self._transactions.tenant(tenant_id) as tx:
            found = tx.reliability(supplier_id, WINDOWS_D)
        if not found:
            raise NotFoundError(f"there is no supplier {supplier_id}")
        return found[0].shown()

    def days(self, tenant_id: UUID, supplier_id: UUID, days: int) -> list[dict[str, Any]]:
        """One supplier's last days, one by one, oldest first. Raises NotFoundError."""
        with self._transactions.tenant(tenant_id) as tx:
            if not tx.reliability(supplier_id, (days,)):
                raise NotFoundError(f"there is no supplier {supplier_id}")
            return [one.shown() for one in tx.days(supplier_id, days)]

    def ranking(self, tenant_id: UUID, days: int) -> list[dict[str, Any]]:
        """All suppliers over one window: the best first, those of which nothing is known last."""
        with self._transactions.tenant(tenant_id) as tx:
            found = tx.reliability(None, (days,))
        ranked = sorted(found, key=_rank)
        return [{"rank": place, **_ranked(one)} for place, one in enumerate(ranked, 1)]


def _rank(one: Reliability) -> tuple[float, str]:
    reached = score(one.windows[0], one.interval_s)
    return (1.0 if reached is None else -reached, one.code)


def _ranked(one: Reliability) -> dict[str, Any]:
    told = one.shown()
    return {**{name: told[name] for name in told if name != "windows"}, **told["windows"][0]}
