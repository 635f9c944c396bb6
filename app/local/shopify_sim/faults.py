"""Faults on request: what is to go wrong with the next calls."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

KINDS: Mapping[str, str] = {
    "status": "answer `status` (500, 502, 503, 504 …) and do nothing",
    "status_after": "do it, and answer `status` all the same",
    "rate_limit": "HTTP 429 with `Retry-After: <retryAfter>`, a decimal; nothing is done",
    "drop_before": "cut the connection; nothing is done",
    "drop_after": "do it, then cut the connection",
    "slow": "do it at once and answer `seconds` later",
    "slow_before": "wait `seconds`, then do it",
    "throttle": "THROTTLED, whatever the bucket holds",
    "internal": "HTTP 200 with INTERNAL_SERVER_ERROR; nothing is done",
    "expire_token": "the token is expired from now on: 401",
    "revoke_app": "the app's credentials count no more from now on: 401, and no new token",
    "garbage": "HTTP 200 with a page that is not JSON; nothing is done",
}
PREVENTING = {"drop_before", "garbage", "rate_limit", "status"}
"""Those that let nothing be done."""
TOKEN = "token"  # noqa: S105 - the name of the token endpoint as an operation
ANY = "*"


@dataclass
class Fault:
    """One order: the next `times` calls of `operation`, after `after` that go well."""

    kind: str
    operation: str = ANY
    times: int = 1
    after: int = 0
    status: int = 503
    retry_after: str = "4.0"
    seconds: float = 1.0

    def meets(self, operations: list[str]) -> bool:
        """Whether a call is meant: by its root field, `token`, or any."""
        return (self.operation == ANY and TOKEN not in operations) or self.operation in operations


@dataclass
class Faults:
    """Those that wait."""

    waiting: list[Fault] = field(default_factory=list)

    def order(self, given: Mapping[str, Any]) -> Fault:
        """Another one; a ValueError when it makes no sense."""
        names = {"kind", "operation", "times", "after", "status", "retryAfter", "seconds"}
        if unknown := set(given) - names:
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
        if given.get("kind") not in KINDS:
            raise ValueError(f"kind is one of {', '.join(KINDS)}")
        made = Fault(
            kind=str(given["kind"]),
            operation=str(given.get("operation", ANY)),
            times=int(given.get("times", 1)),
            after=int(given.get("after", 0)),
            status=int(given.get("status", 503)),
            retry_after=str(given.get("retryAfter", "4.0")),
            seconds=float(given.get("seconds", 1.0)),
        )
        self.waiting.append(made)
        return made

    def take(self, operations: list[str]) -> Fault | None:
        """The one that befalls this call."""
        for fault in self.waiting:
            if not fault.meets(operations):
                continue
            if fault.after:
                fault.after -= 1
                continue
            fault.times -= 1
            if fault.times <= 0:
                self.waiting.remove(fault)
            return fault
        return None
