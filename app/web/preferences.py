"""How long a caller wants to wait for its feed: the Prefer header (RFC 7240), and room for those who wait."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

WAIT_S_MAX: Final = 60
_PREFERENCE: Final = re.compile(r"\s*([A-Za-z-]+)\s*(?:=\s*\"?([^\";,]*)\"?)?[^,]*")


@dataclass(frozen=True, slots=True)
class Preference:
    """How long to wait, and what Preference-Applied says of it."""

    wait_s: float
    applied: str | None = None


def preference(header: str | None, default_wait_s: float) -> Preference:
    """Read `respond-async` and `wait=N` (capped at 60 s); with both, wait N and then answer 202.

    Anything else in the header, a wait that is no number included, is ignored as the RFC asks.
    """
    wait: int | None = None
    respond_async = False
    for name, value in _PREFERENCE.findall(header or ""):
        if name.lower() == "respond-async":
            respond_async = True
        elif name.lower() == "wait" and value.strip().isdecimal() and wait is None:
            wait = min(int(value.strip()[:9]), WAIT_S_MAX)
    if wait is not None:
        return Preference(wait, f"wait={wait}")
    if respond_async:
        return Preference(0, "respond-async")
    return Preference(default_wait_s)


class WaitingRoom:
    """Lets some of a process's threads wait and keeps the others for those who only read."""

    def __init__(self, seats: int) -> None:
        self._seats = threading.BoundedSemaphore(seats)

    @contextmanager
    def seat(self) -> Iterator[bool]:
        """False when all seats are taken: answer at once."""
        taken = self._seats.acquire(blocking=False)
        try:
            yield taken
        finally:
            if taken:
                self._seats.release()
