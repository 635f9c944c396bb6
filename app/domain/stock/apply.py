"""The job: a feed's chunks, each one short transaction, from the checkpoint on, under a lease."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import structlog

from app.domain.errors import TransientError
from app.domain.stock.block import Block
from app.domain.stock.evaluate import ShrinkGuard, evaluate, superseded_by_alias
from app.domain.stock.feed import Feed, FeedKind
from app.domain.stock.plan import Plan
from app.domain.stock.ports import (
    FeedTransaction,
    FeedTransactions,
    Observer,
    Projection,
    ShownStock,
    Signals,
    Work,
)
from app.domain.work.dispatch import Claim, Progress

log = structlog.get_logger()

RACES_MAX = 5
RENEW_EVERY_S = 2.0


class _RaceError(Exception):
    """Somebody else wrote between the look and the write; what this try wrote must not stay."""


class FeedJob:
    """Applies feeds. Killed anywhere, another worker goes on at the next chunk and no row counts twice."""

    def __init__(
        self,
        transactions: FeedTransactions,
        projection: Projection,
        shown_stock: ShownStock,
        signals: Signals,
        observer: Observer,
    ) -> None:
        self._transactions = transactions
        self._projection = projection
        self._shown_stock = shown_stock
        self._signals = signals
        self._observer = observer

    def apply(self, claim: Claim, over: Callable[[], bool]) -> Progress:
        """Apply chunks until the feed is done or the slice is over; at least one chunk a slice."""
        while True:
            work, feed = self._next_chunk(claim)
            if feed is None:
                if self._settle(claim, work) is Progress.DONE:
                    self._signals.settled(claim.id)
                    return Progress.DONE
            elif feed.status.settled:
                self._signals.settled(claim.id, feed)
                self._observer.finished(feed)
                log.info("feed.applied", kind=feed.kind, rows=feed.rows_total, changed=feed.counters.changed)
                return Progress.DONE
            if over():
                return Progress.MORE

    def _next_chunk(self, claim: Claim) -> tuple[Work, Feed | None]:
        """One chunk, committed, and the feed after it; no feed when it must be settled first."""
        for _ in range(RACES_MAX):
            with suppress(_RaceError):
                return self._try_chunk(claim)
        raise TransientError("other writers kept changing the same items")

    def _try_chunk(self, claim: Claim) -> tuple[Work, Feed | None]:
        """Raises _RaceError, which rolls back, when the items are no longer what the plan saw."""
        with self._transactions.tenant(claim.tenant_id) as tx:
            work = tx.next_work(claim)
            if _unsettled(work):
                return work, None
            plan = evaluate(tx, work.feed.kind, work.block, work.clock, work.rules.echo_guard_s, work.hints)
            if not tx.write(work.feed, plan):
                raise _RaceError
            feed = tx.checkpoint(claim, work, plan)
        self._committed(work, plan)
        return work, feed

    def _committed(self, work: Work, plan: Plan) -> None:
        if work.feed.next_chunk == 0:
            self._observer.begun(work.feed)
        self._observer.applied(work.feed, plan)
        if plan.changed_keys:
            self._projection.forget_items(work.feed.tenant_id, plan.changed_keys)
            if work.feed.kind is not FeedKind.PRICE:
                self._shown_stock.changed(work.feed.tenant_id, plan.changed_keys)

    def _settle(self, claim: Claim, work: Work) -> Progress:
        """Before the first chunk: duplicates that only aliases show, and the shrink guard. DONE when held."""
        feed = work.feed
        guard = ShrinkGuard(feed.kind, None if feed.guard_waived else work.rules.shrink_guard_percent)
        with self._transactions.tenant(claim.tenant_id) as tx:

            def blocks() -> Iterator[Block]:
                return self._renewing(claim, tx.blocks(feed))

            lost = {} if feed.kind is FeedKind.LOCATION else superseded_by_alias(tx, blocks)
            if guard.on:
                for ordinal, block in enumerate(blocks()):
                    block.superseded.extend(lost.get(ordinal, ()))
                    guard.count(evaluate(tx, feed.kind, block, work.clock, work.rules.echo_guard_s))
            return self._decide(tx, claim, work, guard, lost)

    def _decide(
        self, tx: FeedTransaction, claim: Claim, work: Work, guard: ShrinkGuard, lost: dict[int, list[int]]
    ) -> Progress:
        if not guard.trips(tx):
            tx.settled(claim, work, lost)
            return Progress.MORE
        tx.hold(claim, guard.reason())
        log.warning("feed.held", reason=guard.reason())
        return Progress.DONE

    def _renewing(self, claim: Claim, blocks: Iterator[Block]) -> Iterator[Block]:
        """The blocks, with the lease kept alive however many there are."""
        renewed_at = time.monotonic()
        for block in blocks:
            if time.monotonic() - renewed_at > RENEW_EVERY_S:
                with self._transactions.tenant(claim.tenant_id) as tx:
                    tx.renew(claim)
                renewed_at = time.monotonic()
            yield block

    def give_up(self, claim: Claim, reason: str) -> None:
        """Three tries came to nothing: the feed is failed, its reason readable, its lane free again."""
        with self._transactions.tenant(claim.tenant_id) as tx:
            tx.fail(claim, reason)
        self._signals.settled(claim.id)


def _unsettled(work: Work) -> bool:
    """Whether something must be decided over all chunks before the first is applied."""
    if work.feed.settled:
        return False
    guarded = work.rules.shrink_guard_percent is not None and not work.feed.guard_waived
    by_alias = work.hints.aliases and work.feed.chunks > 1 and work.feed.kind is not FeedKind.LOCATION
    return by_alias or (guarded and work.feed.kind is FeedKind.STOCK)
