"""Which alerts go to which channel, and together: a report that empties a thousand SKUs is one mail."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from app.domain.alerts.alert import Alert
from app.domain.alerts.channel import Channel, ChannelKind, quiet_ends

GATHER_S: Final = 15.0
"""How long an alert waits for its like. A report is written in pieces, and a person wants one mail of it."""
TOGETHER_MAX: Final = {ChannelKind.WEBHOOK: 100, ChannelKind.EMAIL: 10_000}
"""Alerts in one delivery: what a program reads at once; a mail counts what it does not list."""
QUIET: Final = "quiet"


@dataclass(frozen=True, slots=True)
class Gathering:
    """A delivery that nobody has tried yet: more may join it."""

    id: UUID
    channel_id: UUID
    gathers: str
    alerts: int


@dataclass(frozen=True, slots=True)
class Planned:
    """Alerts for one delivery: one that gathers (`joins`), or a new one."""

    channel_id: UUID
    joins: UUID | None
    gathers: str
    urgent: bool
    due_at: datetime
    alert_ids: tuple[UUID, ...]


def plan(
    alerts: Sequence[Alert], channels: Sequence[Channel], gathering: Sequence[Gathering], now: datetime
) -> list[Planned]:
    """Deliveries for all channels that want these alerts. By supplier and kind; what quiet hours hold, all together."""
    planned: list[Planned] = []
    for channel in channels:
        rooms = {(one.channel_id, one.gathers): one for one in gathering}
        quiet = quiet_ends(channel, now)
        for gathers, group in _groups(alerts, channel, quiet=quiet is not None).items():
            room = rooms.get((channel.id, gathers))
            due_at = quiet if quiet and gathers == QUIET else now + timedelta(seconds=GATHER_S)
            urgent = group[0].kind in channel.urgent
            for joins, ids in _cut(group, room, TOGETHER_MAX[channel.kind]):
                planned.append(Planned(channel.id, joins, gathers, urgent, due_at, ids))
    return planned


def _groups(alerts: Sequence[Alert], channel: Channel, *, quiet: bool) -> dict[str, list[Alert]]:
    groups: dict[str, list[Alert]] = {}
    for alert in alerts:
        if alert.kind in channel.alerts:
            held = quiet and alert.kind not in channel.urgent
            gathers = QUIET if held else f"{alert.details.get('supplierId', '')} {alert.kind}"
            groups.setdefault(gathers, []).append(alert)
    return groups


def _cut(
    group: Sequence[Alert], room: Gathering | None, most: int
) -> Iterator[tuple[UUID | None, tuple[UUID, ...]]]:
    """First what still fits into the delivery that gathers, then new ones."""
    ids = [alert.id for alert in group]
    if room is not None and room.alerts < most:
        free = most - room.alerts
        yield room.id, tuple(ids[:free])
        ids = ids[free:]
    for start in range(0, len(ids), most):
        yield None, tuple(ids[start : start + most])
