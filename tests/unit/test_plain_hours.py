"""Opening hours as a person types them in a form."""

import pytest

from app.domain.errors import InvalidInputError
from app.domain.network.hours import parse_opening_hours
from app.domain.network.hours_plain import hours_of, plain_days, plain_exceptions


@pytest.mark.parametrize(
    ("typed", "hours"),
    [
        ("09:00-17:00", [["09:00", "17:00"]]),
        ("9-12, 13.30 – 24", [["09:00", "12:00"], ["13:30", "24:00"]]),
        ("22:00-02:00;10-11", [["22:00", "02:00"], ["10:00", "11:00"]]),
        ("Closed", []),
    ],
)
def test_a_day_is_read_as_people_write_it(typed, hours):
    assert hours_of({"mon": typed}, "") == {"mon": hours}


def test_what_is_empty_says_nothing():
    assert hours_of({"mon": " ", "tue": ""}, "\n \n") is None


def test_exceptions_are_one_date_a_line():
    assert hours_of({}, "2026-12-24 closed\r\n\r\n2026-12-31: 10-14, 18-20\r\n") == {
        "exceptions": {"2026-12-24": [], "2026-12-31": [["10:00", "14:00"], ["18:00", "20:00"]]}
    }


@pytest.mark.parametrize(
    ("days", "exceptions", "told"),
    [
        ({"tue": "nine to five"}, "", "Tuesday: 'nine to five' is not of the form 09:00-17:00"),
        ({"sun": "9-12 13-17"}, "", "Sunday:"),
        ({}, "Christmas closed", "exceptions: 'Christmas closed' is not of the form 2026-12-24 closed"),
        ({}, "2026-12-24", "exceptions: '2026-12-24'"),
        ({}, "2026-12-24 noon", "2026-12-24: 'noon'"),
    ],
)
def test_what_cannot_be_read_is_told_with_where_it_stands(days, exceptions, told):
    with pytest.raises(InvalidInputError) as refused:
        hours_of(days, exceptions)
    assert refused.value.message.startswith(told)


def test_what_is_shown_reads_back_as_what_is_kept():
    kept = parse_opening_hours(
        {
            "mon": [["09:00", "12:00"], ["13:00", "24:00"]],
            "wed": [],
            "exceptions": {"2026-12-24": [], "2026-12-31": [["22:00", "02:00"]]},
        }
    )
    assert parse_opening_hours(hours_of(plain_days(kept), plain_exceptions(kept))) == kept
