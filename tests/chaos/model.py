"""The order rule as plainly as it can be said: the latest asOf stands, among equals the feed accepted last."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.chaos.journal import Sent
from tests.chaos.world import Tenant

Version = tuple[datetime, int, int]  # asOf or acceptance, acceptance sequence, place in the payload
Item = tuple[str, str, str | None]  # surface, part number, dealer


@dataclass(frozen=True)
class Accepted:
    """A feed as the database has it, with the payload that the journal has for it."""

    id: str
    status: str
    accepted_at: datetime
    seq: int
    counted: dict[str, int]
    outcomes: int
    sent: Sent


def final(tenant: Tenant, feeds: Iterable[Accepted]) -> dict[Item, tuple[Version, Any, str]]:
    """Per item: the version, the value and the feed that must stand."""
    known = set(tenant.parts)
    stands: dict[Item, tuple[Version, Any, str]] = {}
    for feed in feeds:
        surface = feed.sent.surface
        for position, (part, value, as_of, dealer) in enumerate(feed.sent.rows):
            if surface == "location-stock" and dealer not in tenant.dealers:
                continue
            if surface != "location-stock" and part not in known:
                continue
            stamp = datetime.fromisoformat(as_of) if as_of else feed.accepted_at
            version = (stamp, feed.seq, position)
            item = (surface, part, dealer)
            if item not in stands or stands[item][0] < version:
                stands[item] = (version, value, feed.id)
    return stands


def counts(tenant: Tenant, sent: Sent) -> dict[str, int]:
    """The counters that do not depend on what else happened."""
    known = set(tenant.parts)
    location = sent.surface == "location-stock"
    reached = [
        (part, dealer)
        for part, _, _, dealer in sent.rows
        if (dealer in tenant.dealers if location else part in known)
    ]
    missed = len(sent.rows) - len(reached)
    return {
        "received": len(sent.rows),
        "not_found": 0 if location else missed,
        "invalid_dealers": missed if location else 0,
        "duplicates": len(reached) - len(set(reached)),
    }
