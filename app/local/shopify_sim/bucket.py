"""The leaky bucket that an app has in a shop."""

import math
from dataclasses import dataclass

RESTORE_RATES = {"standard": 100, "advanced": 200, "plus": 1_000, "enterprise": 2_000}
"""Points a second, by the shop's plan: https://shopify.dev/docs/apps/build/apis/graphql-admin/rate-limits"""
SECONDS_OF_SIZE = 20
_ROUNDING = 1e-4  # whoever waits exactly as long as it takes is let in


@dataclass
class Bucket:
    """Filled with what may be spent. Times are the simulator's."""

    restore_rate: float
    available: float
    at: float
    others_rate: float = 0.0
    """What other calls of the same app spend a second, for as long as there is something to spend."""

    @classmethod
    def full(cls, restore_rate: float, now: float) -> "Bucket":
        """As a new one is."""
        return cls(restore_rate, restore_rate * SECONDS_OF_SIZE, now)

    @property
    def maximum(self) -> float:
        """How much it holds."""
        return self.restore_rate * SECONDS_OF_SIZE

    def settle(self, now: float) -> None:
        """Let in what came since the last look."""
        gained = (now - self.at) * (self.restore_rate - self.others_rate)
        self.available = min(self.maximum, max(self.available + gained, 0.0))
        self.at = now

    def admit(self, requested: float, now: float) -> bool:
        """Take the requested cost, if it is there."""
        self.settle(now)
        if requested > self.available + _ROUNDING:
            return False
        self.available = max(0.0, self.available - requested)
        return True

    def refund(self, points: float) -> None:
        """Give back what was requested and not spent."""
        self.available = min(self.maximum, self.available + points)

    def drain(self, points: float, now: float) -> None:
        """Another call of the same app."""
        self.settle(now)
        self.available = max(0.0, self.available - points)

    def status(self) -> dict[str, int]:
        """As `throttleStatus` tells it, in whole points."""
        return {
            "maximumAvailable": int(self.maximum),
            "currentlyAvailable": math.floor(self.available),
            "restoreRate": int(self.restore_rate),
        }
