"""app/web/preferences.py: the Prefer header, and room for those who wait."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.web.preferences import Preference, WaitingRoom, preference


@pytest.mark.parametrize(
    "header",
    [None, "", "handling=lenient", "wait", "wait=", "wait=x", "wait=-1", "wait=1.5", "await=5", ",;="],
)
def test_without_a_preference_of_ours_the_default_holds(header: str | None):
    assert preference(header, 20) == Preference(20, None)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("wait=5", 5),
        ("WAIT = 5", 5),
        ('wait="5"', 5),
        ("wait=0", 0),
        ("wait=60", 60),
        ("wait=61", 60),
        ("wait=" + "9" * 5000, 60),
        ("handling=lenient; x=1, wait=5; y=2", 5),
        ("wait=5, wait=7", 5),
        ("respond-async, wait=5", 5),
        ("wait=5, respond-async", 5),
    ],
)
def test_wait_is_read_and_capped(header: str, seconds: int):
    assert preference(header, 20) == Preference(seconds, f"wait={seconds}")


@pytest.mark.parametrize(
    "header", ["respond-async", "Respond-Async", "x, respond-async", "respond-async; a=b"]
)
def test_respond_async_does_not_wait(header: str):
    assert preference(header, 20) == Preference(0, "respond-async")


@given(st.text())
def test_any_header_is_read_without_an_error(header: str):
    assert 0 <= preference(header, 20).wait_s <= 60


def test_the_room_has_so_many_seats_and_takes_them_back():
    room = WaitingRoom(2)
    with room.seat() as first, room.seat() as second, room.seat() as third:
        assert (first, second, third) == (True, True, False)
    with room.seat() as again:
        assert again


def test_a_seat_is_free_again_after_an_error():
    room = WaitingRoom(1)
    with pytest.raises(KeyError), room.seat():
        raise KeyError
    with room.seat() as seated:
        assert seated
