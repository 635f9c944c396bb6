"""An alert: a subject came into another state, and somebody should see it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID


class AlertKind(StrEnum):
    """What happened. The names are on the wire."""

    LOW = "low"  # a SKU fell below its threshold, or is available again and still below it
    OUT = "out"  # nothing of a SKU is available
    BACK = "back"  # a SKU is in stock again, at or above its threshold
    SHORTAGE = "shortage"  # a supplier has less than is promised to orders
    SHORTAGE_OVER = "shortage-over"  # all promises can be kept again
    SOURCE_SILENT = "source-silent"  # a supplier's data is not fresh any more
    SOURCE_FAILING = "source-failing"  # a supplier cannot be read
    SOURCE_BACK = "source-back"  # it can be read again
    REORDER = "reorder"  # a person is to order a SKU
    REORDER_OVER = "reorder-over"  # it need not be ordered any more


GOOD: Final = frozenset(
    {AlertKind.BACK, AlertKind.SHORTAGE_OVER, AlertKind.SOURCE_BACK, AlertKind.REORDER_OVER}
)
"""Those that say that a trouble is over. Without a trouble told before, there is nothing to tell."""


@dataclass(frozen=True, slots=True)
class Note:
    """A subject's state, as its observer sees it now: an alert if it is another one than was told last."""

    subject: str
    state: str
    kind: AlertKind
    message: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Alert:
    """A change of state, as it is kept."""

    id: UUID
    kind: AlertKind
    subject: str
    message: str
    details: Mapping[str, Any]
    created_at: datetime
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None


def shown(alert: Alert) -> dict[str, Any]:
    """An alert, as webhooks carry it."""
    return {
        "id": str(alert.id),
        "kind": alert.kind.value,
        "subject": alert.subject,
        "message": alert.message,
        "details": dict(alert.details),
        "createdAt": alert.created_at,
    }
