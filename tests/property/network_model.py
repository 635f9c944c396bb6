"""A plain model of the dealer network: who is near, whose stock may be shown, and how much of it."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

EARTH_RADIUS_KM = 6371.0088
KM_PER_MILE = 1.609344
WITH_STORES = ("RETAIL", "HYBRID")
View = Mapping[tuple[str, str], int]
"""Of one part: what ("item", tenant) or ("shelf", dealer) has of it."""


class Spot(NamedTuple):
    """Degrees; approximate when a postal code told them."""

    lat: float
    lng: float
    approximate: bool = False


@dataclass
class Member:
    """A tenant."""

    type: str
    active: bool = True
    threshold: int = 10
    safety: int = 0


@dataclass
class Dealer:
    """One of a tenant's dealers; `of` is the tenant it is linked to, `place` None where nobody knows it."""

    owner: str
    name: str
    place: Spot | None
    of: str | None
    is_open: bool | None
    active: bool = True


class Question(NamedTuple):
    """One call of GET /api/t/dealers/stock."""

    number: str
    origin: Spot
    limit: int = 50
    radius_km: float | None = None
    in_miles: bool = False
    open_only: bool = False


@dataclass
class NetworkModel:
    """What stands. `touched` counts, per asker, the changes that no answer may be older than."""

    members: dict[str, Member]
    dealers: dict[str, Dealer] = field(default_factory=dict)
    consents: dict[tuple[str, str], str] = field(default_factory=dict)
    aliases: dict[tuple[str, str], str] = field(default_factory=dict)
    stock: dict[tuple[str, str, str], int] = field(default_factory=dict)
    touched: dict[str, int] = field(default_factory=dict)

    def touch(self, asker: str) -> None:
        self.touched[asker] = self.touched.get(asker, 0) + 1

    def readers(self, sharer: str) -> set[str]:
        shown = {
            asker for (reseller, asker), how in self.consents.items() if reseller == sharer and how != "NONE"
        }
        return shown | ({sharer} if self.members[sharer].type in WITH_STORES else set())

    def resolve(self, asker: str, number: str) -> str:
        return self.aliases.get((asker, number), number)

    def view(self, part: str) -> View:
        return {(kind, whose): count for (kind, whose, of), count in self.stock.items() if of == part}

    def listed(self, asker: str) -> list[str]:
        """The names of GET /api/t/dealers, in no order."""
        return sorted(one.name for one in self.dealers.values() if one.owner == asker and one.active)

    def answer(self, asker: str, question: Question, view: View) -> list[dict[str, Any]]:
        """Nearest first; the distance as it is before rounding."""
        found = [
            (haversine(question.origin, dealer.place), dealer_id, dealer, shown)
            for dealer_id, dealer in self.dealers.items()
            if dealer.owner == asker and dealer.active and dealer.place is not None
            for shown in self._shown(asker, dealer_id, dealer, view)
        ]
        near = [
            one for one in sorted(found, key=lambda one: one[:2]) if self._wanted(one[0], one[2], question)
        ]
        return [self._row(question, distance, dealer, shown) for distance, _, dealer, shown in near][
            : question.limit
        ]

    def _shown(self, asker: str, dealer_id: str, dealer: Dealer, view: View) -> Iterator[dict[str, Any]]:
        """Nothing, or what the owner of the stock lets be shown of it."""
        if dealer.of in {None, asker}:
            if self.members[asker].type in WITH_STORES and (count := view.get(("shelf", dealer_id), 0)):
                yield {"precision": "EXACT", "stockLevel": self._level(asker, count), "stock": count}
            return
        sharer = self.members[dealer.of]
        precision = self.consents.get((dealer.of, asker), "NONE")
        count = view.get(("item", dealer.of), 0) - sharer.safety
        if sharer.active and precision != "NONE" and count > 0:
            number = {"stock": count} if precision == "EXACT" else {}
            yield {"precision": precision, "stockLevel": self._level(dealer.of, count), **number}

    def _level(self, owner: str, count: int) -> str:
        return "low" if count < self.members[owner].threshold else "in-stock"

    @staticmethod
    def _wanted(distance_km: float, dealer: Dealer, question: Question) -> bool:
        within = question.radius_km is None or distance_km <= question.radius_km
        return within and (dealer.is_open is True or not question.open_only)

    @staticmethod
    def _row(question: Question, distance: float, dealer: Dealer, shown: dict[str, Any]) -> dict[str, Any]:
        assert dealer.place is not None
        unit = "distanceMi" if question.in_miles else "distanceKm"
        return {
            "name": dealer.name,
            unit: distance / KM_PER_MILE if question.in_miles else distance,
            "openNow": dealer.is_open,
            "approximate": dealer.place.approximate or question.origin.approximate,
            **shown,
        }


def haversine(one: Spot, other: Spot | None) -> float:
    """Kilometres as the crow flies."""
    assert other is not None
    (lat, lng), (lat2, lng2) = (tuple(map(math.radians, spot[:2])) for spot in (one, other))
    half = math.sin((lat2 - lat) / 2) ** 2 + math.cos(lat) * math.cos(lat2) * math.sin((lng2 - lng) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(half)))


@dataclass
class KeptAnswers:
    """Which view of a part's stock each asker may be shown: today's, or one that an old Redis brought back.

    Old views end with the next change of that part's stock, and with every change of who may see what.
    """

    model: NetworkModel
    _views: dict[tuple[str, str], tuple[int, View]] = field(default_factory=dict)

    def allowed(self, asker: str, part: str) -> list[View]:
        """Noted as read, since it is then kept in Redis."""
        now, version = self.model.view(part), self.model.touched.get(asker, 0)
        kept_at, kept = self._views.setdefault((asker, part), (version, now))
        if kept_at != version:
            kept = now
            self._views[asker, part] = (version, now)
        return [now] if kept == now else [now, kept]

    def forget(self, askers: set[str], part: str) -> None:
        for asker in askers:
            self._views.pop((asker, part), None)

    def flushed(self) -> None:
        self._views.clear()

    def noted(self) -> Callable[[], None]:
        """Brings back what is kept now."""
        then = dict(self._views)

        def restore() -> None:
            self._views = dict(then)

        return restore
