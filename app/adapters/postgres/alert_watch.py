"""The watch in PostgreSQL: changes taken by their flag, states told, deliveries written, all in one transaction."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, text

from app.adapters.postgres import alerts, work
from app.adapters.postgres.alert_rows import ALERT_COLUMNS, CHANNEL_COLUMNS, alert_of, channel_of
from app.adapters.postgres.unit_of_work import UnitOfWork
from app.domain.alerts.alert import Alert, Note
from app.domain.alerts.channel import Channel
from app.domain.alerts.gather import Gathering, Planned
from app.domain.alerts.levels import StockState
from app.domain.alerts.ports import WatchTransaction
from app.domain.errors import LeaseLostError
from app.domain.work.dispatch import Actor, Claim

ORDERS_MAX: Final = 20

# In order of id, as the purchasing watch takes them: the two never wait for each other in a circle.
_TAKE: Final = text("""
    WITH unseen AS (
        SELECT id FROM supplier_stock_change WHERE tenant_id = :tenant_id AND NOT alerts_seen
        ORDER BY id LIMIT :limit FOR NO KEY UPDATE)
    UPDATE supplier_stock_change c SET alerts_seen = true FROM unseen WHERE c.id = unseen.id RETURNING c.stock_id
""")
# Read after the changes were taken: what changes later leaves a change that is not seen. What was told within a day is
# read once, and only where something rose.
_STATES: Final = text("""
    SELECT s.id AS stock_id, s.supplier_id, p.code AS supplier_code, p.name AS supplier_name, s.sku, s.part_number,
           s.level, s.available, s.quantity, s.shortage, s.low_stock_threshold AS threshold,
           CASE WHEN s.shortage > 0 THEN ARRAY(
               SELECT o.channel || '/' || o.order_id FROM reservation r JOIN stock_order o ON o.id = r.order_id
               WHERE r.stock_id = s.id AND r.state IN ('open', 'shipped')
               ORDER BY o.created_at DESC LIMIT :orders) ELSE '{}' END AS orders,
           k.state AS told,
           CASE WHEN k.state = 'out' AND s.level <> 'out' OR k.state = 'low' AND s.level = 'in-stock'
                THEN (k.subject, CASE s.level WHEN 'low' THEN 'low' ELSE 'back' END) IN (
                    SELECT a.subject, a.kind FROM alert a
                    WHERE a.tenant_id = :tenant_id AND a.created_at > now() - interval '1 day')
                ELSE false END AS again
    FROM supplier_stock s JOIN supplier p ON p.id = s.supplier_id
    LEFT JOIN alert_state k ON k.tenant_id = s.tenant_id AND k.subject = 'stock:' || s.id
    WHERE s.tenant_id = :tenant_id AND s.id = ANY(CAST(:ids AS bigint[]))
    ORDER BY s.id
""")

_UNTOLD: Final = text(f"""
    SELECT {ALERT_COLUMNS} FROM alert a WHERE a.tenant_id = :tenant_id AND NOT a.told
    ORDER BY a.created_at, a.id LIMIT :limit
""")
_TOLD: Final = text("""
    UPDATE alert SET told = true WHERE tenant_id = :tenant_id AND id = ANY(CAST(:ids AS uuid[]))
""")
_CHANNELS: Final = text(f"""
    SELECT {CHANNEL_COLUMNS} FROM alert_channel c WHERE c.tenant_id = :tenant_id AND c.active ORDER BY c.id FOR SHARE
""")
_GATHERING: Final = text("""
    SELECT id, channel_id, gathers, cardinality(alert_ids) AS alerts FROM alert_delivery
    WHERE tenant_id = :tenant_id AND state = 'queued' AND gathers IS NOT NULL ORDER BY id FOR NO KEY UPDATE
""")
_NEW: Final = text("""
    INSERT INTO alert_delivery (tenant_id, channel_id, gathers, urgent, due_at, alert_ids)
    VALUES (:tenant_id, :channel_id, :gathers, :urgent, :due_at, CAST(:alert_ids AS uuid[]))
""")
_JOIN: Final = text("""
    UPDATE alert_delivery SET alert_ids = alert_ids || CAST(:alert_ids AS uuid[])
    WHERE tenant_id = :tenant_id AND id = :joins
""")
_REPORT_DUE: Final = text("""
    UPDATE alert_channel SET reported_on = :day, report_due_at = :next_due_at
    WHERE tenant_id = :tenant_id AND id = :channel_id AND report_due_at <= :now
    RETURNING old.reported_on IS DISTINCT FROM :day
""")
_REPORT: Final = text("""
    INSERT INTO alert_delivery (tenant_id, channel_id, kind, alert_ids)
    VALUES (:tenant_id, :channel_id, 'report', '{}')
""")
# Who works on a channel holds its row here before anything else, and so does the watch. Whoever rests or leaves looks
# for what is queued after it holds the row: nothing is queued behind its back.
_HOLD: Final = text("""
    SELECT d.id FROM dispatch d JOIN alert_channel c ON c.id = d.id
    WHERE c.tenant_id = :tenant_id ORDER BY d.id FOR NO KEY UPDATE OF d
""")
_SCHEDULE: Final = text("""
    INSERT INTO dispatch AS d (id, actor, tenant_id, lane, seq, not_before, ring_after)
    VALUES (:channel_id, :actor, :tenant_id, 'alert-channel:' || CAST(:channel_id AS uuid), nextval('accept_seq'),
            :due_at, :due_at)
    ON CONFLICT (id) DO UPDATE
    SET not_before = LEAST(d.not_before, excluded.not_before), ring_after = LEAST(d.ring_after, excluded.ring_after)
    WHERE d.state = 'ready'
""")
_FINISH: Final = text("DELETE FROM dispatch WHERE id = :id AND token = :token AND state = 'running'")
_REST: Final = text("""
    UPDATE dispatch
    SET state = 'ready', attempts = 0, lease_until = NULL, last_error = :error,
        not_before = clock_timestamp() + make_interval(secs => :delay_s),
        ring_after = clock_timestamp() + make_interval(secs => :delay_s)
    WHERE id = :id AND token = :token AND state = 'running'
""")


def schedule(connection: Connection, tenant_id: UUID, channel_id: UUID, due_at: datetime) -> None:
    """See that the channel's deliveries are worked on by then."""
    given = {"tenant_id": tenant_id, "channel_id": channel_id, "due_at": due_at}
    connection.execute(_SCHEDULE, {**given, "actor": Actor.ALERTS_DELIVER})


class PostgresWatches:
    """Opens transactions."""

    def __init__(self, unit_of_work: UnitOfWork) -> None:
        self._unit_of_work = unit_of_work

    @contextmanager
    def tenant(self, tenant_id: UUID) -> Iterator[WatchTransaction]:
        """One transaction in the tenant's scope."""
        with self._unit_of_work.tenant(tenant_id) as connection:
            yield _Transaction(connection, tenant_id)


class _Transaction:
    def __init__(self, connection: Connection, tenant_id: UUID) -> None:
        self._connection = connection
        self._tenant_id = tenant_id
        self._mine = {"tenant_id": tenant_id}

    def begin(self, claim: Claim, lease_s: float) -> None:
        work.renew(self._connection, claim, lease_s)

    def changed(self, limit: int) -> tuple[int, Sequence[StockState]]:
        taken = self._connection.execute(_TAKE, {**self._mine, "limit": limit}).scalars().all()
        if not taken:
            return 0, []
        asked = {**self._mine, "ids": sorted(set(taken)), "orders": ORDERS_MAX}
        rows = self._connection.execute(_STATES, asked).mappings()
        return len(taken), [StockState(**row) for row in rows]

    def note(self, notes: Sequence[Note]) -> int:
        return alerts.note_states(self._connection, self._tenant_id, notes)

    def untold(self, limit: int) -> Sequence[Alert]:
        rows = self._connection.execute(_UNTOLD, {**self._mine, "limit": limit}).mappings()
        return [alert_of(row) for row in rows]

    def channels(self) -> Sequence[Channel]:
        self._connection.execute(_HOLD, self._mine)
        return [channel_of(row) for row in self._connection.execute(_CHANNELS, self._mine).mappings()]

    def gathering(self) -> Sequence[Gathering]:
        return [Gathering(**row) for row in self._connection.execute(_GATHERING, self._mine).mappings()]

    def deliver(self, planned: Sequence[Planned]) -> None:
        for one in planned:
            given: dict[str, Any] = {**self._mine, "alert_ids": list(one.alert_ids)}
            if one.joins is not None:
                self._connection.execute(_JOIN, {**given, "joins": one.joins})
                continue
            new = {"channel_id": one.channel_id, "gathers": one.gathers, "urgent": one.urgent}
            self._connection.execute(_NEW, {**given, **new, "due_at": one.due_at})
        self._schedule({one.channel_id for one in planned}, planned)

    def _schedule(self, channels: set[UUID], planned: Sequence[Planned]) -> None:
        for channel_id in sorted(channels):
            due_at = min(one.due_at for one in planned if one.channel_id == channel_id)
            schedule(self._connection, self._tenant_id, channel_id, due_at)

    def told(self, alerts: Sequence[Alert]) -> None:
        self._connection.execute(_TOLD, {**self._mine, "ids": [alert.id for alert in alerts]})

    def report(self, channel_id: UUID, day: date, now: datetime, next_due_at: datetime | None) -> None:
        due = {"channel_id": channel_id, "day": day, "now": now, "next_due_at": next_due_at}
        if self._connection.execute(_REPORT_DUE, {**self._mine, **due}).scalar_one_or_none():
            self._connection.execute(_REPORT, {**self._mine, "channel_id": channel_id})
            schedule(self._connection, self._tenant_id, channel_id, now)

    def checkpoint(self, claim: Claim, lease_s: float) -> None:
        work.checkpoint(self._connection, claim, lease_s)

    def finish(self, claim: Claim) -> None:
        done = self._connection.execute(_FINISH, {"id": claim.id, "token": claim.token})
        _fenced(done.rowcount, claim)

    def rest(self, claim: Claim, delay_s: float, error: str) -> None:
        given = {"id": claim.id, "token": claim.token, "delay_s": delay_s, "error": error}
        _fenced(self._connection.execute(_REST, given).rowcount, claim)


def _fenced(rows: int, claim: Claim) -> None:
    if rows != 1:
        raise LeaseLostError(f"the lease on {claim.id} went to another worker")
