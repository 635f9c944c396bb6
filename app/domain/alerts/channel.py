"""A channel: where alerts go, which of them, and when not. Time is told by the channel's own zone."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from app.domain.alerts.alert import AlertKind
from app.domain.errors import InvalidInputError

URGENT: Final = (AlertKind.SHORTAGE,)
"""What passes quiet hours unless the channel says otherwise: what was sold and cannot be shipped."""


class ChannelKind(StrEnum):
    """How it is reached."""

    WEBHOOK = "webhook"
    EMAIL = "email"


@dataclass(frozen=True, slots=True)
class Channel:
    """What is kept of one, its secrets as they are stored: encrypted. `old_secret` signs along until it expires.

    `alerts`: the kinds that it wants; `urgent`: those of them that quiet hours do not hold. `report_due_at` is
    when the next daily report is due, `reported_on` the local day of the last one. `stopped_because`: why we
    deactivated it.
    """

    id: UUID
    tenant_id: UUID
    kind: ChannelKind
    target: str
    alerts: tuple[AlertKind, ...]
    urgent: tuple[AlertKind, ...] = URGENT
    quiet_from: time | None = None
    quiet_until: time | None = None
    timezone: str = "UTC"
    daily_report_at: time | None = None
    reported_on: date | None = None
    report_due_at: datetime | None = None
    active: bool = True
    stopped_because: str | None = None
    secret: bytes | None = None
    old_secret: bytes | None = None
    old_secret_until: datetime | None = None
    created_at: datetime | None = None


def checked(channel: Channel, now: datetime) -> Channel:
    """As it may be kept, with the time of its next report. Raises InvalidInputError."""
    _check_zone(channel.timezone)
    if (channel.quiet_from is None) != (channel.quiet_until is None):
        raise InvalidInputError("quiet hours have a beginning and an end: give both, or null for none")
    if channel.quiet_from is not None and channel.quiet_from == channel.quiet_until:
        raise InvalidInputError("quiet hours that end when they begin are none: give two times, or null")
    if channel.daily_report_at is not None and channel.kind is not ChannelKind.EMAIL:
        raise InvalidInputError("the daily report is a mail: ask for it with a channel of kind email")
    return replace(
        channel,
        alerts=_once(channel.alerts),
        urgent=_once(channel.urgent),
        report_due_at=report_due(channel, now),
    )


def _once(kinds: Iterable[AlertKind]) -> tuple[AlertKind, ...]:
    return tuple(dict.fromkeys(kinds))


def _check_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise InvalidInputError(
            f"{name[:60]!r} is no time zone; it looks like Europe/Berlin (IANA's names)"
        ) from None


def quiet_ends(channel: Channel, now: datetime) -> datetime | None:
    """When the quiet hours end that `now` is in; None when it is in none.

    By the clock on the wall: hours that a change of the clocks repeats are quiet twice, hours that it skips never.
    """
    if channel.quiet_from is None or channel.quiet_until is None:
        return None
    zone = ZoneInfo(channel.timezone)
    local = now.astimezone(zone)
    begins, ends, wall = channel.quiet_from, channel.quiet_until, local.time()
    over_midnight = ends < begins
    inside = (wall >= begins or wall < ends) if over_midnight else begins <= wall < ends
    if not inside:
        return None
    day = local.date() + timedelta(days=1 if over_midnight and wall >= begins else 0)
    first, second = (_instant(day, ends, zone, fold) for fold in (0, 1))
    return first if first > now else second


def report_due(channel: Channel, now: datetime) -> datetime | None:
    """When the next daily report is due: once a local day, later than `now`; None when none is wanted."""
    if channel.daily_report_at is None:
        return None
    zone = ZoneInfo(channel.timezone)
    day = now.astimezone(zone).date()
    while True:
        due = _instant(day, channel.daily_report_at, zone, 0)
        if due > now and (channel.reported_on is None or day > channel.reported_on):
            return due
        day += timedelta(days=1)


def local_day(channel: Channel, now: datetime) -> date:
    """What day it is where the channel is."""
    return now.astimezone(ZoneInfo(channel.timezone)).date()


def _instant(day: date, at: time, zone: ZoneInfo, fold: int) -> datetime:
    return datetime.combine(day, at.replace(fold=fold), zone).astimezone(UTC)
