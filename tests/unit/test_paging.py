"""app/web/paging.py: cursors lead back to their place, and nothing else is one."""

from contextlib import suppress
from datetime import UTC
from uuid import UUID

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import InvalidInputError
from app.web.paging import Page, decode_index, decode_place, encode


@given(st.datetimes(timezones=st.just(UTC)), st.uuids())
def test_a_place_survives_the_way(at, id_: UUID):
    cursor = encode(at, id_)
    assert decode_place(cursor) == (at, id_)
    assert all(one.isalnum() or one in "-_" for one in cursor)


@given(st.integers(0, 2**31 - 1))
def test_an_index_survives_the_way(index: int):
    assert decode_index(encode(index)) == index


@given(st.text())
def test_anything_else_is_refused_and_no_error(cursor: str):
    for decode in (decode_place, decode_index):
        with suppress(InvalidInputError):
            decode(cursor)


@pytest.mark.parametrize("place", [[-1], [2**31], ["1"], [], [1, 2], [None], [True]])
def test_an_index_out_of_range_is_refused(place: list[object]):
    with pytest.raises(InvalidInputError):
        decode_index(encode(*place))


def test_a_cursor_of_one_list_is_none_of_the_other():
    with pytest.raises(InvalidInputError):
        decode_place(encode(5))


def test_a_page_has_50_by_default_and_1_to_200():
    assert Page().limit == 50
    for limit in (0, 201):
        with pytest.raises(pydantic.ValidationError):
            Page(limit=limit)
