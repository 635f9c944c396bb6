"""Dealers as points on a map that the server draws, for who has no map service: Mercator, over land and degrees."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.domain.network.dealers import StoredDealer, shown

WIDTH: Final = 960.0
HEIGHTS: Final = (240.0, 480.0)
MARGIN: Final = 40.0
SPAN_MIN: Final = 1.5
"""Degrees of longitude that the map shows at least, so that one dealer is not a point without surroundings."""
LABELS_MAX: Final = 12
"""So many points have their names beside them; more would stand in each other's way."""
_LABEL_LENGTH_MAX: Final = 28
_LATITUDE_MAX: Final = 85.0
_STEPS: Final = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0)
_BETWEEN_LINES: Final = 90.0
LAND_UNITS: Final = 50.0
"""A degree of longitude in static/portal/land.svg, which is in the same projection; its middle is at 0° N 0° E."""


@dataclass(frozen=True, slots=True)
class Point:
    """One dealer on the map; `label` is empty where there are too many."""

    id: str
    name: str
    place: str
    lat: float
    lng: float
    x: float
    y: float
    label: str
    approximate: bool
    active: bool


@dataclass(frozen=True, slots=True)
class GridLine:
    """A parallel or a meridian."""

    label: str
    at: float


@dataclass(frozen=True, slots=True)
class PointMap:
    """What the template draws. Sizes are the viewBox's; `land` puts the drawing of the land under the points."""

    height: float
    points: Sequence[Point]
    meridians: Sequence[GridLine]
    parallels: Sequence[GridLine]
    land: str
    width: float = WIDTH


def map_of(dealers: Iterable[StoredDealer]) -> PointMap | None:
    """Those that have a position; None when none has."""
    placed = [one for one in map(shown, dealers) if one["location"]]
    if not placed:
        return None
    view = _view([(one["location"]["lat"], one["location"]["lng"]) for one in placed])
    return PointMap(
        round(view.height, 1),
        [_point(one, view, labelled=len(placed) <= LABELS_MAX) for one in placed],
        list(_lines(view.meridians(), view.x, "EW")),
        list(_lines(view.parallels(), view.y, "NS")),
        f"translate({view.x(0)} {view.y(0)}) scale({view.scale / LAND_UNITS:.6g})",
    )


@dataclass(frozen=True, slots=True)
class _View:
    """What is drawn: its middle in Mercator's degrees, and how many units a degree of longitude has."""

    lng: float
    tall: float
    scale: float
    height: float

    def x(self, lng: float) -> float:
        return round(WIDTH / 2 + (lng - self.lng) * self.scale, 1)

    def y(self, lat: float) -> float:
        return round(self.height / 2 - (_mercator(lat) - self.tall) * self.scale, 1)

    def meridians(self) -> Iterator[float]:
        half = WIDTH / 2 / self.scale
        return self._grid(self.lng - half, self.lng + half)

    def parallels(self) -> Iterator[float]:
        half = self.height / 2 / self.scale
        return self._grid(_latitude(self.tall - half), _latitude(self.tall + half))

    def _grid(self, low: float, high: float) -> Iterator[float]:
        step = next((one for one in _STEPS if one * self.scale >= _BETWEEN_LINES), _STEPS[-1])
        for number in range(math.ceil(low / step), math.floor(high / step) + 1):
            yield round(number * step, 2)


def _view(places: Sequence[tuple[float, float]]) -> _View:
    heights, longitudes = [_mercator(lat) for lat, _ in places], [lng for _, lng in places]
    wide, tall = max(longitudes) - min(longitudes), max(heights) - min(heights)
    low, high = HEIGHTS
    scale = (WIDTH - 2 * MARGIN) / max(wide, SPAN_MIN)
    if tall * scale > high - 2 * MARGIN:
        scale = (high - 2 * MARGIN) / tall
    middle = (max(longitudes) + min(longitudes)) / 2, (max(heights) + min(heights)) / 2
    return _View(*middle, scale, max(low, tall * scale + 2 * MARGIN))


def _mercator(lat: float) -> float:
    """In degrees of longitude from the equator."""
    bounded = max(-_LATITUDE_MAX, min(_LATITUDE_MAX, lat))
    return math.degrees(math.asinh(math.tan(math.radians(bounded))))


def _latitude(tall: float) -> float:
    return math.degrees(math.atan(math.sinh(math.radians(tall))))


def _lines(degrees: Iterable[float], place: Any, sides: str) -> Iterator[GridLine]:
    for at in degrees:
        side = sides[0] if at > 0 else sides[1] if at < 0 else ""
        yield GridLine(f"{abs(at):g}°{side}", place(at))


def _point(one: dict[str, Any], view: _View, *, labelled: bool) -> Point:
    location, name = one["location"], one["name"]
    short = name if len(name) <= _LABEL_LENGTH_MAX else f"{name[:_LABEL_LENGTH_MAX]}…"
    return Point(
        id=str(one["dealerId"]),
        name=name,
        place=" ".join(filter(None, (one["postalCode"], one["city"], one["country"]))),
        lat=location["lat"],
        lng=location["lng"],
        x=view.x(location["lng"]),
        y=view.y(location["lat"]),
        label=short if labelled else "",
        approximate=location["approximate"],
        active=one["active"],
    )
