"""What the use cases around feeds need of PostgreSQL and Redis, in set-based verbs."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

from app.domain.stock.block import Block
from app.domain.stock.feed import Feed, FeedKind, Outcome
from app.domain.stock.plan import FeedClock, Plan, Snapshot, Version
from app.domain.work.dispatch import Claim


@dataclass(frozen=True, slots=True)
class NewFeed:
    """A parsed payload, ready to be accepted."""

    kind: FeedKind
    received: int
    rejected: int
    rejected_sample: list[dict[str, Any]]
    blocks: Sequence[Block]
    request_id: str
    surface: str | None = None  # how it came, where that is not its kind's own
    guard_waived: bool = False  # what is told one item at a time empties no share of anything


@dataclass(frozen=True, slots=True)
class Chunk:
    """A kept chunk; `outcomes` is None until it is applied."""

    ordinal: int
    block: Block
    outcomes: bytes | None


@dataclass(frozen=True, slots=True)
class Rules:
    """The tenant's settings that decide about rows."""

    echo_guard_s: int
    shrink_guard_percent: Decimal | None


@dataclass(frozen=True, slots=True)
class Hints:
    """What there is to look for; a look that cannot find anything is spared."""

    aliases: bool = True
    pushes: bool = True


@dataclass(frozen=True, slots=True)
class Work:
    """A feed at its checkpoint: the next chunk to apply and where the feed stands in its lane."""

    feed: Feed
    rules: Rules
    hints: Hints
    block: Block
    clock: FeedClock

    @property
    def last(self) -> bool:
        """Whether the feed is applied with this chunk."""
        return self.feed.next_chunk + 1 == self.feed.chunks


class FeedTransaction(Protocol):
    """One transaction in one tenant's scope."""

    # accepting
    def now(self) -> datetime:
        """PostgreSQL's clock."""

    def claim_idempotency_key(self, surface: str, key: str, body_hash: bytes) -> tuple[UUID, bool]:
        """The feed id that the key stands for, and whether it was claimed just now; waits for a rival claim.

        Raises IdempotencyMismatchError when the key came with another body. Keys live 24 h.
        """

    def accept(self, new: NewFeed, feed_id: UUID | None) -> Feed:
        """Write the feed, its chunks and its dispatch row; the acceptance time and sequence come with it."""

    # reading
    def feed(self, feed_id: UUID) -> Feed:
        """Raises NotFoundError."""

    def feeds(self, limit: int, before: tuple[datetime, UUID] | None) -> Sequence[Feed]:
        """Newest first."""

    def chunks(self, feed: Feed, *, from_index: int, outcome: Outcome | None, limit: int) -> Sequence[Chunk]:
        """The next chunks from a payload position on that may hold the outcome."""

    def chunk(self, feed: Feed, ordinal: int) -> Chunk | None:
        """One of them; None when it is gone, after 7 days."""

    # applying
    def next_work(self, claim: Claim) -> Work:
        """The feed at its checkpoint; the first look marks it as applying and its lane as begun."""

    def blocks(self, feed: Feed) -> Iterator[Block]:
        """All blocks in order, one in memory at a time."""

    def clock_now(self, kind: FeedKind) -> FeedClock:
        """Where a feed would stand in its lane if it were accepted now."""

    def clock_of(self, feed: Feed) -> FeedClock:
        """Where it stands in its lane as things are now."""

    def snapshot(
        self, kind: FeedKind, block: Block, *, aliases: bool, pushed: tuple[datetime, datetime] | None
    ) -> Snapshot:
        """What the rows reach, not locked.

        `aliases`: also through aliases. `pushed`: with the values pushed to Shopify in this span.
        """

    def confirmations(
        self, kind: FeedKind, doubtful: Mapping[int, tuple[datetime, datetime]]
    ) -> dict[int, Version]:
        """The newest unwritten confirmation of each doubtful item, from the kept outcomes."""

    def write(self, feed: Feed, plan: Plan) -> bool:
        """Lock in one order and write under the version guard; False when somebody else wrote in between."""

    def checkpoint(self, claim: Claim, work: Work, plan: Plan) -> Feed:
        """Outcomes, counters, lane mark, progress and lease, together; with the last chunk the feed is applied.

        Answers with the feed as it is then. Raises LeaseLostError.
        """

    def has_aliases(self) -> bool:
        """Whether the tenant has any alias at all."""

    def alias_hits(self, names: Sequence[str]) -> dict[str, str]:
        """Names that reach an item only through an alias → the canonical part number."""

    def settled(self, claim: Claim, work: Work, lost: Mapping[int, Sequence[int]]) -> None:
        """Duplicates (by chunk, the positions that lost) and the guard are decided. Raises LeaseLostError."""

    def renew(self, claim: Claim) -> None:
        """Lengthen the lease without calling it progress. Raises LeaseLostError."""

    def non_zero_items(self) -> int:
        """How many of the tenant's items stand above zero."""

    # ending
    def hold(self, claim: Claim, reason: str) -> None:
        """Set aside until a person decides. Raises LeaseLostError."""

    def fail(self, claim: Claim, reason: str) -> None:
        """Put aside as dead with its reason. Raises LeaseLostError."""

    def release(self, feed_id: UUID, decided_by: str) -> bool:
        """From held back to queued, the guard waived; False when it is not held."""

    def discard(self, feed_id: UUID, decided_by: str) -> bool:
        """From held to discarded; False when it is not held."""

    def replay(self, feed_id: UUID, decided_by: str) -> bool:
        """From failed back to queued at its old place in the order; False when it is not failed."""

    def note_error(self, surface: str, error: str) -> None:
        """Count a call that was refused in the surface's activity."""


class FeedTransactions(Protocol):
    """Opens transactions."""

    def tenant(self, tenant_id: UUID) -> AbstractContextManager[FeedTransaction]:
        """One transaction; committed when the block ends, rolled back when it raises."""


class Projection(Protocol):
    """The storefront's copy in Redis, as the workers see it."""

    def forget_items(self, tenant_id: UUID, part_numbers: Sequence[str]) -> None:
        """Called after a commit that changed these items; never raises."""


class ShownStock(Protocol):
    """What other tenants' visitors may be shown of this one's stock, as the workers see it."""

    def changed(self, tenant_id: UUID, part_numbers: Sequence[str]) -> None:
        """Called after a commit that changed stock; never raises."""


class Signals(Protocol):
    """Tells a waiting web process that a feed is settled. Best effort: the waiter looks for itself too."""

    def settled(self, feed_id: UUID, feed: Feed | None = None) -> None:
        """With the feed as it was committed, if it is at hand; never raises."""

    def wait(self, feed_id: UUID, timeout_s: float) -> Feed | None:
        """Return early when told, with the feed if it was sent along; never raises."""


class Observer(Protocol):
    """Counts for the metrics."""

    def begun(self, feed: Feed) -> None:
        """A worker took the feed up for the first time."""

    def applied(self, feed: Feed, plan: Plan) -> None:
        """A chunk was committed."""

    def finished(self, feed: Feed) -> None:
        """The last chunk was committed."""
