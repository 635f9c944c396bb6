import gzip
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.web.bodies import gunzipped
from app.web.errors import HttpError

LIMIT = 10_000


def pieces(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


@given(st.lists(st.binary(max_size=500), max_size=4), st.integers(1, 60))
def test_whatever_the_pieces_the_body_comes_out(members: list[bytes], size: int):
    wire = b"".join(gzip.compress(member) for member in members)
    assert b"".join(gunzipped(pieces(wire, size), LIMIT)) == b"".join(members)


@given(st.binary(min_size=1, max_size=300), st.data())
def test_a_cut_body_is_refused(body: bytes, data: st.DataObject):
    wire = gzip.compress(body)
    cut = wire[: data.draw(st.integers(1, len(wire) - 1))]
    with pytest.raises(HttpError) as refusal:
        b"".join(gunzipped([cut], LIMIT))
    assert refusal.value.status == 400


def test_a_bomb_stops_at_the_limit():
    bomb = gzip.compress(bytes(20_000_000))
    with pytest.raises(HttpError) as refusal:
        b"".join(gunzipped([bomb], LIMIT))
    assert refusal.value.status == 413


def test_a_swarm_of_empty_members_is_refused():
    with pytest.raises(HttpError) as refusal:
        b"".join(gunzipped([gzip.compress(b"") * 10_001], LIMIT))
    assert refusal.value.status == 400


def test_noise_is_refused():
    noise = random.Random(1).randbytes(5000)
    with pytest.raises(HttpError) as refusal:
        b"".join(gunzipped([noise], LIMIT))
    assert refusal.value.status == 400
