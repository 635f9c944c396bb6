"""Opening hours as a person types them: `09:00-17:00, 18:00-20:00` a day, one date a line for exceptions."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.domain.errors import InvalidInputError
from app.domain.network.hours import DAYS

DAY_NAMES: Final = dict(
    zip(DAYS, ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"), strict=True)
)
CLOSED: Final = "closed"
_INTERVAL: Final = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?\s*[-–—]\s*(\d{1,2})(?:[:.](\d{2}))?")
_LINE: Final = re.compile(r"(\d{4}-\d{2}-\d{2})\s*:?\s+(.+)")


def day_text(intervals: Sequence[Sequence[str]]) -> str:
    """One day's hours."""
    return ", ".join("-".join(interval) for interval in intervals) or CLOSED


def plain_days(hours: Mapping[str, Any] | None) -> dict[str, str]:
    """By day; empty where nothing is said."""
    return {day: day_text(hours[day]) if hours and day in hours else "" for day in DAYS}


def plain_exceptions(hours: Mapping[str, Any] | None) -> str:
    """One date a line."""
    exceptions = (hours or {}).get("exceptions", {})
    return "\n".join(f"{day} {day_text(intervals)}" for day, intervals in exceptions.items())


def hours_of(days: Mapping[str, str], exceptions: str) -> dict[str, Any] | None:
    """What was typed, in the API's form, None where nothing was; its rules are checked there, its shape here.

    Raises InvalidInputError.
    """
    hours: dict[str, Any] = {
        day: _intervals(DAY_NAMES[day], days.get(day, "")) for day in DAYS if days.get(day, "").strip()
    }
    told = dict(_exception(line.strip()) for line in exceptions.splitlines() if line.strip())
    if told:
        hours["exceptions"] = told
    return hours or None


def _exception(line: str) -> tuple[str, list[list[str]]]:
    found = _LINE.fullmatch(line)
    if found is None:
        raise InvalidInputError(
            f"exceptions: {line[:40]!r} is not of the form 2026-12-24 closed, or 2026-12-31 10:00-14:00"
        )
    return found[1], _intervals(found[1], found[2])


def _intervals(where: str, text: str) -> list[list[str]]:
    if text.strip().lower() == CLOSED:
        return []
    return [_interval(where, one.strip()) for one in re.split("[,;]", text) if one.strip()]


def _interval(where: str, text: str) -> list[str]:
    found = _INTERVAL.fullmatch(text)
    if found is None:
        raise InvalidInputError(f"{where}: {text[:40]!r} is not of the form 09:00-17:00, nor the word closed")
    return [_time(found[1], found[2]), _time(found[3], found[4])]


def _time(hour: str, minute: str | None) -> str:
    return f"{int(hour):02}:{minute or '00'}"
