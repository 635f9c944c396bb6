"""Rows of alerts and of channels as the domain knows them."""

from collections.abc import Mapping
from typing import Any, Final

from app.domain.alerts.alert import Alert, AlertKind
from app.domain.alerts.channel import Channel, ChannelKind

ALERT_COLUMNS: Final = (
    "a.id, a.kind, a.subject, a.message, a.details, a.created_at, a.acknowledged_at, a.acknowledged_by"
)
CHANNEL_COLUMNS: Final = """
    c.id, c.tenant_id, c.kind, c.target, c.alerts, c.urgent, c.quiet_from, c.quiet_until, c.timezone,
    c.daily_report_at, c.reported_on, c.report_due_at, c.active, c.stopped_because, c.secret, c.old_secret,
    c.old_secret_until, c.created_at
"""


def alert_of(row: Mapping[Any, Any]) -> Alert:
    """From a row of ALERT_COLUMNS."""
    return Alert(**{**row, "kind": AlertKind(row["kind"])})


def channel_of(row: Mapping[Any, Any]) -> Channel:
    """From a row of CHANNEL_COLUMNS."""
    values = dict(row)
    values["kind"] = ChannelKind(values["kind"])
    for name in ("alerts", "urgent"):
        values[name] = tuple(AlertKind(one) for one in values[name])
    return Channel(**values)
