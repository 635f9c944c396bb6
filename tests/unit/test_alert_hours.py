"""Quiet hours and reports by the clock on the wall: over midnight, and when the clocks are changed."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from uuid import uuid4

import pytest

from app.domain.alerts.alert import AlertKind
from app.domain.alerts.channel import Channel, ChannelKind, quiet_ends, report_due

NIGHT = Channel(
    uuid4(),
    uuid4(),
    ChannelKind.EMAIL,
    "ops@example.com",
    tuple(AlertKind),
    quiet_from=time(22),
    quiet_until=time(6, 30),
    timezone="Europe/Berlin",
    daily_report_at=time(7),
)


def at(text):
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("now", "ends"),
    [
        ("2026-11-20T21:59:59+01:00", None),
        ("2026-11-20T22:00:00+01:00", "2026-11-21T06:30:00+01:00"),
        ("2026-11-21T00:00:00+01:00", "2026-11-21T06:30:00+01:00"),
        ("2026-11-21T06:29:59+01:00", "2026-11-21T06:30:00+01:00"),
        ("2026-11-21T06:30:00+01:00", None),
        ("2026-12-31T23:30:00+01:00", "2027-01-01T06:30:00+01:00"),
        # the night is an hour shorter, and an hour longer
        ("2026-03-28T23:00:00+01:00", "2026-03-29T06:30:00+02:00"),
        ("2026-10-24T23:00:00+02:00", "2026-10-25T06:30:00+01:00"),
    ],
)
def test_quiet_hours_over_midnight(now, ends):
    assert quiet_ends(NIGHT, at(now).astimezone(UTC)) == (ends and at(ends))


@pytest.mark.parametrize(
    ("now", "ends"),
    [
        ("2026-11-21T11:59:00+01:00", None),
        ("2026-11-21T12:00:00+01:00", "2026-11-21T14:00:00+01:00"),
        ("2026-11-21T14:00:00+01:00", None),
    ],
)
def test_quiet_hours_at_noon(now, ends):
    noon = replace(NIGHT, quiet_from=time(12), quiet_until=time(14))
    assert quiet_ends(noon, at(now)) == (ends and at(ends))


def test_an_end_that_the_clocks_skip_is_when_they_have_skipped_it():
    skipped = replace(NIGHT, quiet_until=time(2, 30))
    assert quiet_ends(skipped, at("2026-03-29T01:00:00+01:00")) == at("2026-03-29T03:30:00+02:00")


def test_an_end_that_the_clocks_repeat_is_each_time_ahead():
    repeated = replace(NIGHT, quiet_until=time(2, 30))
    assert quiet_ends(repeated, at("2026-10-25T02:10:00+02:00")) == at("2026-10-25T02:30:00+02:00")
    assert quiet_ends(repeated, at("2026-10-25T02:10:00+01:00")) == at("2026-10-25T02:30:00+01:00")


def test_without_quiet_hours_it_is_never_quiet():
    assert quiet_ends(replace(NIGHT, quiet_from=None, quiet_until=None), at("2026-11-21T03:00:00Z")) is None


@pytest.mark.parametrize(
    ("now", "reported_on", "due"),
    [
        ("2026-11-21T05:00:00+01:00", None, "2026-11-21T07:00:00+01:00"),
        ("2026-11-21T07:00:00+01:00", None, "2026-11-22T07:00:00+01:00"),
        ("2026-11-21T05:00:00+01:00", date(2026, 11, 21), "2026-11-22T07:00:00+01:00"),
        ("2026-03-28T08:00:00+01:00", date(2026, 3, 28), "2026-03-29T07:00:00+02:00"),
        ("2026-10-24T08:00:00+02:00", date(2026, 10, 24), "2026-10-25T07:00:00+01:00"),
    ],
)
def test_a_report_is_due_once_a_day_by_the_channels_own_clock(now, reported_on, due):
    assert report_due(replace(NIGHT, reported_on=reported_on), at(now)) == at(due)


def test_no_report_is_due_where_none_is_wanted():
    assert report_due(replace(NIGHT, daily_report_at=None), at("2026-11-21T05:00:00Z")) is None
