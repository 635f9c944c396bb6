"""Dealers as points on a map that the server draws, for who has no map service: Mercator, with a grid of degrees."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.domain.network.dealers import StoredDealer, shown

WIDTH: Final = 960.0
HEIGHT_MAX: Final = 560.0
MARGIN: Final = 32.0
SPAN_MIN: Final = 0.4
"""Degrees that the map shows at least, so that one dealer is not a point without surroundings."""
_LATITUDE_MAX: Final = 85.0
_STEPS: Final = (30.0, 20.0, 10.0, 5.0, 2.0, 1.0, 0.5, 0.2, 0.1, 0.05)
_LINES: Final = 4


@dataclass(frozen=True, slots=True)
class Point:
    """One dealer on the map."""

    id: str
    name: str
    place: str
    lat: float
    lng: float
    x: float
    y: float
    approximate: bool
    active: bool


@dataclass(frozen=True, slots=True)
class GridLine:
    """A parallel or a meridian."""

    label: str
    at: float


@dataclass(frozen=True, slots=True)
class PointMap:
    """What the template draws. Sizes are the viewBox's."""

    height: float
    points: Sequence[Point]
    meridians: Sequence[GridLine]
    parallels: Sequence[GridLine]
    width: float = WIDTH


def map_of(dealers: Iterable[StoredDealer]) -> PointMap | None:
    """Those that have a position; None when none has."""
    placed = [one for one in map(shown, dealers) if one["location"]]
    if not placed:
        return None
    view = _view([(one["location"]["lat"], one["location"]["lng"]) for one in placed])
    return PointMap(
        round(view.height, 1),
        [_point(one, view) for one in placed],
        [GridLine(_degrees(at, "EW"), view.x(at)) for at in _grid(view.west, view.east)],
        [GridLine(_degrees(at, "NS"), view.y(at)) for at in _grid(view.south, view.north)],
    )


@dataclass(frozen=True, slots=True)
class _View:
    """The rectangle that is drawn, in degrees, and how many units a degree of longitude has."""

    west: float
    east: float
    south: float
    north: float
    scale: float

    @property
    def height(self) -> float:
        return (_mercator(self.north) - _mercator(self.south)) * self.scale + 2 * MARGIN

    def x(self, lng: float) -> float:
        used = (self.east - self.west) * self.scale
        return round((WIDTH - used) / 2 + (lng - self.west) * self.scale, 1)

    def y(self, lat: float) -> float:
        return round(MARGIN + (_mercator(self.north) - _mercator(lat)) * self.scale, 1)


def _view(places: Sequence[tuple[float, float]]) -> _View:
    latitudes, longitudes = zip(*places, strict=True)
    south, north = _wide(max(min(latitudes), -_LATITUDE_MAX), min(max(latitudes), _LATITUDE_MAX))
    west, east = _wide(min(longitudes), max(longitudes))
    tall = _mercator(north) - _mercator(south)
    scale = min((WIDTH - 2 * MARGIN) / (east - west), (HEIGHT_MAX - 2 * MARGIN) / tall)
    return _View(west, east, south, north, scale)


def _wide(low: float, high: float) -> tuple[float, float]:
    missing = max(0.0, SPAN_MIN - (high - low)) / 2
    return low - missing, high + missing


def _mercator(lat: float) -> float:
    """In degrees of longitude from the equator."""
    bounded = max(-_LATITUDE_MAX, min(_LATITUDE_MAX, lat))
    return math.degrees(math.asinh(math.tan(math.radians(bounded))))


def _grid(low: float, high: float) -> Iterator[float]:
    step = next((one for one in _STEPS if (high - low) / one >= _LINES), _STEPS[-1])
    for number in range(math.ceil(low / step), math.floor(high / step) + 1):
        yield round(number * step, 2)


def _degrees(at: float, sides: str) -> str:
    side = sides[0] if at > 0 else sides[1] if at < 0 else ""
    return f"{abs(at):g}°{side}"


def _point(one: dict[str, Any], view: _View) -> Point:
    location = one["location"]
    return Point(
        str(one["dealerId"]),
        one["name"],
        " ".join(filter(None, (one["postalCode"], one["city"], one["country"]))),
        location["lat"],
        location["lng"],
        view.x(location["lng"]),
        view.y(location["lat"]),
        location["approximate"],
        one["active"],
    )
