"""The nearest as they are found in memory, held against every distance measured and sorted."""

import struct
from datetime import UTC, datetime
from uuid import UUID

import msgspec
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.domain.network.cards import DealerCard, Origin, Wish
from app.domain.network.nearby import Directory, Holders
from tests.property.network_model import KM_PER_MILE, Spot, haversine

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
OPEN, CLOSED = '{"mon": [["00:00", "24:00"]]}', '{"mon": []}'
LEVEL_IN_STOCK = 2


def around(centre: float, bound: float) -> st.SearchStrategy[float]:
    """Anywhere, at the edges, and so close together that rounding might decide."""
    near = st.integers(-3, 3).map(lambda n: max(-bound, min(bound, centre + n * 1e-7)))
    return st.one_of(
        near, st.sampled_from((-bound, -bound + 1e-9, 0.0, centre, bound)), st.floats(-bound, bound)
    )


spots = st.builds(Spot, around(59.0, 90.0), around(179.9999999, 180.0))
dealers = st.lists(st.tuples(spots, st.sampled_from(("", OPEN, CLOSED))), max_size=60)
wishes = st.builds(
    Wish,
    limit=st.integers(1, 50),
    radius_km=st.none() | st.floats(1e-9, 20_040),
    open_only=st.booleans(),
    in_miles=st.booleans(),
)


def holders(of: list[tuple[Spot, str]]) -> Holders:
    """Named by their number, which is the order of their ids; in the directory they stand the other way round."""
    cards = [
        DealerCard(UUID(int=n).bytes, b'{"name":"%d"}' % n, spot.lat, spot.lng, False, "UTC", hours)
        for n, (spot, hours) in enumerate(of)
    ]
    rows = [struct.pack(">16sBiq", card.id, LEVEL_IN_STOCK, -1, 0) for card in cards]
    return Holders(Directory(1, cards[::-1], 0), b"".join(rows))


@settings(max_examples=400, deadline=None)
@example([(Spot(59.0, 18.0), OPEN)] * 60, Spot(59.0, 18.0), Wish(limit=7))
@example([(Spot(90.0, lng), OPEN) for lng in range(-180, 181, 10)], Spot(-90.0, 3.0), Wish(limit=50))
@given(dealers, spots, wishes)
def test_the_nearest_are_those_that_every_distance_measured_and_sorted_gives(
    chosen: list[tuple[Spot, str]], origin: Spot, wish: Wish
):
    measured = sorted(
        (haversine(origin, spot), n)
        for n, (spot, hours) in enumerate(chosen)
        if not wish.open_only or hours == OPEN
    )
    within = [one for one in measured if wish.radius_km is None or one[0] <= wish.radius_km][: wish.limit]
    shown = msgspec.json.decode(holders(chosen).nearest(Origin(origin.lat, origin.lng), wish, NOW))
    assert [int(one["name"]) for one in shown] == [n for _, n in within]
    for one, (distance, _) in zip(shown, within, strict=True):
        told = one["distanceMi"] * KM_PER_MILE if wish.in_miles else one["distanceKm"]
        assert abs(told - distance) <= 0.0501 * KM_PER_MILE
