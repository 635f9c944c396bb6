"""What a held feed would do if it were released now, for whoever decides: counted, and row by row.

The same steps as the job's, without a write: what is told here is what a release would do to what stands at this moment.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from app.domain.errors import ConflictError
from app.domain.stock.evaluate import look, superseded_by_alias
from app.domain.stock.feed import CODES, Feed, FeedStatus, Outcome
from app.domain.stock.plan import plan_chunk, resolve
from app.domain.stock.ports import Chunk, FeedTransaction, FeedTransactions, Hints
from app.domain.stock.rows_of import CHUNKS_A_PAGE, Row, RowPage, settled_rows
from app.domain.tenancy.tenant import Tenant

COUNTED_ROWS_MAX: Final = 300_000
"""A look takes seconds then; of a longer feed the first rows are counted."""
LOOKED_THROUGH_MAX: Final = 100_000
"""Rows that are looked through for one page of those that are asked for."""

_CHANGED: Final = ord(CODES[Outcome.CHANGED])
_UPDATED: Final = ord(CODES[Outcome.UPDATED])


class Effect(StrEnum):
    """What a row would do to its part's stock."""

    EMPTY = "empty"  # above zero now, zero then
    LOWER = "lower"  # less than now, and not zero
    RAISE = "raise"  # more than now
    LEAVE = "leave"  # as now
    SKIP = "skip"  # nothing: unknown, older than what stands, lost to another row, malformed


@dataclass(frozen=True, slots=True)
class Preview:
    """How many rows would do what. `counted`: of how many rows of the payload, malformed ones too."""

    feed: Feed
    effects: dict[Effect, int]
    counted: int
    in_stock: int

    @property
    def complete(self) -> bool:
        """Whether every row was counted."""
        return self.counted >= self.feed.rows_total


@dataclass(frozen=True, slots=True)
class _Look:
    """A chunk with what each of its valid rows would do, and what stands where it reaches something."""

    chunk: Chunk
    effects: list[Effect]
    standing: list[int | None]

    def has(self, effect: Effect | None) -> bool:
        """Whether a row of it would do that; None is anything."""
        malformed = effect is Effect.SKIP and bool(self.chunk.block.refused)
        return effect is None or malformed or effect in self.effects

    def rows(self, feed: Feed) -> Iterator[Row]:
        """In payload order, malformed ones too."""
        effects, standing = iter(self.effects), iter(self.standing)
        for row in settled_rows(feed, self.chunk):
            malformed = row["outcome"] is Outcome.REJECTED
            yield row | {
                "standing": None if malformed else next(standing),
                "effect": Effect.SKIP if malformed else next(effects),
            }


class FeedPreview:
    """Looks at held feeds. Raises NotFoundError, and ConflictError where there is nothing to decide or to see."""

    def __init__(self, transactions: FeedTransactions) -> None:
        self._transactions = transactions

    def count(self, tenant: Tenant, feed_id: UUID) -> Preview:
        """How many rows would do what."""
        counts: Counter[Effect] = Counter()
        counted = 0
        with self._transactions.tenant(tenant.id) as tx:
            feed = _held(tx, feed_id)
            for one in _looks(tx, tenant, feed, 0):
                counts.update(one.effects)
                counts[Effect.SKIP] += len(one.chunk.block.refused)
                counted += one.chunk.block.row_count
                if counted >= COUNTED_ROWS_MAX:
                    break
            in_stock = tx.non_zero_items()
        return Preview(feed, {effect: counts[effect] for effect in Effect}, counted, in_stock)

    def rows(
        self, tenant: Tenant, feed_id: UUID, *, effect: Effect | None, from_index: int, limit: int
    ) -> RowPage:
        """Rows from a position on, at most `limit`; with an effect only those, and a page may be short."""
        found: list[Row] = []
        seen = 0
        with self._transactions.tenant(tenant.id) as tx:
            feed = _held(tx, feed_id)
            for one in _looks(tx, tenant, feed, from_index):
                if seen >= LOOKED_THROUGH_MAX:
                    return RowPage(found, one.chunk.block.first_index)
                found += _asked(feed, one, effect, from_index)
                if len(found) > limit:
                    return RowPage(found[:limit], found[limit]["index"])
                seen += one.chunk.block.row_count
        return RowPage(found, None)


def _held(tx: FeedTransaction, feed_id: UUID) -> Feed:
    feed = tx.feed(feed_id)
    if feed.status is not FeedStatus.HELD:
        raise ConflictError(f"the feed is {feed.status}; only of a held feed is there something to decide")
    if tx.chunk(feed, 0) is None:
        raise ConflictError("a feed's rows are kept 7 days and these are gone; discard it and send it again")
    return feed


def _asked(feed: Feed, one: _Look, effect: Effect | None, from_index: int) -> list[Row]:
    if not one.has(effect):
        return []
    wanted = (row for row in one.rows(feed) if row["index"] >= from_index)
    return [row for row in wanted if effect is None or row["effect"] is effect]


def _looks(tx: FeedTransaction, tenant: Tenant, feed: Feed, from_index: int) -> Iterator[_Look]:
    """Chunk by chunk from a position on."""
    clock, hints = tx.clock_of(feed), Hints(aliases=tx.has_aliases())
    lost = superseded_by_alias(tx, lambda: tx.blocks(feed)) if hints.aliases else {}
    for chunk in _chunks(tx, feed, from_index):
        chunk.block.superseded.extend(lost.get(chunk.ordinal, ()))
        snapshot = look(tx, feed.kind, chunk.block, clock, tenant.echo_guard_s, hints)
        plan = plan_chunk(chunk.block, snapshot, clock)
        stands = [one.value if one else None for one in resolve(chunk.block, snapshot)]
        would_be = Chunk(chunk.ordinal, chunk.block, bytes(plan.outcomes))
        effects = _effects(bytes(plan.outcomes.lower()), stands, chunk.block.values)
        yield _Look(would_be, list(effects), stands)


def _chunks(tx: FeedTransaction, feed: Feed, from_index: int) -> Iterator[Chunk]:
    """Few in memory at a time."""
    while found := tx.chunks(feed, from_index=from_index, outcome=None, limit=CHUNKS_A_PAGE):
        yield from found
        last = found[-1]
        if last.ordinal + 1 >= feed.chunks:
            return
        from_index = last.block.first_index + last.block.row_count


def _effects(outcomes: bytes, stands: list[int | None], sent: list[int]) -> Iterator[Effect]:
    for code, now, then in zip(outcomes, stands, sent, strict=True):
        if code == _UPDATED:
            yield Effect.LEAVE
        elif code != _CHANGED:
            yield Effect.SKIP
        elif then > (now or 0):
            yield Effect.RAISE
        else:
            yield Effect.LOWER if then else Effect.EMPTY
