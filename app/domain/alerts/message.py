"""What is sent: a mail in text and HTML, a webhook's body. Pure: alerts in, words out."""

import html
import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from app.domain.alerts.alert import Alert, AlertKind, shown
from app.domain.alerts.delivery import DeliveryKind, Parcel
from app.domain.alerts.report import Figures, sections

LISTED_MAX: Final = 100
"""Lines of one kind in a mail; the portal has them all."""
SUBJECT_MAX: Final = 150
TITLES: Final = {
    AlertKind.OUT: "Out of stock",
    AlertKind.LOW: "Low stock",
    AlertKind.BACK: "In stock again",
    AlertKind.SHORTAGE: "Short of what is promised to orders",
    AlertKind.SHORTAGE_OVER: "Short no more",
    AlertKind.SOURCE_SILENT: "No fresh data",
    AlertKind.SOURCE_FAILING: "A supplier cannot be read",
    AlertKind.SOURCE_BACK: "A supplier can be read again",
    AlertKind.REORDER: "To be ordered",
    AlertKind.REORDER_OVER: "Not to be ordered any more",
}
_TEST: Final = "This is a test. Alerts of this kind will arrive here."


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail before it is MIME. `headers` are ours beside the usual ones."""

    id: str
    to: str
    subject: str
    text: str
    html: str
    headers: Mapping[str, str] = field(default_factory=dict)


def mail_of(parcel: Parcel, to: str, figures: Figures | None, portal_url: str) -> Mail:
    """What a person reads. A report needs its figures."""
    subject, body = _content(parcel, figures)
    text = "\n\n".join("\n".join([heading, *(f"  - {line}" for line in lines)]) for heading, lines in body)
    rows = "".join(
        f"<h2>{html.escape(heading)}</h2><ul>{''.join(f'<li>{html.escape(one)}</li>' for one in lines)}</ul>"
        for heading, lines in body
    )
    return Mail(
        str(parcel.id),
        to,
        plain(f"Stockline: {subject}")[:SUBJECT_MAX],
        f"{text}\n\n-- \nStockline, {portal_url}\n",
        f'<!doctype html><html><body>{rows}<p>Stockline, <a href="{html.escape(portal_url)}">'
        f"{html.escape(portal_url)}</a></p></body></html>",
        {"X-Stockline-Delivery": str(parcel.id), "Auto-Submitted": "auto-generated"},
    )


def _content(parcel: Parcel, figures: Figures | None) -> tuple[str, list[tuple[str, list[str]]]]:
    if parcel.kind is DeliveryKind.TEST:
        return "a test", [("A test", [_TEST])]
    if parcel.kind is DeliveryKind.REPORT and figures is not None:
        told = f"{figures.out} out, {figures.low} low, {figures.short} short"
        return f"daily report, {told}", sections(figures)
    groups = _by_kind(parcel.alerts)
    if len(parcel.alerts) == 1:
        subject = parcel.alerts[0].message
    else:
        counts = [f"{TITLES[kind]} ({len(alerts)})" for kind, alerts in groups.items()]
        subject = ", ".join(counts) + _whose(parcel.alerts)
    return subject, [(f"{TITLES[kind]}: {len(alerts)}", _lines(alerts)) for kind, alerts in groups.items()]


def _by_kind(alerts: Sequence[Alert]) -> dict[AlertKind, list[Alert]]:
    groups: dict[AlertKind, list[Alert]] = {}
    for alert in alerts:
        groups.setdefault(alert.kind, []).append(alert)
    return groups


def _lines(alerts: Sequence[Alert]) -> list[str]:
    lines = [plain(alert.message) for alert in alerts[:LISTED_MAX]]
    if len(alerts) > LISTED_MAX:
        lines.append(f"and {len(alerts) - LISTED_MAX} more, in the portal's list of alerts")
    return lines


def _whose(alerts: Sequence[Alert]) -> str:
    """The supplier, where all are of one."""
    names = {str(alert.details.get("supplierName", "")) for alert in alerts}
    name = names.pop()
    return f" at {name}" if name and not names else ""


def plain(text: str) -> str:
    """On one line: no control character of a supplier's name may begin a header or a line of its own."""
    cleaned = "".join(" " if unicodedata.category(one) in {"Cc", "Zl", "Zp"} else one for one in text)
    return " ".join(cleaned.split())


def body_of(parcel: Parcel) -> bytes:
    """What a program reads: JSON, the same bytes at every try."""
    body = {
        "id": str(parcel.id),
        "type": parcel.kind.value,
        "createdAt": _time(parcel.created_at),
        "alerts": [shown(alert) | {"createdAt": _time(alert.created_at)} for alert in parcel.alerts],
    }
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _time(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
