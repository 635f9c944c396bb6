"""When a supplier is read next, and whether it is well: pure decisions over what became of its readings.

Readings are due on a grid: `due_at`, then one interval after the other, however late each was answered. What is missed
is not made up for. `due_at` is the reading that is not yet answered, `poll_at` the moment at which it is tried.

closed ──5 failures in a row, or a refusal──▶ open ──after a while, one try──▶ closed, if answered; else open again
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

Draw = Callable[[float, float], float]
"""A random number between two, as random.uniform draws it."""

INTERVAL_S: Final = (60, 86_400)
JITTER_SHARE: Final = 0.05
JITTER_S_MAX: Final = 30.0
BACKOFF_BASE_S: Final = 4.0
FAILURES_MAX: Final = 5
"""In a row, until the circuit opens."""
OPEN_SHARE: Final = 1 / 3
OPEN_S: Final = (30.0, 900.0)
RETRY_AFTER_S_MAX: Final = 86_400.0
"""No source is obeyed for longer than a day."""
NEVER: Final = datetime.max.replace(tzinfo=UTC)
"""When a supplier is read that sends its stock."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Where one supplier's readings stand. `failures` are in a row."""

    due_at: datetime
    poll_at: datetime
    failures: int = 0
    open_until: datetime | None = None

    @property
    def is_read(self) -> bool:
        """Whether it is read at all."""
        return self.poll_at < NEVER

    @property
    def slot(self) -> datetime:
        """What the next reading was due for: a reading out of turn is due when it is asked for."""
        return min(self.due_at, self.poll_at)


class Health(StrEnum):
    """How a supplier is, as alerts tell it."""

    OK = "ok"
    FAILING = "failing"  # its circuit is open, or its report is held, but what stands is still fresh
    SILENT = "silent"  # nothing was confirmed for more than two intervals


def first(now: datetime) -> Schedule:
    """Of a supplier that was just made, or made active again: at once."""
    return Schedule(now, now)


def answered(schedule: Schedule, interval_s: int, now: datetime, draw: Draw) -> Schedule:
    """The next after a reading that succeeded: on the grid, a little off it, so that suppliers spread."""
    jitter_s = min(interval_s * JITTER_SHARE, JITTER_S_MAX)
    due_at = schedule.due_at
    if now >= due_at - timedelta(seconds=jitter_s):
        due_at = _on_grid(schedule.due_at, interval_s, now) + timedelta(seconds=interval_s)
    return Schedule(due_at, max(now, due_at + timedelta(seconds=draw(-jitter_s, jitter_s))))


def failed(
    schedule: Schedule, interval_s: int, now: datetime, draw: Draw, *, retry_after_s: float = 0.0
) -> Schedule:
    """The next try after one that failed, but may succeed later: full jitter, or what the source asked for."""
    failures = schedule.failures + 1
    asked_s = min(retry_after_s, RETRY_AFTER_S_MAX)
    if failures >= FAILURES_MAX:
        wait_s = max(open_s(interval_s) * draw(0.8, 1.2), asked_s)
        later = _later(schedule, interval_s, now, wait_s)
        return replace(later, failures=failures, open_until=later.poll_at)
    window_s = min(float(interval_s), BACKOFF_BASE_S * 2.0 ** (failures - 1))
    later = _later(schedule, interval_s, now, max(draw(0.0, window_s), asked_s))
    return replace(later, failures=failures, open_until=schedule.open_until)


def refused(schedule: Schedule, interval_s: int, now: datetime, draw: Draw) -> Schedule:
    """The next try after one that a person must mend: no sooner than the next reading."""
    following = answered(schedule, interval_s, max(now, schedule.due_at), draw)
    return replace(following, failures=schedule.failures + 1, open_until=following.poll_at)


def open_s(interval_s: int) -> float:
    """How long an open circuit stays open: short enough to find out within an interval."""
    return min(max(interval_s * OPEN_SHARE, OPEN_S[0]), OPEN_S[1])


def health(*, heard_at: datetime, interval_s: int, failing: bool, now: datetime) -> Health:
    """`heard_at`: when it last confirmed or sent anything; of one that never did, when it was made."""
    if now - heard_at > timedelta(seconds=2 * interval_s):
        return Health.SILENT
    return Health.FAILING if failing else Health.OK


def _later(schedule: Schedule, interval_s: int, now: datetime, wait_s: float) -> Schedule:
    poll_at = now + timedelta(seconds=wait_s)
    return Schedule(_on_grid(schedule.due_at, interval_s, poll_at), poll_at)


def _on_grid(due_at: datetime, interval_s: int, now: datetime) -> datetime:
    """The last time on the grid that has come, but not before `due_at`."""
    intervals = max(0, int((now - due_at).total_seconds() // interval_s))
    return due_at + timedelta(seconds=intervals * interval_s)
