"""Opening hours: what an operator writes, checked, and whether a dealer is open now.

Hours are those of the dealer's wall clock. When clocks go back an hour, hours inside it come twice; when they
go forward, the skipped ones do not come.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import Any, Final
from zoneinfo import ZoneInfo

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
INTERVALS_MAX: Final = 10
EXCEPTIONS_MAX: Final = 400
TEXT_LENGTH_MAX: Final = 200_000
SCHEDULES_KEPT_MAX: Final = 20_000
_DAY_MINUTES: Final = 24 * 60
_TIME: Final = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

Minutes = tuple[tuple[int, int], ...]
"""Intervals of a day in minutes since its midnight, the end not included; past 1440 they lie in the next day."""


def parse_opening_hours(value: Any) -> dict[str, Any]:
    """The hours in one form: days in their order, intervals and exceptions sorted.

    From a JSON object or its text. Raises ValueError, whose text completes the sentence `openingHours …`.
    """
    given = _object(value)
    unknown = [name for name in given if name not in DAYS and name != "exceptions"]
    if unknown:
        raise ValueError(f"has {unknown[0][:20]!r}; it may have {', '.join(DAYS)} and exceptions")
    hours: dict[str, Any] = {day: _day(day, given[day]) for day in DAYS if day in given}
    if "exceptions" in given:
        hours["exceptions"] = _exceptions(given["exceptions"])
    return hours


def parse_timezone(value: Any) -> str:
    """The IANA name as IANA writes it, from any case; raises ValueError, whose text completes `timezone …`.

    Known is what the package tzdata has (https://www.iana.org/time-zones), so that every machine knows the same.
    """
    name = _timezones().get(value.strip().lower()) if isinstance(value, str) else None
    if name is None:
        raise ValueError("must be an IANA time zone such as Europe/Stockholm")
    return name


@dataclass(frozen=True, slots=True)
class Schedule:
    """Hours made ready for asking: intervals by weekday, Monday first, and by the exceptions' ordinal dates."""

    timezone: str
    week: tuple[Minutes, ...]
    exceptions: Mapping[int, Minutes]

    def open_at(self, now: datetime) -> bool:
        """Whether the dealer is open at an instant, which knows its own time zone."""
        ordinal, minute = _wall_clock(self.timezone, now)
        for opens, closes in self._on(ordinal):
            if opens <= minute < closes:
                return True
        minute += _DAY_MINUTES
        return any(minute < closes for _, closes in self._on(ordinal - 1))

    def _on(self, ordinal: int) -> Minutes:
        exception = self.exceptions.get(ordinal) if self.exceptions else None
        return self.week[(ordinal + 6) % 7] if exception is None else exception


def schedule(hours: Mapping[str, Any], timezone: str) -> Schedule:
    """From what parse_opening_hours and parse_timezone returned."""
    return Schedule(
        timezone,
        tuple(_minutes(hours.get(day, ())) for day in DAYS),
        {
            date.fromisoformat(day).toordinal(): _minutes(on)
            for day, on in hours.get("exceptions", {}).items()
        },
    )


@lru_cache(maxsize=SCHEDULES_KEPT_MAX)
def schedule_of(hours: str, timezone: str) -> Schedule | None:
    """From the JSON text of the hours as they are stored; None without hours or without a time zone."""
    given = json.loads(hours or "{}")
    return schedule(given, timezone) if given and timezone else None


@lru_cache(maxsize=1024)
def _wall_clock(timezone: str, now: datetime) -> tuple[int, int]:
    """The ordinal of the date and the minute of the day; one request asks for the same of many dealers."""
    local = now.astimezone(ZoneInfo(timezone))
    return local.toordinal(), local.hour * 60 + local.minute


@cache
def _timezones() -> Mapping[str, str]:
    names = files("tzdata").joinpath("zones").read_text(encoding="ascii").split()
    return {name.lower(): name for name in names if name != "Factory"}  # tzdata's word for "not set up yet"


def _object(value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        value = _json(value)
    if not isinstance(value, dict):
        raise ValueError('must be a JSON object such as {"mon": [["09:00", "17:00"]]}')  # noqa: TRY004 - input
    return value


def _json(text: str) -> Any:
    if len(text) > TEXT_LENGTH_MAX:
        raise ValueError(f"is longer than {TEXT_LENGTH_MAX:,} characters")
    try:
        return json.loads(text, object_pairs_hook=_without_repeats, parse_int=str, parse_float=str)
    except RecursionError:
        raise ValueError("is nested too deep") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"cannot be read as JSON: {error}") from None


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    given = dict(pairs)
    if len(given) != len(pairs):
        raise ValueError("has a key twice")
    return given


def _exceptions(given: Any) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise ValueError("has exceptions that are no JSON object of dates")  # noqa: TRY004 - the input is wrong
    if len(given) > EXCEPTIONS_MAX:
        raise ValueError(f"has more than {EXCEPTIONS_MAX} exceptions")
    for day in given:
        if not _is_date(day):
            raise ValueError(f"has an exception on {day[:20]!r}, which is no date YYYY-MM-DD")
    return {day: _day(day, given[day]) for day in sorted(given)}


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return _DATE.fullmatch(text) is not None


def _day(day: str, given: Any) -> list[list[str]]:
    """A day's intervals, sorted; raises ValueError."""
    if not isinstance(given, list):
        raise ValueError(f'has on {day} no list of intervals such as [["09:00", "17:00"]]')  # noqa: TRY004 - input
    if len(given) > INTERVALS_MAX:
        raise ValueError(f"has on {day} more than {INTERVALS_MAX} intervals")
    intervals = sorted((_interval(day, one) for one in given), key=_span)
    for earlier, later in pairwise(intervals):
        if _span(later)[0] < _span(earlier)[1]:
            raise ValueError(f"has on {day} intervals that overlap: {_shown(earlier)} and {_shown(later)}")
    return intervals


def _interval(day: str, given: Any) -> list[str]:
    if not isinstance(given, list) or len(given) != 2:
        raise ValueError(f'has on {day} an interval that is not of the form ["09:00", "17:00"]')
    for time in given:
        if not isinstance(time, str) or not _TIME.fullmatch(time):
            seen = f": {time[:20]!r}" if isinstance(time, str) else ""
            raise ValueError(f"has on {day} a time that is not HH:MM{seen}")
    opens, closes = given
    if opens == "24:00":
        raise ValueError(f"has on {day} an interval that begins at 24:00, which is an end only")
    if opens == closes:
        raise ValueError(f"has on {day} an interval that ends when it begins; all day is 00:00 to 24:00")
    return [opens, closes]


def _shown(interval: list[str]) -> str:
    return "–".join(interval)


def _minutes(intervals: list[list[str]]) -> Minutes:
    return tuple(map(_span, intervals))


def _span(interval: list[str]) -> tuple[int, int]:
    """In minutes; what ends before it begins ends on the next day."""
    opens, closes = (int(time[:2]) * 60 + int(time[3:]) for time in interval)
    return opens, closes if closes > opens else closes + _DAY_MINUTES
