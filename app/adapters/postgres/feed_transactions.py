"""The verbs of `app.domain.stock.ports.FeedTransaction`, bound to one connection in one tenant's scope."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, text

from app.adapters.postgres import activity, feed_work, feeds, not_found, standing, work
from app.adapters.postgres.arrays import texts
from app.adapters.postgres.unit_of_work import UnitOfWork
from app.domain.activity.activity import SurfaceActivity
from app.domain.stock.block import Block
from app.domain.stock.feed import Feed, FeedKind, FeedStatus, Outcome, counts, recorded_under
from app.domain.stock.plan import FeedClock, Plan, Snapshot, Version
from app.domain.stock.ports import Chunk, NewFeed, Work
from app.domain.work.dispatch import Claim, State

_NOW: Final = text("SELECT clock_timestamp()")
_HAS_ALIASES: Final = text("SELECT EXISTS (SELECT FROM tenant_sku_alias WHERE tenant_id = :tenant_id)")
_ALIAS_HITS: Final = text("""
    SELECT a.alias, i.part_number
    FROM tenant_sku_alias a JOIN stock_item i ON i.id = a.item_id
    WHERE a.tenant_id = :tenant_id AND a.alias = ANY(CAST(:names AS text[]))
      AND NOT EXISTS (SELECT FROM stock_item d WHERE d.tenant_id = :tenant_id AND d.part_number = a.alias)
""")
_PUSHED: Final = text("""
    SELECT item_id, last_push_hash FROM shopify_product_mapping
    WHERE tenant_id = :tenant_id AND last_pushed_at > :since AND last_pushed_at <= :until
      AND last_push_hash LIKE 'stock:%'
""")
_NON_ZERO: Final = text("SELECT count(*) FROM stock_item WHERE tenant_id = :tenant_id AND stock > 0")


class PostgresFeeds:
    """Opens feed transactions."""

    def __init__(self, uow: UnitOfWork, *, lease_s: float) -> None:
        self._uow = uow
        self._lease_s = lease_s

    @contextmanager
    def tenant(self, tenant_id: UUID) -> Iterator["PostgresFeedTransaction"]:
        """One transaction in the tenant's scope."""
        with self._uow.tenant(tenant_id, *standing.WALK_IN_ORDER) as connection:
            yield PostgresFeedTransaction(connection, tenant_id, self._lease_s)


class PostgresFeedTransaction:
    """See the port for every verb."""

    def __init__(self, connection: Connection, tenant_id: UUID, lease_s: float) -> None:
        self._connection = connection
        self._tenant_id = tenant_id
        self._lease_s = lease_s

    def now(self) -> datetime:
        now: datetime = self._connection.execute(_NOW).scalar_one()
        return now

    def claim_idempotency_key(self, surface: str, key: str, body_hash: bytes) -> tuple[UUID, bool]:
        return feeds.claim_idempotency_key(self._connection, self._tenant_id, surface, key, body_hash)

    def accept(self, new: NewFeed, feed_id: UUID | None) -> Feed:
        return feeds.accept(self._connection, self._tenant_id, new, feed_id)

    def feed(self, feed_id: UUID) -> Feed:
        return feeds.feed(self._connection, self._tenant_id, feed_id)

    def feeds(self, limit: int, before: tuple[datetime, UUID] | None) -> Sequence[Feed]:
        return feeds.feeds(self._connection, self._tenant_id, limit, before)

    def chunks(self, feed: Feed, *, from_index: int, outcome: Outcome | None, limit: int) -> Sequence[Chunk]:
        return feeds.chunks(self._connection, feed, from_index=from_index, outcome=outcome, limit=limit)

    def chunk(self, feed: Feed, ordinal: int) -> Chunk | None:
        return feeds.chunk(self._connection, feed, ordinal)

    def next_work(self, claim: Claim) -> Work:
        return feed_work.next_work(self._connection, claim)

    def blocks(self, feed: Feed) -> Iterator[Block]:
        return feeds.blocks(self._connection, feed)

    def clock_now(self, kind: FeedKind) -> FeedClock:
        return feed_work.clock_now(self._connection, self._tenant_id, kind)

    def clock_of(self, feed: Feed) -> FeedClock:
        return feed_work.clock_of(self._connection, feed)

    def snapshot(
        self, kind: FeedKind, block: Block, *, aliases: bool, pushed: tuple[datetime, datetime] | None
    ) -> Snapshot:
        connection, tenant_id = self._connection, self._tenant_id
        if kind is FeedKind.LOCATION:
            own = standing.own_dealers(connection, tenant_id, block)
            return Snapshot(standing.load_dealer_stock(connection, tenant_id, block, own), dealers=own)
        hits = self.alias_hits(block.keys) if aliases else {}
        targets = standing.load(connection, tenant_id, kind, block, hits.values())
        return Snapshot(targets, hits, self._pushed(*pushed) if pushed else {})

    def _pushed(self, since: datetime, until: datetime) -> dict[int | None, int]:
        rows = self._connection.execute(
            _PUSHED, {"tenant_id": self._tenant_id, "since": since, "until": until}
        )
        return {row.item_id: int(row.last_push_hash.removeprefix("stock:")) for row in rows}

    def confirmations(
        self, kind: FeedKind, doubtful: Mapping[int, tuple[datetime, datetime]]
    ) -> dict[int, Version]:
        return feed_work.confirmations(self._connection, self._tenant_id, kind, doubtful)

    def write(self, feed: Feed, plan: Plan) -> bool:
        return standing.write(self._connection, feed, plan)

    def checkpoint(self, claim: Claim, work: Work, plan: Plan) -> Feed:
        feed = feed_work.checkpoint(self._connection, claim, work, plan, self._lease_s)
        if unknown := plan.unknown(work.block):
            not_found.note(self._connection, feed, work.feed.next_chunk, unknown)
        if feed.result is not None:
            surface = recorded_under(feed.kind, feed.surface)
            activity.synced(self._connection, self._tenant_id, surface, counts(feed.result), feed.received)
        return feed

    def has_aliases(self) -> bool:
        found: bool = self._connection.execute(_HAS_ALIASES, {"tenant_id": self._tenant_id}).scalar_one()
        return found

    def alias_hits(self, names: Sequence[str]) -> dict[str, str]:
        rows = self._connection.execute(_ALIAS_HITS, {"tenant_id": self._tenant_id, "names": texts(names)})
        return {row.alias: row.part_number for row in rows}

    def settled(self, claim: Claim, work: Work, lost: Mapping[int, Sequence[int]]) -> None:
        feed_work.settled(self._connection, claim, work, lost, self._lease_s)

    def renew(self, claim: Claim) -> None:
        work.renew(self._connection, claim, self._lease_s)

    def non_zero_items(self) -> int:
        count: int = self._connection.execute(_NON_ZERO, {"tenant_id": self._tenant_id}).scalar_one()
        return count

    def hold(self, claim: Claim, reason: str) -> None:
        feed_work.put_aside(self._connection, claim, status=FeedStatus.HELD, state=State.HELD, reason=reason)

    def fail(self, claim: Claim, reason: str) -> None:
        surface = feed_work.put_aside(
            self._connection, claim, status=FeedStatus.FAILED, state=State.DEAD, reason=reason
        )
        self.note_error(surface, reason)

    def release(self, feed_id: UUID, decided_by: str) -> bool:
        return feeds.release(self._connection, self._tenant_id, feed_id, decided_by)

    def discard(self, feed_id: UUID, decided_by: str) -> bool:
        return feeds.discard(self._connection, self._tenant_id, feed_id, decided_by)

    def replay(self, feed_id: UUID, decided_by: str) -> bool:
        return feeds.replay(self._connection, self._tenant_id, feed_id, decided_by)

    def note_error(self, surface: str, error: str) -> None:
        activity.erred(self._connection, self._tenant_id, surface, error)

    def activity(self) -> dict[str, SurfaceActivity]:
        return activity.read(self._connection, self._tenant_id)
