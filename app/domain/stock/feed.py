"""What a feed is: its kinds, its states, the outcome of each row, and the counters that add up."""

from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from app.domain.activity.activity import SURFACES

SAMPLE_MAX = 20


class FeedKind(StrEnum):
    """One per surface that takes rows; the value is the surface's name in paths and in /activity."""

    STOCK = "stock-feed"
    LOCATION = "location-stock"
    PRICE = "price-feed"


class FeedStatus(StrEnum):
    """queued → applying → applied | failed; queued → held → queued | discarded; failed → queued by replay."""

    QUEUED = "queued"
    APPLYING = "applying"
    APPLIED = "applied"
    HELD = "held"  # by the shrink guard, until a person releases or discards it
    DISCARDED = "discarded"
    FAILED = "failed"

    @property
    def settled(self) -> bool:
        """Nothing happens to it any more unless a person acts."""
        return self not in {FeedStatus.QUEUED, FeedStatus.APPLYING}


class Outcome(StrEnum):
    """What became of one row. Exclusive; as a filter, `updated` includes `changed`."""

    UPDATED = "updated"  # the value is what was sent, and was before
    CHANGED = "changed"  # the value is what was sent, and was another before
    ECHO_SKIPPED = "echoSkipped"  # our own write to Shopify coming back
    NOT_FOUND = "notFound"
    DUPLICATE = "duplicate"  # another row of the payload reached the same item and won
    STALE = "stale"  # older than the standing value
    REJECTED = "rejected"  # malformed, never a row
    INVALID_DEALER = "invalidDealer"


CODES: dict[Outcome, str] = {
    Outcome.UPDATED: "u",
    Outcome.CHANGED: "c",
    Outcome.ECHO_SKIPPED: "e",
    Outcome.NOT_FOUND: "n",
    Outcome.DUPLICATE: "d",
    Outcome.STALE: "s",
    Outcome.INVALID_DEALER: "i",
}
"""How an outcome is kept: one byte per row; in upper case when the row was resolved through an alias."""
OUTCOMES: dict[str, Outcome] = {code: outcome for outcome, code in CODES.items()}

DETAILS: dict[Outcome, str] = {
    Outcome.ECHO_SKIPPED: "equals what was pushed to Shopify within the echo window",
    Outcome.NOT_FOUND: "no activated catalog item, own part or alias has this part number",
    Outcome.DUPLICATE: "another row of this payload reached the same item and won",
    Outcome.STALE: "older than the standing value",
    Outcome.INVALID_DEALER: "no dealer of this tenant has this id",
}


@dataclass(slots=True)
class Counters:
    """Rows by outcome; `received` is always the sum."""

    updated: int = 0
    changed: int = 0
    resolved_via_alias: int = 0
    echo_skipped: int = 0
    not_found: int = 0
    duplicates: int = 0
    stale: int = 0
    invalid_dealers: int = 0
    not_found_sample: list[str] = field(default_factory=list)
    invalid_dealer_ids: list[str] = field(default_factory=list)

    @property
    def received(self) -> int:
        """Valid rows that found an outcome."""
        return (
            self.updated
            + self.echo_skipped
            + self.not_found
            + self.duplicates
            + self.stale
            + self.invalid_dealers
        )

    def __add__(self, other: "Counters") -> "Counters":
        """This chunk's rows and another's; the samples keep the first of each."""
        names = [one.name for one in fields(self)]
        both = Counters(**{name: getattr(self, name) + getattr(other, name) for name in names})
        both.not_found_sample = both.not_found_sample[:SAMPLE_MAX]
        both.invalid_dealer_ids = list(dict.fromkeys(both.invalid_dealer_ids))[:SAMPLE_MAX]
        return both


@dataclass(frozen=True, slots=True)
class Feed:
    """One accepted payload as it stands now."""

    id: UUID
    tenant_id: UUID
    kind: FeedKind
    status: FeedStatus
    accepted_at: datetime
    seq: int
    started_at: datetime | None
    applied_at: datetime | None
    received: int
    rejected: int
    chunks: int
    next_chunk: int
    rows_applied: int
    counters: Counters
    rejected_sample: list[dict[str, Any]]
    settled: bool
    guard_waived: bool
    error: str | None
    request_id: str
    surface: str | None = None

    @property
    def rows_total(self) -> int:
        """Every row of the payload, malformed ones too."""
        return self.received + self.rejected

    @property
    def result(self) -> dict[str, Any] | None:
        """The body of the 200, once every row has its outcome."""
        if self.status is not FeedStatus.APPLIED:
            return None
        return result_body(
            self.kind,
            self.counters,
            {"feedId": str(self.id)},
            rejected=self.rejected,
            rejected_sample=self.rejected_sample,
        )


def recorded_under(kind: FeedKind, surface: str | None) -> str:
    """The surface of /activity that a feed moves: the one it came by, where that is not its kind's own."""
    return surface if surface in SURFACES else kind


def counts(body: dict[str, Any]) -> dict[str, int]:
    """What /activity shows of a result."""
    return {name: count for name, count in body.items() if isinstance(count, int)}


def result_body(
    kind: FeedKind,
    counters: Counters,
    head: dict[str, Any],
    *,
    rejected: int,
    rejected_sample: list[dict[str, Any]],
) -> dict[str, Any]:
    """The contract's answer to a feed of this kind; `head` goes first."""
    body = {**head, "received": counters.received, "updated": counters.updated}
    if kind is FeedKind.LOCATION:
        body |= {
            "invalidDealers": counters.invalid_dealers,
            "invalidDealerIds": counters.invalid_dealer_ids,
        }
    else:
        body |= {
            "resolvedViaAlias": counters.resolved_via_alias,
            "echoSkipped": counters.echo_skipped,
            "notFound": counters.not_found,
            "notFoundSample": counters.not_found_sample,
        }
    return body | {
        "changed": counters.changed,
        "duplicates": counters.duplicates,
        "stale": counters.stale,
        "rejected": rejected,
        "rejectedSample": rejected_sample,
    }
