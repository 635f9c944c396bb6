"""Who is near: a tenant's dealers in memory, those of them that have a part, and the nearest of these."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
import numpy as np

from app.domain.network.cards import DealerCard, Origin, Wish
from app.domain.storefront.rendering import answer

EARTH_RADIUS_KM: Final = 6371.0088
"""The mean radius of the International Union of Geodesy and Geophysics (https://doi.org/10.1007/s001900050278)."""

KM_PER_MILE: Final = 1.609344
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SLACK: Final = 1e-12
_BELT: Final = 12  # times as many holders as wanted, to either side: one look is nearly always enough
_ROW: Final = np.dtype([("dealer", "V16"), ("flags", "u1"), ("stock", ">i4"), ("as_of", ">i8")])
_LEVELS: Final = {1: b"low", 2: b"in-stock"}
_EXACT: Final = 16
_JSON: Final = {True: b"true", False: b"false", None: b"null"}
_ROW_SHOWN: Final = b'%b,"%b":%.1f,"asOf":%b,"openNow":%b,"approximate":%b,%b}'


class Directory:
    """A tenant's active dealers as of one version of its network, in the order of GET /api/t/dealers."""

    def __init__(self, version: int, cards: Sequence[DealerCard], size: int) -> None:
        self.version = version
        self.cards = cards
        self.size = size
        self.answer = answer(b"[%b]" % b",".join([card.shown for card in cards]))
        self._place = {card.id: place for place, card in enumerate(cards) if card.lat is not None}
        self.vectors = _vectors(cards)

    def places(self, rows: bytes) -> list[int]:
        """Of each packed row's dealer, -1 for one that is not here or nobody knows where."""
        return [self._place.get(rows[start : start + 16], -1) for start in range(0, len(rows), _ROW.itemsize)]


class Holders:
    """The dealers of a directory that have one part, as the packed rows of the database tell it."""

    def __init__(self, directory: Directory, rows: bytes) -> None:
        places = np.array(directory.places(rows), dtype=np.int64)
        known = np.flatnonzero(places >= 0)
        southern_first = known[np.argsort(directory.vectors[2, places[known]], kind="stable")]
        self._numbers = southern_first.tolist()
        self._cards = [directory.cards[place] for place in places[southern_first]]
        self._x, self._y, self._z = directory.vectors[:, places[southern_first]]
        self._latitudes = [math.radians(card.lat or 0.0) for card in self._cards]
        self._rows = np.frombuffer(rows, _ROW)
        self._told: dict[int, tuple[bytes, bytes]] = {}

    def nearest(self, origin: Origin, wish: Wish, now: datetime) -> bytes:
        """The body of GET /api/t/dealers/stock: nearest first, ties by dealer id (the rows' own order)."""
        shown: list[bytes] = []
        for distance_km, number, place in self._by_distance(origin, wish.limit):
            if wish.radius_km is not None and distance_km > wish.radius_km:
                break
            card = self._cards[place]
            is_open = card.open_at(now)
            if is_open or not wish.open_only:
                shown.append(self._row(number, card, distance_km, origin, wish, is_open))
                if len(shown) == wish.limit:
                    break
        return b"[%b]" % b",".join(shown)

    def _by_distance(self, origin: Origin, at_first: int) -> Iterator[tuple[float, int, int]]:
        """Kilometres, number of the row and place among the holders, nearest first.

        `at_first` of them, and ever more as long as they are asked for.
        """
        done, count = 0, len(self._cards)
        while done < count:
            wanted = min(count, max(at_first, done * 4))
            measured = sorted(
                (haversine_km(origin, self._cards[place]), self._numbers[place], place)
                for place in self._among(origin, wanted)
            )
            yield from measured[done:wanted]
            done = wanted

    def _among(self, origin: Origin, wanted: int) -> list[int]:
        """The places of the `wanted` nearest and perhaps a few more, since cosines round.

        Whoever is nearer than those in a belt of latitudes around the origin is in the belt as wide as they are far.
        """
        latitude = math.radians(origin.lat)
        middle, reach = bisect_left(self._latitudes, latitude), _BELT * wanted
        south, north = max(0, middle - reach), min(len(self._cards), middle + reach)
        cosines, farthest = self._cosines(origin, south, north, wanted)
        angle = math.acos(max(-1.0, min(1.0, farthest)))
        southern, northern = (
            bisect_left(self._latitudes, latitude - angle),
            bisect_right(self._latitudes, latitude + angle),
        )
        if southern < south or north < northern:
            south, north = southern, northern
            cosines, farthest = self._cosines(origin, south, north, wanted)
        return [south + int(place) for place in np.flatnonzero(cosines >= farthest)]

    def _cosines(self, origin: Origin, south: int, north: int, wanted: int) -> tuple[Any, float]:
        """Of the angles between the origin and a belt's holders, and a little less than the `wanted`-th largest."""
        x, y, z = origin.vector
        cosines = self._x[south:north] * x + self._y[south:north] * y + self._z[south:north] * z
        last = max(0, north - south - wanted)
        return cosines, float(np.partition(cosines, last)[last]) - _SLACK

    def _row(
        self,
        number: int,
        card: DealerCard,
        distance_km: float,
        origin: Origin,
        wish: Wish,
        is_open: bool | None,
    ) -> bytes:
        unit, distance = (
            (b"distanceMi", distance_km / KM_PER_MILE) if wish.in_miles else (b"distanceKm", distance_km)
        )
        as_of, level = self._stock(number)
        approximate = _JSON[card.approximate or origin.approximate]
        return _ROW_SHOWN % (card.shown[:-1], unit, distance, as_of, _JSON[is_open], approximate, level)

    def _stock(self, number: int) -> tuple[bytes, bytes]:
        """What a row says of the stock, as JSON, made when it is first shown."""
        told = self._told.get(number)
        if told is None:
            _, flags, stock, as_of = self._rows[number].item()
            confirmed = _EPOCH + timedelta(microseconds=as_of) if as_of else None
            level = b'"stockLevel":"%b","precision":' % _LEVELS[flags % _EXACT]
            level += b'"EXACT","stock":%d' % stock if flags >= _EXACT else b'"LEVEL"'
            told = self._told[number] = msgspec.json.encode(confirmed), level
        return told


def haversine_km(origin: Origin, card: DealerCard) -> float:
    """The great-circle distance (https://en.wikipedia.org/wiki/Haversine_formula)."""
    lat, lng = math.radians(origin.lat), math.radians(origin.lng)
    other_lat, other_lng = math.radians(card.lat or 0.0), math.radians(card.lng or 0.0)
    haversine = (
        math.sin((other_lat - lat) / 2) ** 2
        + math.cos(lat) * math.cos(other_lat) * math.sin((other_lng - lng) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(haversine)))


def _vectors(cards: Sequence[DealerCard]) -> Any:
    """On the unit sphere, in columns: x, y, z; those that nobody knows where have any."""
    degrees = np.array([(card.lat or 0.0, card.lng or 0.0) for card in cards]).reshape(-1, 2)
    lat, lng = np.radians(degrees.T)
    return np.array((np.cos(lat) * np.cos(lng), np.cos(lat) * np.sin(lng), np.sin(lat)))
