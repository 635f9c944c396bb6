"""Who is near: a tenant's dealers in memory, those of them that have a part, and the nearest of these."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
import numpy as np

from app.domain.network.hours import open_now
from app.domain.storefront.rendering import answer

EARTH_RADIUS_KM: Final = 6371.0088  # the mean one of IUGG
KM_PER_MILE: Final = 1.609344
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ROW: Final = np.dtype([("dealer", "V16"), ("flags", "u1"), ("stock", ">i4"), ("as_of", ">i8")])
_LEVELS: Final = {1: "low", 2: "in-stock"}
_EXACT: Final = 16


class DealerCard(msgspec.Struct, array_like=True, frozen=True):
    """An active dealer: its object in GET /api/t/dealers, and what its distance and clock are told from."""

    id: bytes
    shown: bytes
    lat: float | None
    lng: float | None
    approximate: bool
    timezone: str
    opening_hours: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the asker is, in degrees; approximate when a postal code told it."""

    lat: float
    lng: float
    approximate: bool = False


@dataclass(frozen=True, slots=True)
class Wish:
    """What the asker wants of the nearest: how many, how far at most, only those that are open."""

    limit: int = 5
    radius_km: float | None = None
    open_only: bool = False
    in_miles: bool = False


class Directory:
    """A tenant's active dealers as of one version of its network, in the order of GET /api/t/dealers."""

    def __init__(self, version: int, cards: Sequence[DealerCard], size: int) -> None:
        self.version = version
        self.cards = cards
        self.size = size
        self.answer = answer(b"[%b]" % b",".join(card.shown for card in cards))
        self._place = {card.id: place for place, card in enumerate(cards) if card.lat is not None}
        degrees = [(math.nan if card.lat is None else card.lat, card.lng or 0.0) for card in cards]
        self.radians = np.radians(np.array(degrees, dtype=np.float64).reshape(-1, 2))

    def places(self, rows: bytes) -> list[int]:
        """Of each packed row's dealer, -1 for one that is not here or nobody knows where."""
        ids = (rows[start : start + 16] for start in range(0, len(rows), _ROW.itemsize))
        return [self._place.get(one, -1) for one in ids]


class Holders:
    """The dealers of a directory that have one part, as the packed rows of the database tell it."""

    def __init__(self, directory: Directory, rows: bytes) -> None:
        places = np.array(directory.places(rows), dtype=np.int32)
        known = places >= 0
        table = np.frombuffer(rows, _ROW)[known]
        self._cards = directory.cards
        self._places = places[known]
        self._flags = table["flags"].astype(np.uint8)
        self._stock = table["stock"].astype(np.int32)
        self._as_of = table["as_of"].astype(np.int64)
        self._lat, self._lng = np.ascontiguousarray(directory.radians[self._places].T)
        self._cos_lat = np.cos(self._lat)

    def nearest(self, origin: Origin, wish: Wish, now: datetime) -> bytes:
        """The body of GET /api/t/dealers/stock: nearest first, ties by dealer id (the rows' own order)."""
        lat, lng = math.radians(origin.lat), math.radians(origin.lng)
        haversine = (
            np.sin((self._lat - lat) / 2) ** 2
            + math.cos(lat) * self._cos_lat * np.sin((self._lng - lng) / 2) ** 2
        )
        rows: list[bytes] = []
        for number in _by_distance(haversine, wish):
            card = self._cards[self._places[number]]
            is_open = open_now(card.opening_hours, card.timezone, now)
            if is_open or not wish.open_only:
                rows.append(self._row(int(number), card, float(haversine[number]), origin, wish, is_open))
                if len(rows) == wish.limit:
                    break
        return b"[%b]" % b",".join(rows)

    def _row(
        self,
        number: int,
        card: DealerCard,
        haversine: float,
        origin: Origin,
        wish: Wish,
        is_open: bool | None,
    ) -> bytes:
        distance_km = 2 * EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(haversine)))
        flags, as_of = int(self._flags[number]), int(self._as_of[number])
        exact = flags >= _EXACT
        more = {
            "distanceMi" if wish.in_miles else "distanceKm": round(
                distance_km / KM_PER_MILE if wish.in_miles else distance_km, 1
            ),
            "asOf": _EPOCH + timedelta(microseconds=as_of) if as_of else None,
            "openNow": is_open,
            "approximate": card.approximate or origin.approximate,
            "stockLevel": _LEVELS[flags % _EXACT],
            "precision": "EXACT" if exact else "LEVEL",
        }
        if exact:
            more["stock"] = int(self._stock[number])
        return b"%b,%b" % (card.shown[:-1], msgspec.json.encode(more)[1:])


def _by_distance(haversine: "np.ndarray[Any, np.dtype[np.float64]]", wish: Wish) -> Iterator[int]:
    """Row numbers, nearest first, within the radius; stable, so that equals keep their order."""
    among = np.arange(len(haversine))
    if wish.radius_km is not None:
        among = np.flatnonzero(
            haversine <= math.sin(min(math.pi / 2, wish.radius_km / (2 * EARTH_RADIUS_KM))) ** 2
        )
    if not wish.open_only and len(among) > wish.limit:
        distances = haversine[among]
        farthest = np.partition(distances, wish.limit - 1)[wish.limit - 1]
        among = among[distances <= farthest]
    yield from among[np.argsort(haversine[among], kind="stable")]
