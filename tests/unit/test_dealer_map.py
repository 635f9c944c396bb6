"""The dealers' map that the server draws."""

from datetime import UTC, datetime
from itertools import pairwise
from uuid import uuid4

import pytest

from app.domain.network.dealer import Dealer
from app.domain.network.dealers import LIST_START, StoredDealer
from app.domain.network.postal import Place
from app.web.portal.dealer_map import HEIGHTS, LABELS_MAX, WIDTH, map_of


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
