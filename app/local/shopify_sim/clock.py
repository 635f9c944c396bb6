"""The simulator's time: real time that tests may stop, move and speed up."""

import threading
import time
from datetime import UTC, datetime


class Clock:
    """Seconds since the epoch. Waiters wake when somebody moves it."""

    def __init__(self, *, frozen: bool = False) -> None:
        self._moved = threading.Condition()
        self._scale = 0.0 if frozen else 1.0
        self._real, self._shown = time.monotonic(), time.time()

    @property
    def scale(self) -> float:
        """How many seconds pass here in a real one."""
        return self._scale

    def now(self) -> float:
        """The time here."""
        with self._moved:
            return self._now()

    def _now(self) -> float:
        return self._shown + (time.monotonic() - self._real) * self._scale

    def advance(self, seconds: float) -> None:
        """Move it forward."""
        with self._moved:
            self._real, self._shown = time.monotonic(), self._now() + seconds
            self._moved.notify_all()

    def run_at(self, scale: float) -> None:
        """Let it run faster or slower; 0 stops it."""
        with self._moved:
            self._real, self._shown = time.monotonic(), self._now()
            self._scale = scale
            self._moved.notify_all()

    def nudge(self) -> None:
        """Wake whoever waits, to look again."""
        with self._moved:
            self._moved.notify_all()

    def wait_until(self, moment: float | None, real_s_max: float = 60.0) -> None:
        """Until that time here, a nudge, a move, or `real_s_max` real seconds, whatever comes first."""
        with self._moved:
            remaining = real_s_max
            if moment is not None:
                ahead = moment - self._now()
                if ahead <= 0:
                    return
                if self._scale:
                    remaining = min(remaining, ahead / self._scale)
            self._moved.wait(remaining)


def iso(moment: float) -> str:
    """As Shopify writes it in GraphQL."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def iso_precise(moment: float) -> str:
    """As it writes the headers of webhooks: in nanoseconds, of which the last three are made up."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f000Z")


def iso_offset(moment: float) -> str:
    """As it writes the payloads of webhooks."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")
