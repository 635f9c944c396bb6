"""Opening hours: what is taken and refused, and when a dealer is open."""

import json
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.network import hours as module
from app.domain.network.hours import (
    DAYS,
    parse_opening_hours,
    parse_timezone,
    schedule,
    schedule_of,
)

STOCKHOLM = "Europe/Stockholm"
ALL_DAY = [["00:00", "24:00"]]


def open_now(hours, timezone, now):
    """Asked as who holds a dealer asks: by the JSON text of its hours."""
    schedule = schedule_of(json.dumps(hours or {}), timezone or "")
    return None if schedule is None else schedule.open_at(now)


def at(text, zone=STOCKHOLM, fold=0):
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)


def is_open(hours, text, zone=STOCKHOLM, fold=0):
    return open_now(parse_opening_hours(hours), zone, at(text, zone, fold).astimezone(UTC))


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ({}, {}),
        ('{"mon": [["09:00","17:00"]]}', {"mon": [["09:00", "17:00"]]}),
        (
            {"sun": [], "mon": [["13:00", "17:00"], ["09:00", "13:00"]]},
            {"mon": [["09:00", "13:00"], ["13:00", "17:00"]], "sun": []},
        ),
        ({"fri": [["18:00", "02:00"]]}, {"fri": [["18:00", "02:00"]]}),
        ({"fri": [["18:00", "00:00"]]}, {"fri": [["18:00", "00:00"]]}),
        ({"fri": ALL_DAY}, {"fri": ALL_DAY}),
        (
            {"exceptions": {"2026-12-31": [["10:00", "14:00"]], "2026-12-24": []}},
            {"exceptions": {"2026-12-24": [], "2026-12-31": [["10:00", "14:00"]]}},
        ),
        ({"exceptions": {"2028-02-29": []}}, {"exceptions": {"2028-02-29": []}}),
    ],
)
def test_hours_are_taken_in_one_form_whatever_their_order(given, taken):
    parsed = parse_opening_hours(given)

    assert parsed == parse_opening_hours(json.dumps(parsed)) == taken
    assert json.dumps(parsed) == json.dumps(taken)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("", "cannot be read as JSON: Expecting value: line 1 column 1 (char 0)"),
        ("{", "cannot be read as JSON: Expecting property name"),
        ("[" * 100_000, "is nested too deep"),
        (" " * 200_001, "is longer than 200,000 characters"),
        ('{"mon": [], "mon": []}', "has a key twice"),
        ('{"mon": ' + "1" * 10_000 + "}", "has on mon no list of intervals"),
        ('{"mon": NaN}', "has on mon no list of intervals"),
        ([], "must be a JSON object such as"),
        ("null", "must be a JSON object such as"),
        (12, "must be a JSON object such as"),
        ({"monday": []}, "has 'monday'; it may have mon, tue, wed, thu, fri, sat, sun and exceptions"),
        ({"Mon": []}, "has 'Mon'; it may have"),
        ({"\ud800" * 99: []}, "it may have"),
        ({"mon": None}, "has on mon no list of intervals"),
        ({"mon": "09:00-17:00"}, "has on mon no list of intervals"),
        ({"mon": ["09:00", "17:00"]}, "has on mon an interval that is not of the form"),
        ({"mon": [["09:00"]]}, "has on mon an interval that is not of the form"),
        ({"mon": [["09:00", "12:00", "17:00"]]}, "has on mon an interval that is not of the form"),
        ({"mon": [["9:00", "17:00"]]}, "has on mon a time that is not HH:MM: '9:00'"),
        ({"mon": [["09:00", "17:60"]]}, "has on mon a time that is not HH:MM: '17:60'"),
        ({"mon": [["09:00", "24:01"]]}, "has on mon a time that is not HH:MM: '24:01'"),
        ({"mon": [["09:00", "25:00"]]}, "has on mon a time that is not HH:MM: '25:00'"),
        ({"mon": [["09:00", "٠٩:٠٠"]]}, "has on mon a time that is not HH:MM: '٠٩:٠٠'"),  # noqa: RUF001 - digits all the same
        ({"mon": [["09:00", "17:00\n"]]}, "has on mon a time that is not HH:MM: '17:00\\n'"),
        ({"mon": [[9, 17]]}, "has on mon a time that is not HH:MM"),
        ({"mon": [["24:00", "02:00"]]}, "has on mon an interval that begins at 24:00, which is an end only"),
        ({"mon": [["09:00", "09:00"]]}, "has on mon an interval that ends when it begins; all day is"),
        (
            {"mon": [["12:00", "14:00"], ["09:00", "12:01"]]},
            "has on mon intervals that overlap: 09:00–12:01 and 12:00–14:00",
        ),
        ({"mon": [["18:00", "02:00"], ["20:00", "21:00"]]}, "has on mon intervals that overlap"),
        ({"mon": [["09:00", "10:00"]] * 11}, "has on mon more than 10 intervals"),
        ({"exceptions": []}, "has exceptions that are no JSON object of dates"),
        ({"exceptions": {"2026-02-30": []}}, "has an exception on '2026-02-30', which is no date YYYY-MM-DD"),
        ({"exceptions": {"20261224": []}}, "has an exception on '20261224', which is no date"),
        ({"exceptions": {"2026-W01-1": []}}, "has an exception on '2026-W01-1', which is no date"),
        ({"exceptions": {"2026-12-24": None}}, "has on 2026-12-24 no list of intervals"),
        (
            {"exceptions": {str(date(2026, 1, 1) + timedelta(n)): [] for n in range(401)}},
            "has more than 400 exceptions",
        ),
    ],
)  # fmt: skip
def test_other_hours_are_refused_with_the_reason(given, reason):
    with pytest.raises(ValueError) as refused:
        parse_opening_hours(given)
    assert reason in str(refused.value)


def test_the_limits_themselves_are_taken():
    day = [[f"{2 * n:02}:00", f"{2 * n + 1:02}:00"] for n in range(10)]
    exceptions = {str(date(2026, 1, 1) + timedelta(n)): day for n in range(400)}

    assert parse_opening_hours(json.dumps({"mon": day, "exceptions": exceptions}))["exceptions"] == exceptions


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("Europe/Stockholm", "Europe/Stockholm"),
        (" europe/stockholm ", "Europe/Stockholm"),
        ("America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        ("UTC", "UTC"),
        ("europe/kiev", "Europe/Kiev"),
    ],
)
def test_a_time_zone_is_taken_as_iana_writes_it(given, name):
    assert parse_timezone(given) == name


@pytest.mark.parametrize(
    "given",
    ["", "CEST", "+02:00", "Europe", "Europe/Atlantis", "../etc/passwd", "/etc/localtime", "localtime",
     "posix/Europe/Stockholm", "Factory", "Europe/Stockholm\0", "\ud800", "x" * 100_000, None, 2, []],
)  # fmt: skip
def test_another_time_zone_is_refused(given):
    with pytest.raises(ValueError, match="must be an IANA time zone such as Europe/Stockholm"):
        parse_timezone(given)


def test_every_time_zone_that_is_taken_can_be_used():
    for name in module._timezones().values():
        assert parse_timezone(name) == name
        assert datetime.now(ZoneInfo(name)).utcoffset() is not None


WEEK = {"mon": [["09:00", "12:00"], ["13:00", "17:00"]], "fri": [["18:00", "02:00"]], "sat": ALL_DAY}


@pytest.mark.parametrize(
    ("local", "expected"),
    [
        ("2026-06-01T08:59:59", False),  # a Monday
        ("2026-06-01T09:00:00", True),
        ("2026-06-01T11:59:59.999999", True),
        ("2026-06-01T12:00:00", False),
        ("2026-06-01T13:00:00", True),
        ("2026-06-01T17:00:00", False),
        ("2026-06-02T10:00:00", False),
        ("2026-06-05T17:59:59", False),
        ("2026-06-05T18:00:00", True),
        ("2026-06-06T01:59:59", True),
        ("2026-06-06T23:59:59", True),
        ("2026-06-07T00:00:00", False),
    ],
)
def test_a_dealer_is_open_within_its_intervals(local, expected):
    assert is_open(WEEK, local) is expected


@pytest.mark.parametrize(
    ("local", "expected"),
    [
        ("2026-06-07T23:00:00", True),  # a Sunday, over the turn of the week
        ("2026-06-08T01:59:59", True),
        ("2026-06-08T02:00:00", False),
    ],
)
def test_the_last_evening_of_the_week_goes_on_into_monday(local, expected):
    assert is_open({"sun": [["22:00", "02:00"]]}, local) is expected


@pytest.mark.parametrize(
    ("exceptions", "local", "expected"),
    [
        ({}, "2026-06-06T01:00:00", True),
        ({"2026-06-05": []}, "2026-06-05T19:00:00", False),
        ({"2026-06-05": []}, "2026-06-06T01:00:00", False),  # what would have been left of that evening
        ({"2026-06-06": []}, "2026-06-06T01:00:00", True),  # the evening before is not of that day
        ({"2026-06-06": []}, "2026-06-06T02:00:00", False),
        ({"2026-06-04": [["22:00", "04:00"]]}, "2026-06-05T03:59:00", True),
        ({"2026-06-05": [["10:00", "14:00"]]}, "2026-06-05T11:00:00", True),
        ({"2026-06-05": [["10:00", "14:00"]]}, "2026-06-05T19:00:00", False),
    ],
)
def test_an_exception_replaces_its_day_and_what_goes_past_its_midnight(exceptions, local, expected):
    assert is_open({"fri": [["18:00", "02:00"]], "exceptions": exceptions}, local) is expected


@pytest.mark.parametrize("ends", ["24:00", "00:00"])
def test_open_until_midnight_ends_at_midnight(ends):
    hours = {"mon": [["18:00", ends]]}

    assert is_open(hours, "2026-06-01T23:59:59")
    assert not is_open(hours, "2026-06-02T00:00:00")


@pytest.mark.parametrize(
    ("hours", "timezone"), [(None, STOCKHOLM), ({}, STOCKHOLM), (WEEK, None), (WEEK, ""), (None, None)]
)
def test_without_hours_or_time_zone_nobody_knows(hours, timezone):
    assert open_now(hours, timezone, datetime.now(UTC)) is None


def test_hours_that_say_closed_are_hours():
    assert open_now({"mon": []}, STOCKHOLM, datetime.now(UTC)) is False
    assert open_now({"exceptions": {"2026-12-24": []}}, STOCKHOLM, datetime.now(UTC)) is False


def test_hours_are_those_of_the_dealers_clock():
    monday_noon = datetime(2026, 6, 1, 12, tzinfo=UTC)
    hours = {"mon": [["12:00", "13:00"]]}

    zones = ("UTC", STOCKHOLM, "America/New_York")
    assert [open_now(hours, zone, monday_noon) for zone in zones] == [True, False, False]
    assert open_now({"tue": [["02:00", "02:01"]]}, "Pacific/Kiritimati", monday_noon)


@pytest.mark.parametrize(
    ("instant", "expected"),
    [
        ("2026-03-29T00:59:00+00:00", True),  # 01:59, and one minute later it is 03:00
        ("2026-03-29T01:00:00+00:00", False),
        ("2026-10-25T00:30:00+00:00", True),  # 02:30 the first time
        ("2026-10-25T01:30:00+00:00", True),  # 02:30 the second time
        ("2026-10-25T02:00:00+00:00", False),
    ],
)
def test_when_clocks_change_hours_go_by_what_they_show(instant, expected):
    hours = {"sun": [["01:00", "03:00"]]}

    assert open_now(hours, STOCKHOLM, datetime.fromisoformat(instant)) is expected


def test_an_evening_goes_on_over_the_change_of_clocks():
    hours = {"sat": [["22:00", "04:00"]]}

    assert open_now(hours, STOCKHOLM, datetime(2026, 3, 29, 1, 59, tzinfo=UTC))
    assert not open_now(hours, STOCKHOLM, datetime(2026, 3, 29, 2, 0, tzinfo=UTC))
    assert open_now(hours, STOCKHOLM, datetime(2026, 10, 25, 2, 59, tzinfo=UTC))
    assert not open_now(hours, STOCKHOLM, datetime(2026, 10, 25, 3, 0, tzinfo=UTC))


TIMES = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.sampled_from([0, 1, 30, 59]))


@st.composite
def days(draw):
    """Some intervals of one day that do not overlap: pairs of neighbours among sorted times."""
    times = sorted(draw(st.sets(TIMES, max_size=7)))
    intervals = [[opens, closes] for opens, closes in zip(times[::2], times[1::2], strict=False)]
    if len(times) % 2:
        intervals.append([times[-1], draw(st.sampled_from(["24:00", "00:00"]))])
    return [interval for interval in intervals if interval[0] != interval[1]]


MONDAY = date(2026, 3, 23)
WEEKS = st.fixed_dictionaries({}, optional={day: days() for day in DAYS})
DATES = st.builds(lambda n: str(MONDAY + timedelta(n)), st.integers(0, 8))


def open_minutes(hours):
    """The naive model: every (date, HH:MM) of ten days at which some clock walk from an opening passes by."""
    shown = set()
    for number in range(-1, 9):
        day = MONDAY + timedelta(number)
        intervals = hours.get("exceptions", {}).get(str(day), hours.get(DAYS[day.weekday()], []))
        for opens, closes in intervals:
            clock = datetime.fromisoformat(f"{day}T{opens}")
            while True:
                shown.add((clock.date(), f"{clock:%H:%M}"))
                clock += timedelta(minutes=1)
                if f"{clock:%H:%M}" == closes.replace("24:00", "00:00"):
                    break
    return shown


@settings(max_examples=60, deadline=None)
@given(
    WEEKS, st.dictionaries(DATES, days(), max_size=3), st.sampled_from([STOCKHOLM, "America/St_Johns", "UTC"])
)
def test_a_dealer_is_open_exactly_in_the_minutes_of_a_naive_model(week, exceptions, zone):
    hours = parse_opening_hours(week | {"exceptions": exceptions})
    ready, expected = schedule(hours, zone), open_minutes(hours)
    instant = datetime(2026, 3, 23, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    for _ in range(8 * 24 * 60 // 7):
        instant += timedelta(minutes=7)
        local = instant.astimezone(ZoneInfo(zone))
        assert ready.open_at(instant) is ((local.date(), f"{local:%H:%M}") in expected)
