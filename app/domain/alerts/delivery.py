"""A delivery and what became of its tries: again for about a day, then it is put aside.

queued ──delivered──▶ delivered
│  ▲ └──16 tries failed, or refused for good──▶ dead ──replay──▶ queued
│  └──failed, tried again later
└──its channel was deactivated──▶ dropped
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from app.domain.alerts.alert import Alert

TRIES_MAX: Final = 16
_FIRST_S: Final = 30.0
_LONGEST_S: Final = 3 * 3600.0
_ASKED_MAX_S: Final = 24 * 3600.0


class DeliveryKind(StrEnum):
    """What it carries."""

    ALERTS = "alerts"
    REPORT = "report"  # the daily report, written when it is sent
    TEST = "test"  # never kept


class DeliveryState(StrEnum):
    """Of a delivery."""

    QUEUED = "queued"
    DELIVERED = "delivered"
    DEAD = "dead"  # put aside with its reason; a dead letter
    DROPPED = "dropped"  # its channel was deactivated


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is sent. The id is the same at every try, so that receivers can drop what they have."""

    id: UUID
    kind: DeliveryKind
    created_at: datetime
    alerts: Sequence[Alert] = ()
    urgent: bool = False
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Arrived:
    """The receiver has it."""

    message: str = "delivered"


@dataclass(frozen=True, slots=True)
class Failed:
    """Not now. `away`: no answer came, or none but "later", which says as much of all else that is due there."""

    message: str
    away: bool = False
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The receiver will never take this one."""

    message: str


@dataclass(frozen=True, slots=True)
class Gone:
    """The receiver wants nothing more, ever (410)."""

    message: str


Outcome = Arrived | Failed | Refused | Gone


def delay_s(
    tries: int, retry_after_s: float | None, jitter: Callable[[float, float], float] = random.uniform
) -> float:
    """How long after the `tries`-th failure: 30 s, doubling to 3 h, a fifth more or less; later if asked for."""
    grown = min(_LONGEST_S, _FIRST_S * 2.0 ** (tries - 1)) * jitter(0.8, 1.2)
    return max(grown, min(retry_after_s or 0.0, _ASKED_MAX_S))


@dataclass(frozen=True, slots=True)
class Delivery:
    """One as the portal lists it."""

    id: UUID
    kind: DeliveryKind
    state: DeliveryState
    alerts: int
    tries: int
    due_at: datetime
    last_error: str | None
    created_at: datetime
    delivered_at: datetime | None
