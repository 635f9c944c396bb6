"""Alerts, channels and deliveries as the portal and the operator get them: no secrets."""

from datetime import time
from typing import Any

from app.domain.alerts.alert import Alert
from app.domain.alerts.channel import Channel
from app.domain.alerts.delivery import Delivery


def shown_alert(alert: Alert) -> dict[str, Any]:
    """An alert, as the portal gets it."""
    return {
        "alertId": str(alert.id),
        "kind": alert.kind.value,
        "subject": alert.subject,
        "message": alert.message,
        "details": dict(alert.details),
        "createdAt": alert.created_at,
        "acknowledgedAt": alert.acknowledged_at,
        "acknowledgedBy": alert.acknowledged_by,
    }


def shown_channel(channel: Channel) -> dict[str, Any]:
    """A channel, without its secrets."""
    quiet = None
    if channel.quiet_from is not None and channel.quiet_until is not None:
        quiet = {"from": _wall(channel.quiet_from), "until": _wall(channel.quiet_until)}
    return {
        "channelId": str(channel.id),
        "kind": channel.kind.value,
        "target": channel.target,
        "alerts": [kind.value for kind in channel.alerts],
        "urgentAlerts": [kind.value for kind in channel.urgent],
        "quietHours": quiet,
        "timezone": channel.timezone,
        "dailyReportAt": channel.daily_report_at and _wall(channel.daily_report_at),
        "nextReportAt": channel.report_due_at,
        "active": channel.active,
        "stoppedBecause": channel.stopped_because,
        "createdAt": channel.created_at,
    }


def _wall(at: time) -> str:
    return at.strftime("%H:%M")


def shown_delivery(delivery: Delivery) -> dict[str, Any]:
    """A delivery, as the portal lists it."""
    return {
        "deliveryId": str(delivery.id),
        "kind": delivery.kind.value,
        "state": delivery.state.value,
        "alerts": delivery.alerts,
        "tries": delivery.tries,
        "dueAt": delivery.due_at,
        "lastError": delivery.last_error,
        "createdAt": delivery.created_at,
        "deliveredAt": delivery.delivered_at,
    }
