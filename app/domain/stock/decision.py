"""What people decided about a feed, and who: kept in the decision's own transaction."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

OPERATOR: Final = "the platform's operator"
"""Who decides where nobody of the tenant does."""


class Verdict(StrEnum):
    """What was decided."""

    RELEASED = "released"  # a held feed is applied after all
    DISCARDED = "discarded"  # a held feed is never applied
    REPLAYED = "replayed"  # a failed feed is tried again


@dataclass(frozen=True, slots=True)
class Decision:
    """One of a feed's. `decided_by` is as histories have it: a person's address, or a key."""

    decision: Verdict
    decided_at: datetime
    decided_by: str

    def shown(self) -> dict[str, Any]:
        """By the API's names."""
        return {
            "decision": self.decision.value,
            "decidedAt": self.decided_at,
            "decidedBy": self.decided_by,
        }
