"""A tenant with items on the real engines, and the use cases around its feeds as a process has them."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg

from app import bootstrap
from app.adapters.postgres.feed_transactions import PostgresFeeds, PostgresFeedTransaction
from app.adapters.postgres.network_reads import PostgresNetworkStore
from app.adapters.postgres.work import PostgresWork
from app.bootstrap import Container
from app.domain.network.shown_stock import ShownStock
from app.domain.stock.apply import FeedJob
from app.domain.stock.block import blocks
from app.domain.stock.feed import Feed, FeedKind, FeedStatus
from app.domain.stock.ports import NewFeed
from app.domain.stock.rows import parse
from app.domain.tenancy.tenant import Tenant, TenantType
from app.domain.work.dispatch import Actor, Claim
from app.settings import Settings
from app.telemetry.feeds import FeedMetrics

Row = tuple[str, int] | tuple[str, int, datetime]


class KilledError(BaseException):
    """Stands for kill -9 inside a transaction: nothing catches it, and nothing of the transaction commits."""


@dataclass(frozen=True)
class Desk:
    """One tenant. Work is done in the test's own threads unless a worker is started."""

    tenant: Tenant
    container: Container
    owner: psycopg.Connection

    @classmethod
    def open(cls, settings: Settings, owner: psycopg.Connection, items: int, **changes: Any) -> "Desk":
        """A RETAIL tenant with own parts P-0 … P-n; `changes` are settings."""
        container = bootstrap.build(settings.model_copy(update=changes))
        return cls._with_items(container, owner, items)

    def neighbour(self, items: int) -> "Desk":
        """Another tenant of the same system."""
        return self._with_items(self.container, self.owner, items)

    @classmethod
    def _with_items(cls, container: Container, owner: psycopg.Connection, items: int) -> "Desk":
        row = owner.execute(
            "INSERT INTO tenant (name, type) VALUES ('Desk', 'RETAIL') RETURNING id"
        ).fetchone()
        assert row
        owner.execute(
            "WITH i AS (INSERT INTO stock_item (tenant_id, source, part_number)"
            " SELECT %(t)s, 'own', 'P-' || n FROM generate_series(0, %(n)s - 1) n ORDER BY n RETURNING id, part_number)"
            " INSERT INTO tenant_part (item_id, tenant_id, name) SELECT id, %(t)s, part_number FROM i",
            {"t": row[0], "n": items},
        )
        return cls(Tenant(row[0], "Desk", TenantType.RETAIL), container, owner)

    def accept(self, *rows: Row, key: str | None = None) -> Feed:
        """A stock feed of (part number, stock[, asOf])."""
        body = [
            {"partNumber": row[0], "stock": row[1]} | ({"asOf": row[2].isoformat()} if len(row) == 3 else {})
            for row in rows
        ]
        return self.accept_body(FeedKind.STOCK, body, key)

    def new_feed(self, *rows: Row) -> NewFeed:
        """A parsed stock feed, for a transaction of the test's own."""
        body = json.dumps([{"partNumber": row[0], "stock": row[1]} for row in rows]).encode()
        parsed = parse(FeedKind.STOCK, body, lambda: datetime.now(UTC))
        cut = list(blocks(parsed, self.container.settings.feed_chunk_rows))
        return NewFeed(FeedKind.STOCK, len(rows), 0, [], cut, "test")

    def accept_body(self, kind: FeedKind, body: Sequence[dict[str, Any]], key: str | None = None) -> Feed:
        accepted = self.container.feeds.accept(
            self.tenant, kind, json.dumps(body).encode(), idempotency_key=key, request_id="test"
        )
        return accepted.feed

    def feed(self, feed: Feed) -> Feed:
        return self.container.feeds.get(self.tenant.id, feed.id)

    def settled(self, *feeds: Feed) -> bool:
        return all(self.feed(feed).status.settled for feed in feeds)

    def applied(self, *feeds: Feed) -> bool:
        return all(self.feed(feed).status is FeedStatus.APPLIED for feed in feeds)

    def stock(self, part_number: str) -> int:
        return int(self._one("stock", part_number))

    def price(self, part_number: str) -> Any:
        return self._one("price", part_number)

    def _one(self, column: str, part_number: str) -> Any:
        row = self.owner.execute(
            f"SELECT {column} FROM stock_item WHERE tenant_id = %s AND part_number = %s",  # type: ignore[arg-type]
            (self.tenant.id, part_number),
        ).fetchone()
        assert row
        return row[0]

    def claim(self, kind: FeedKind = FeedKind.STOCK) -> Claim | None:
        """Lease the head of the tenant's lane, as a worker does."""
        with PostgresWork(self.container.unit_of_work).platform() as tx:
            return tx.claim_head(f"{kind}:{self.tenant.id}", self.container.settings.lease_s)

    def work(self, feed: Feed, job: FeedJob | None = None) -> None:
        """Answer a feed's bell as a worker thread does."""
        job = job or self.job()
        self.container.work.run(feed.id, {Actor.FEEDS_APPLY: (job.apply, job.give_up)})

    def job(self, transaction: type[PostgresFeedTransaction] = PostgresFeedTransaction) -> FeedJob:
        """The job, on transactions of another make."""
        made = self.container
        transactions = FeedsOf(made.unit_of_work, made.settings.lease_s, transaction)
        shown = ShownStock(PostgresNetworkStore(made.unit_of_work), made.projection)
        return FeedJob(transactions, made.projection, shown, _NoSignals(), FeedMetrics(made.metrics))

    def later(self, seconds: float = 60) -> None:
        """Let time pass for the dispatch table: leases run out, delays end, bells are due again."""
        self.owner.execute(
            "UPDATE dispatch SET lease_until = lease_until - make_interval(secs => %(s)s),"
            " not_before = not_before - make_interval(secs => %(s)s),"
            " ring_after = ring_after - make_interval(secs => %(s)s)",
            {"s": seconds},
        )

    def dead_letters(self) -> list[UUID]:
        return [letter.id for letter in self.container.dead_letters.list()]


class _NoSignals:
    def settled(self, feed_id: UUID, feed: Feed | None = None) -> None:
        """Nobody waits."""

    def wait(self, feed_id: UUID, timeout_s: float) -> None:
        """Nobody waits."""


class FeedsOf(PostgresFeeds):
    """Opens transactions of a given class: where a test takes a mechanism out."""

    def __init__(self, uow: Any, lease_s: float, made: type[PostgresFeedTransaction]) -> None:
        super().__init__(uow, lease_s=lease_s)
        self._made = made

    @contextmanager
    def tenant(self, tenant_id: UUID) -> Iterator[PostgresFeedTransaction]:
        with self._uow.tenant(tenant_id) as connection:
            yield self._made(connection, tenant_id, self._lease_s)


def before_write(act: Callable[[], None], chunk: int = 0) -> type[PostgresFeedTransaction]:
    """Transactions that call `act` once, between the decision about a chunk and its first write."""
    pending = [act]

    class Interrupted(PostgresFeedTransaction):
        def write(self, feed: Feed, plan: Any) -> bool:
            while pending and feed.next_chunk == chunk:
                pending.pop()()
            return super().write(feed, plan)

    return Interrupted


def before_checkpoint(act: Callable[[], None]) -> type[PostgresFeedTransaction]:
    """Transactions that call `act` once, between the writes of a chunk and its seal."""
    pending = [act]

    class Interrupted(PostgresFeedTransaction):
        def checkpoint(self, claim: Claim, work: Any, plan: Any) -> Feed:
            while pending:
                pending.pop()()
            return super().checkpoint(claim, work, plan)

    return Interrupted
