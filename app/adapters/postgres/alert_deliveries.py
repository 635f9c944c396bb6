"""A channel's deliveries in PostgreSQL: what is due, what became of a try, what is put aside."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, text

from app.adapters.postgres import alert_figures, work
from app.adapters.postgres.alert_rows import ALERT_COLUMNS, CHANNEL_COLUMNS, alert_of, channel_of
from app.adapters.postgres.alert_watch import schedule
from app.adapters.postgres.unit_of_work import UnitOfWork
from app.domain.alerts.channel import Channel
from app.domain.alerts.delivery import TRIES_MAX, DeliveryKind, Failed, Parcel
from app.domain.alerts.ports import DeliverTransaction
from app.domain.alerts.report import Figures
from app.domain.errors import LeaseLostError
from app.domain.work.dispatch import Actor, Claim, State

_CHANNEL: Final = text(f"""
    SELECT {CHANNEL_COLUMNS} FROM alert_channel c WHERE c.tenant_id = :tenant_id AND c.id = :channel_id AND c.active
""")
# Whatever was tried most often is tried first: of a receiver that is away, the same one asks again.
_NEXT: Final = text("""
    UPDATE alert_delivery SET gathers = NULL WHERE tenant_id = :tenant_id AND id = (
        SELECT id FROM alert_delivery
        WHERE channel_id = :channel_id AND state = 'queued' AND due_at <= clock_timestamp()
        ORDER BY tries DESC, due_at, id LIMIT 1)
    RETURNING id, kind, created_at, urgent, tries, alert_ids
""")
_ALERTS: Final = text(f"""
    SELECT {ALERT_COLUMNS} FROM unnest(CAST(:ids AS uuid[])) WITH ORDINALITY AS u(id, place)
    JOIN alert a ON a.tenant_id = :tenant_id AND a.id = u.id ORDER BY u.place
""")
_POSTPONE: Final = text("""
    UPDATE alert_delivery SET due_at = :until WHERE tenant_id = :tenant_id AND id = :id AND state = 'queued'
""")
_ARRIVED: Final = text("""
    UPDATE alert_delivery
    SET state = 'delivered', delivered_at = clock_timestamp(), tries = tries + 1, last_error = NULL
    WHERE tenant_id = :tenant_id AND id = :id AND state = 'queued'
""")
_FAILED: Final = text("""
    UPDATE alert_delivery
    SET tries = tries + 1, last_error = :error, gathers = NULL,
        state = CASE WHEN tries + 1 >= :tries_max THEN 'dead' ELSE state END,
        due_at = statement_timestamp() + make_interval(secs => :delay_s)
    WHERE tenant_id = :tenant_id AND state = 'queued'
      AND (id = :id OR :all_due AND due_at <= clock_timestamp()
                       AND channel_id = (SELECT channel_id FROM alert_delivery WHERE id = :id))
    RETURNING id, state
""")
_DEAD: Final = text("""
    UPDATE alert_delivery SET state = 'dead', tries = tries + 1, last_error = :error
    WHERE tenant_id = :tenant_id AND id = :id AND state = 'queued'
""")
# A dead letter is a row of `dispatch` like every other; the delivery's own id names it.
_LETTER: Final = text("""
    INSERT INTO dispatch (id, actor, tenant_id, lane, seq, state, attempts, ring_after, last_error)
    SELECT d.id, :actor, d.tenant_id, 'alert-delivery:' || d.id, nextval('accept_seq'), 'dead', d.tries, now(), :error
    FROM alert_delivery d WHERE d.tenant_id = :tenant_id AND d.id = :id AND d.state = 'dead'
    ON CONFLICT (id) DO NOTHING
""")
_STOP: Final = text("""
    UPDATE alert_channel SET active = false, stopped_because = :reason
    WHERE tenant_id = :tenant_id AND id = :channel_id
""")
DROP: Final = text("""
    UPDATE alert_delivery SET state = 'dropped', last_error = COALESCE(:reason, last_error), gathers = NULL
    WHERE tenant_id = :tenant_id AND channel_id = :channel_id AND state = 'queued'
""")
_REST: Final = text("""
    WITH next AS (
        SELECT min(q.due_at) AS due_at FROM alert_delivery q JOIN alert_channel c ON c.id = q.channel_id AND c.active
        WHERE q.channel_id = :id AND q.state = 'queued')
    UPDATE dispatch d
    SET state = 'ready', attempts = 0, lease_until = NULL, last_error = NULL, not_before = next.due_at,
        ring_after = next.due_at
    FROM next
    WHERE d.id = :id AND d.token = :token AND d.state = 'running' AND next.due_at IS NOT NULL
""")
_FORGET: Final = text("DELETE FROM dispatch WHERE id = :id AND token = :token AND state = 'running'")
_REPLAY: Final = text("""
    UPDATE alert_delivery q SET state = 'queued', tries = 0, due_at = clock_timestamp()
    FROM alert_channel c
    WHERE q.tenant_id = :tenant_id AND q.id = :id AND q.state = 'dead' AND c.id = q.channel_id AND c.active
      AND (CAST(:channel_id AS uuid) IS NULL OR c.id = :channel_id)
    RETURNING q.channel_id
""")


class PostgresDeliveries:
    """Opens transactions."""

    def __init__(self, unit_of_work: UnitOfWork) -> None:
        self._unit_of_work = unit_of_work

    @contextmanager
    def tenant(self, tenant_id: UUID) -> Iterator[DeliverTransaction]:
        """One transaction in the tenant's scope."""
        with self._unit_of_work.tenant(tenant_id) as connection:
            yield _Transaction(connection, tenant_id)


class _Transaction:
    def __init__(self, connection: Connection, tenant_id: UUID) -> None:
        self._connection = connection
        self._mine = {"tenant_id": tenant_id}
        self._tenant_id = tenant_id

    def begin(self, claim: Claim, lease_s: float) -> Channel | None:
        work.renew(self._connection, claim, lease_s)
        asked = {**self._mine, "channel_id": claim.id}
        row = self._connection.execute(_CHANNEL, asked).mappings().one_or_none()
        return None if row is None else channel_of(row)

    def next_due(self, channel_id: UUID) -> Parcel | None:
        asked = {**self._mine, "channel_id": channel_id}
        row = self._connection.execute(_NEXT, asked).one_or_none()
        if row is None:
            return None
        rows = self._connection.execute(_ALERTS, {**self._mine, "ids": row.alert_ids}).mappings()
        alerts = [alert_of(one) for one in rows]
        return Parcel(row.id, DeliveryKind(row.kind), row.created_at, alerts, row.urgent, row.tries)

    def figures(self) -> Figures:
        return alert_figures.read(self._connection, self._tenant_id)

    def postpone(self, delivery_id: UUID, until: datetime) -> None:
        self._connection.execute(_POSTPONE, {**self._mine, "id": delivery_id, "until": until})

    def arrived(self, delivery_id: UUID) -> None:
        self._connection.execute(_ARRIVED, {**self._mine, "id": delivery_id})

    def failed(self, delivery_id: UUID, failed: Failed, delay_s: float) -> Sequence[UUID]:
        given = {
            **self._mine,
            "id": delivery_id,
            "error": failed.message,
            "tries_max": TRIES_MAX,
            "delay_s": delay_s,
            "all_due": failed.away,
        }
        dead = [row.id for row in self._connection.execute(_FAILED, given) if row.state == "dead"]
        for one in dead:
            self._letter(one, failed.message)
        return dead

    def put_aside(self, delivery_id: UUID, reason: str) -> None:
        self._connection.execute(_DEAD, {**self._mine, "id": delivery_id, "error": reason})
        self._letter(delivery_id, reason)

    def _letter(self, delivery_id: UUID, error: str) -> None:
        letter = {**self._mine, "id": delivery_id, "actor": Actor.ALERTS_DELIVER, "error": error}
        self._connection.execute(_LETTER, letter)

    def deactivate(self, channel_id: UUID, reason: str) -> None:
        stopped = {**self._mine, "channel_id": channel_id, "reason": reason}
        self._connection.execute(_STOP, stopped)
        self._connection.execute(DROP, stopped)

    def checkpoint(self, claim: Claim, lease_s: float) -> None:
        work.checkpoint(self._connection, claim, lease_s)

    def rest(self, claim: Claim) -> bool:
        mine = {"id": claim.id, "token": claim.token}
        if self._connection.execute(_REST, mine).rowcount:
            return False
        if not self._connection.execute(_FORGET, mine).rowcount:
            raise LeaseLostError(f"the lease on {claim.id} went to another worker")
        return True

    def replay(self, delivery_id: UUID) -> bool:
        return replay(self._connection, self._tenant_id, delivery_id)


def replay(
    connection: Connection, tenant_id: UUID, delivery_id: UUID, channel_id: UUID | None = None
) -> bool:
    """Queue once more what was put aside; with a channel, only what is that one's. False when there is no such."""
    asked = {"tenant_id": tenant_id, "id": delivery_id, "channel_id": channel_id}
    found = connection.execute(_REPLAY, asked).scalar_one_or_none()
    if found is None:
        return False
    work.drop(connection, delivery_id, State.DEAD)
    schedule(connection, tenant_id, found, datetime.now(UTC))
    return True
