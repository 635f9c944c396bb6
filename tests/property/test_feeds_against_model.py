"""The whole mechanism on the real database, held against the plain model: accept, kill, hold, fail, replay, re-send."""

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from app.adapters.postgres.feed_transactions import PostgresFeedTransaction
from app.adapters.postgres.unit_of_work import UnitOfWork
from app.adapters.postgres.work import PostgresWork
from app.domain.stock.accept import FeedDesk
from app.domain.stock.apply import FeedJob
from app.domain.stock.feed import FeedKind
from app.domain.tenancy.tenant import Tenant, TenantType
from app.domain.work.dispatch import Actor
from app.domain.work.service import WorkService
from tests.property.memory import KilledError, Nobody
from tests.property.model import ALIASES, ITEMS, Row, Sent, by_alias, payloads, standing
from tests.stockline import Stockline

VERBS = ("next_work", "snapshot", "confirmations", "write", "checkpoint", "settled")
LONG_AGO = timedelta(hours=2)
LEASE_S = 60.0


class Mortal(PostgresFeedTransaction):
    """A transaction in which the worker dies after so many verbs."""

    verbs_left: int | None = None

    def __getattribute__(self, name: str):
        found = super().__getattribute__(name)
        if name in VERBS and Mortal.verbs_left is not None:
            Mortal.verbs_left -= 1
            if Mortal.verbs_left < 0:
                Mortal.verbs_left = None
                raise KilledError
        return found


class MortalFeeds:
    """Opens such transactions."""

    def __init__(self, unit_of_work: UnitOfWork) -> None:
        self._unit_of_work = unit_of_work

    @contextmanager
    def tenant(self, tenant_id: UUID) -> Iterator[Mortal]:
        with self._unit_of_work.tenant(tenant_id) as connection:
            yield Mortal(connection, tenant_id, LEASE_S)
            if Mortal.verbs_left == 0:  # all is written, nothing committed
                Mortal.verbs_left = None
                raise KilledError


class Silent:
    def ring(self, actor, dispatch_id) -> None: ...


class System:
    """A fresh tenant and a worker that does one chunk at a time."""

    def __init__(self, stockline: Stockline, kind: FeedKind, chunk_rows: int) -> None:
        self.stockline = stockline.another()
        self.kind = kind
        self.tenant = Tenant(self.stockline.tenant_id, "T", TenantType.HYBRID)
        unit_of_work = stockline.container.unit_of_work
        nobody = Nobody()
        self.desk = FeedDesk(stockline.container.feed_transactions, Silent(), nobody, chunk_rows=chunk_rows)
        job = FeedJob(MortalFeeds(unit_of_work), nobody, nobody, nobody, nobody)
        self.handlers = {Actor.FEEDS_APPLY: (job.apply, job.give_up)}
        ticks = itertools.count()
        self.worker = WorkService(
            PostgresWork(unit_of_work),
            Silent(),
            lease_s=LEASE_S,
            slice_s=1.5,
            clock=lambda: float(next(ticks)),
        )
        self.dealer = str(uuid4())
        if kind is FeedKind.LOCATION:
            self.dealer = self.stockline.dealer()
        else:
            self.stockline.activate(*ITEMS)
            for alias, part_number in ALIASES.items():
                self.stockline.alias(alias, part_number)
        self.at = datetime.now(UTC) - LONG_AGO
        self.sent: list[Sent] = []
        self.bodies: list[bytes] = []
        self.ids: list[UUID] = []

    def accept(self, minutes: int, rows: list[Row]) -> None:
        """A feed that came so many minutes after the one before."""
        self.at += timedelta(minutes=minutes, microseconds=1)
        body = json.dumps([self._row(row) for row in rows]).encode()
        feed = self._accept(body, len(self.ids))
        self.stockline.sql(
            "WITH c AS (UPDATE feed_chunk SET accepted_at = %(at)s WHERE feed_id = %(id)s)"
            " UPDATE feed SET accepted_at = %(at)s WHERE id = %(id)s",
            at=self.at,
            id=feed.id,
        )
        self.sent.append(Sent(feed.seq, self.at, rows))
        self.bodies.append(body)
        self.ids.append(feed.id)

    def send_again(self, at: int) -> None:
        assert self._accept(self.bodies[at], at).id == self.ids[at]

    def _accept(self, body: bytes, at: int):
        key = f"key-{at}"
        return self.desk.accept(self.tenant, self.kind, body, idempotency_key=key, request_id="r").feed

    def _row(self, row: Row) -> dict[str, object]:
        body: dict[str, object] = {"partNumber": row.name}
        if self.kind is FeedKind.PRICE:
            body |= {"price": row.value, "compareAtPrice": f"{row.value}.5", "costPrice": None}
        else:
            body |= {"stock": row.value}
        if self.kind is FeedKind.LOCATION:
            body |= {"dealerId": "?" if row.name == "?" else self.dealer}
        if row.age is not None:
            body |= {"asOf": (self.at - timedelta(minutes=row.age)).isoformat()}
        return body

    def resolve(self, name: str) -> str | None:
        if self.kind is FeedKind.LOCATION:
            return None if name == "?" else name
        return by_alias(name)

    def step(self, kill_after: int | None) -> None:
        """A worker's slice, which it may not survive; then its lease runs out."""
        head = self._one(
            "SELECT id FROM dispatch WHERE tenant_id = %s AND state IN ('ready', 'running') ORDER BY seq LIMIT 1"
        )
        if head is None:
            return
        Mortal.verbs_left = kill_after
        try:
            self.worker.run(head, self.handlers)
        except KilledError:
            self._execute("UPDATE dispatch SET lease_until = now() - interval '1 s' WHERE tenant_id = %s")
        finally:
            Mortal.verbs_left = None

    def put_aside(self, at: int, status: str, state: str) -> None:
        """Held by the guard or failed for good, as far as the tables show."""
        self.stockline.sql(
            "WITH d AS (UPDATE dispatch SET state = %s, lease_until = NULL WHERE id = %s"
            " AND state IN ('ready', 'running') RETURNING id)"
            " UPDATE feed SET status = %s FROM d WHERE feed.id = d.id",
            state,
            self.ids[at],
            status,
        )

    def bring_back(self) -> None:
        for feed_id in self.ids:
            status = self.desk.get(self.tenant.id, feed_id).status
            if status == "held":
                self.desk.release(self.tenant.id, feed_id)
            elif status == "failed":
                self.desk.replay(self.tenant.id, feed_id)

    def finish(self) -> None:
        while self._one("SELECT 1 FROM dispatch WHERE tenant_id = %s LIMIT 1"):
            self.bring_back()
            self.step(None)

    def values(self) -> dict[str, object]:
        if self.kind is FeedKind.LOCATION:
            return {part_number: stock for (_, part_number), stock in self.stockline.dealer_stock().items()}
        if self.kind is FeedKind.PRICE:
            found = {name: self.stockline.prices(name) for name in ITEMS}
            return {name: price for name, price in found.items() if price != (None, None, None)}
        written = "SELECT part_number FROM stock_item WHERE tenant_id = %s AND stock_as_of IS NOT NULL"
        rows = self.stockline.database.execute(written, (self.tenant.id,)).fetchall()
        return {name: self.stockline.stock()[name] for (name,) in rows}

    def expected(self) -> dict[str, object]:
        stands = standing(self.resolve, self.sent)
        if self.kind is FeedKind.PRICE:
            return {name: (f"{value}.00", f"{value}.50", None) for name, value in stands.items()}
        return dict(stands)

    def _one(self, statement: str):
        row = self.stockline.database.execute(statement, (self.tenant.id,)).fetchone()
        return row and row[0]

    def _execute(self, statement: str) -> None:
        self.stockline.sql(statement, self.tenant.id)


actions = st.lists(
    st.one_of(
        st.tuples(st.just("step"), st.none() | st.integers(0, 6)),
        st.tuples(st.just("step"), st.none()),
        st.tuples(st.just("accept"), st.none()),
        st.tuples(st.just("hold"), st.integers(0, 9)),
        st.tuples(st.just("fail"), st.integers(0, 9)),
        st.tuples(st.just("bring back"), st.none()),
        st.tuples(st.just("send again"), st.integers(0, 9)),
    ),
    max_size=14,
)


def act(system: System, action: str, number: int | None, waiting: list[tuple[int, list[Row]]]) -> None:
    known = (number or 0) % len(system.ids) if system.ids else None
    if action == "accept" and waiting:
        system.accept(*waiting.pop(0))
    elif action == "step":
        system.step(number)
    elif action == "bring back":
        system.bring_back()
    elif known is not None and action == "send again":
        system.send_again(known)
    elif known is not None and action == "hold":
        system.put_aside(known, "held", "held")
    elif known is not None and action == "fail":
        system.put_aside(known, "failed", "dead")


@pytest.mark.parametrize("kind", list(FeedKind))
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking on a database takes too long
)
@given(payloads(most=4), st.integers(1, 4), actions)
def test_whatever_happens_the_latest_version_stands_and_the_counters_add_up(
    stockline: Stockline, kind: FeedKind, chosen, chunk_rows, steps
):
    system, waiting = System(stockline, kind, chunk_rows), list(chosen)
    for action, number in steps:
        act(system, action, number, waiting)
    for minutes, body in waiting:
        system.accept(minutes, body)
    system.finish()

    assert system.values() == system.expected()
    assert system.stockline.count("feed") == len(chosen)
    for feed_id, sent in zip(system.ids, system.sent, strict=True):
        feed = system.desk.get(system.tenant.id, feed_id)
        assert feed.status == "applied"
        assert feed.counters.received == feed.received == feed.rows_applied == len(sent.rows)
        reached = [item for item in map(system.resolve, (row.name for row in sent.rows)) if item is not None]
        assert feed.counters.duplicates == len(reached) - len(set(reached))
        assert feed.counters.not_found + feed.counters.invalid_dealers == len(sent.rows) - len(reached)
        found = [one["outcome"] for one in system.stockline.rows(str(feed_id))]
        assert feed.counters.changed == found.count("changed")
        assert feed.counters.stale == found.count("stale")
