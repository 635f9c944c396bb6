"""The dealers' map that the server draws."""

import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from uuid import uuid4

import pytest

from app.domain.network.dealer import Dealer
from app.domain.network.dealers import LIST_START, StoredDealer
from app.domain.network.postal import Place
from app.web.portal.dealer_map import HEIGHTS, LABELS_MAX, LAND_UNITS, WIDTH, map_of


def at(lat: float | None, lng: float | None, place: Place | None = None) -> StoredDealer:
    dealer = Dealer("Dealer", lat=lat, lng=lng)
    return StoredDealer(uuid4(), datetime.now(UTC), LIST_START, dealer, place)


@pytest.mark.parametrize(
    "places",
    [
        [(63.8, 20.2)],
        [(63.8, 20.2)] * 3,
        [(69.6, 18.9), (55.6, 13.0)],
        [(38.7, -9.1), (60.1, 24.9)],
        [(90.0, -180.0), (-90.0, 180.0)],
        [(0.0, 0.0), (0.0001, 0.0001)],
    ],
)
def test_every_point_and_line_is_inside_and_the_lines_can_be_told_apart(places):
    drawn = map_of([at(*place) for place in places])
    assert drawn is not None
    assert HEIGHTS[0] <= drawn.height <= HEIGHTS[1]
    assert all(0 <= one.x <= WIDTH and 0 <= one.y <= drawn.height for one in drawn.points)
    for lines, length in ((drawn.meridians, drawn.width), (drawn.parallels, drawn.height)):
        assert lines
        assert all(0 <= one.at <= length for one in lines)
        assert all(abs(one.at - other.at) >= 60 for one, other in pairwise(lines))


def test_north_is_up_and_east_is_right():
    drawn = map_of([at(69.6, 13.0), at(55.6, 18.9)])
    assert drawn is not None
    north, south = drawn.points
    assert north.y < south.y
    assert north.x < south.x
    assert "10°E" in [one.label for one in drawn.meridians]
    assert "60°N" in [one.label for one in drawn.parallels]


def test_who_has_no_position_is_not_on_it_and_without_anybody_there_is_none():
    assert map_of([at(None, None)]) is None
    drawn = map_of([at(None, None), at(None, None, Place(63.8, 20.2, approximate=True))])
    assert drawn is not None
    assert [(one.lat, one.approximate) for one in drawn.points] == [(63.8, True)]


def test_names_stand_beside_few_points_only():
    few, many = (map_of([at(60.0, float(one)) for one in range(count)]) for count in (2, LABELS_MAX + 1))
    assert few is not None
    assert many is not None
    assert [one.label for one in few.points] == ["Dealer", "Dealer"]
    assert {one.label for one in many.points} == {""}


@pytest.mark.parametrize(
    "places", [[(63.8, 20.2), (55.6, 13.0)], [(38.7, -9.1), (-33.9, 151.2), (61.2, -149.9)]]
)
def test_the_land_lies_under_the_points(places):
    drawn = map_of([at(*place) for place in places])
    assert drawn is not None
    right, down, scale = map(float, re.findall(r"-?[\d.]+", drawn.land))
    for (lat, lng), point in zip(places, drawn.points, strict=True):
        tall = math.degrees(math.log(math.tan(math.pi / 4 + math.radians(lat) / 2)))
        assert point.x == pytest.approx(right + lng * LAND_UNITS * scale, abs=0.3)
        assert point.y == pytest.approx(down - tall * LAND_UNITS * scale, abs=0.3)


LAND = Path("app/web/static/portal/land.svg").read_text()


@pytest.mark.parametrize(
    ("lat", "lng", "is_land"),
    [
        (63.8, 19.9, True),  # Umeå
        (62.0, 19.5, False),  # the sea before it
        (66.3, 22.8, True),  # Överkalix
        (65.0, 22.8, False),  # the sea before Luleå
        (67.0, 178.0, True),  # where the map ends
        (48.2, 16.4, True),  # Vienna
        (40.0, -30.0, False),  # the Atlantic
        (64.9, -18.6, True),  # Iceland
        (-25.0, 135.0, True),  # Australia
    ],
)
def test_the_land_is_where_it_is_in_the_maps_projection(lat, lng, is_land):
    x = lng * LAND_UNITS
    y = -math.degrees(math.log(math.tan(math.pi / 4 + math.radians(lat) / 2))) * LAND_UNITS
    crossings = sum(_crosses(ring, x, y) for ring in _rings())
    assert (crossings % 2 == 1) is is_land
    assert len(LAND) < 120_000


def _rings() -> Iterator[list[tuple[float, float]]]:
    """Each starts from where the one before did, and goes on by steps."""
    x = y = 0.0
    [drawn] = re.findall(r' d="([^"]+)"', LAND)
    for ring in drawn.rstrip("z").split("z"):
        steps = [float(one) for one in re.findall(r"-?\d+", ring)]
        x, y = x + steps[0], y + steps[1]
        places = [(x, y)]
        for right, down in zip(steps[2::2], steps[3::2], strict=True):
            places.append((places[-1][0] + right, places[-1][1] + down))
        yield places


def _crosses(ring: list[tuple[float, float]], x: float, y: float) -> int:
    """How many edges a ray to the east meets."""
    return sum(
        (one[1] > y) != (two[1] > y) and x < one[0] + (y - one[1]) / (two[1] - one[1]) * (two[0] - one[0])
        for one, two in pairwise([*ring, ring[0]])
    )
