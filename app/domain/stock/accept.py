"""Use cases of those who send feeds: accept, dry-run, wait for, read back, release, discard, replay."""

import hashlib
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.domain.errors import ConflictError, TransientError
from app.domain.stock.block import blocks
from app.domain.stock.decision import OPERATOR
from app.domain.stock.evaluate import ShrinkGuard, evaluate, superseded_by_alias
from app.domain.stock.feed import Counters, Feed, FeedKind, result_body
from app.domain.stock.ports import FeedTransactions, NewFeed, Signals
from app.domain.stock.rows import Parsed, parse
from app.domain.tenancy.tenant import Tenant
from app.domain.work.dispatch import Actor
from app.domain.work.ports import Bell

LOOK_AGAIN_S = 1.0


@dataclass(frozen=True, slots=True)
class Accepted:
    """A feed that is committed; `replayed` when an Idempotency-Key led to an earlier one."""

    feed: Feed
    replayed: bool


def new_feed(
    kind: FeedKind, parsed: Parsed, *, chunk_rows: int, request_id: str, surface: str | None = None
) -> NewFeed:
    """A payload cut into chunks, ready to be accepted."""
    return NewFeed(
        kind=kind,
        received=len(parsed.keys),
        rejected=len(parsed.refused),
        rejected_sample=parsed.sample,
        blocks=list(blocks(parsed, chunk_rows)),
        request_id=request_id,
        surface=surface,
    )


class FeedDesk:
    """Takes feeds in and answers for them."""

    def __init__(
        self,
        transactions: FeedTransactions,
        bell: Bell,
        signals: Signals,
        *,
        chunk_rows: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._transactions = transactions
        self._bell = bell
        self._signals = signals
        self._chunk_rows = chunk_rows
        self._clock = clock

    def accept(
        self, tenant: Tenant, kind: FeedKind, body: bytes, *, idempotency_key: str | None, request_id: str
    ) -> Accepted:
        """Commit the payload and ring a worker. When this returns, the feed will be applied.

        With an Idempotency-Key seen before the earlier feed is answered for and nothing is written.
        Raises InvalidInputError, IdempotencyMismatchError, DatabaseDownError, OutcomeUnknownError.
        """
        parsed = self._parse(tenant, kind, body)
        new = new_feed(kind, parsed, chunk_rows=self._chunk_rows, request_id=request_id)
        with self._transactions.tenant(tenant.id) as tx:
            feed_id = None
            if idempotency_key is not None:
                feed_id, claimed = tx.claim_idempotency_key(
                    kind, idempotency_key, hashlib.sha256(body).digest()
                )
                if not claimed:
                    return Accepted(tx.feed(feed_id), replayed=True)
            feed = tx.accept(new, feed_id)
        self._bell.ring(Actor.FEEDS_APPLY, feed.id)
        return Accepted(feed, replayed=False)

    def _parse(self, tenant: Tenant, kind: FeedKind, body: bytes) -> Parsed:
        def now() -> datetime:
            with self._transactions.tenant(tenant.id) as tx:
                return tx.now()

        return parse(kind, body, now)

    def wait(self, feed: Feed, wait_s: float) -> Feed:
        """The feed once it is settled, or as it stood when last seen before the wait was over.

        A database that goes away meanwhile is waited for: the feed is accepted, and no error may deny it.
        """
        until = self._clock() + wait_s
        while not feed.status.settled:
            left = until - self._clock()
            if left <= 0:
                break
            told = self._signals.wait(feed.id, min(left, LOOK_AGAIN_S))
            if told is not None:
                return told
            with suppress(TransientError):
                feed = self.get(feed.tenant_id, feed.id)
        return feed

    def dry_run(self, tenant: Tenant, kind: FeedKind, body: bytes) -> dict[str, Any]:
        """What the feed would do now, in one read-only look; nothing is written and nothing is locked."""
        parsed = self._parse(tenant, kind, body)
        cut = list(blocks(parsed, self._chunk_rows))
        counters = Counters()
        guard = ShrinkGuard(kind, tenant.shrink_guard_percent)
        with self._transactions.tenant(tenant.id) as tx:
            clock = tx.clock_now(kind)
            lost = {} if kind is FeedKind.LOCATION else superseded_by_alias(tx, lambda: cut)
            for ordinal, block in enumerate(cut):
                block.superseded.extend(lost.get(ordinal, ()))
                plan = evaluate(tx, kind, block, clock, tenant.echo_guard_s)
                counters += plan.counters
                guard.count(plan)
            would_hold = guard.trips(tx)
        return result_body(
            kind,
            counters,
            {"dryRun": True, "wouldHold": would_hold},
            rejected=len(parsed.refused),
            rejected_sample=parsed.sample,
        )

    def get(self, tenant_id: UUID, feed_id: UUID) -> Feed:
        """One feed as it stands. Raises NotFoundError."""
        with self._transactions.tenant(tenant_id) as tx:
            return tx.feed(feed_id)

    def list(self, tenant_id: UUID, limit: int, before: tuple[datetime, UUID] | None) -> list[Feed]:
        """Newest first, from a feed's place on."""
        with self._transactions.tenant(tenant_id) as tx:
            return list(tx.feeds(limit, before))

    def release(self, tenant_id: UUID, feed_id: UUID, decided_by: str = OPERATOR) -> Feed:
        """Apply a held feed after all, at its old place in the order. Raises ConflictError when not held."""
        with self._transactions.tenant(tenant_id) as tx:
            feed = tx.feed(feed_id)
            if not tx.release(feed_id, decided_by):
                raise ConflictError(f"the feed is {feed.status}; only a held feed can be released")
            feed = tx.feed(feed_id)
        self._bell.ring(Actor.FEEDS_APPLY, feed_id)
        return feed

    def discard(self, tenant_id: UUID, feed_id: UUID, decided_by: str = OPERATOR) -> Feed:
        """Never apply a held feed. Raises ConflictError when not held."""
        with self._transactions.tenant(tenant_id) as tx:
            feed = tx.feed(feed_id)
            if not tx.discard(feed_id, decided_by):
                raise ConflictError(f"the feed is {feed.status}; only a held feed can be discarded")
            return tx.feed(feed_id)

    def replay(self, tenant_id: UUID, feed_id: UUID, decided_by: str = OPERATOR) -> None:
        """Try a failed feed again. Raises ConflictError when it has not failed."""
        with self._transactions.tenant(tenant_id) as tx:
            feed = tx.feed(feed_id)
            if not tx.replay(feed_id, decided_by):
                raise ConflictError(f"the feed is {feed.status}; only a failed feed can be replayed")
        self._bell.ring(Actor.FEEDS_APPLY, feed_id)

    def note_error(self, tenant_id: UUID, kind: FeedKind, error: str) -> None:
        """Let the tenant see in its activity that a call was refused; never in the way of the refusal."""
        with suppress(TransientError), self._transactions.tenant(tenant_id) as tx:
            tx.note_error(kind, error)
