"""The dispatch table: claims by lane with a lease and a fencing token, the sweep, the dead letters."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, TextClause, text

from app.adapters.postgres import relay
from app.adapters.postgres.unit_of_work import UnitOfWork
from app.domain.errors import LeaseLostError
from app.domain.work.dispatch import Actor, Claim, DeadLetter, Queue, QueueStatus, State

# A lane runs in order of seq: only its earliest unfinished row may be leased. The row is locked first, so two
# claims of one lane take turns, and the second sees what the first did. Work that is still running has lost its worker:
# that counts as a try, also right after a checkpoint.
_CLAIM: Final = """
    WITH head AS (
        SELECT id, state, not_before, lease_until FROM dispatch
        WHERE lane = {lane} AND state IN ('ready', 'running') ORDER BY seq LIMIT 1 FOR UPDATE)
    UPDATE dispatch d
    SET state = 'running',
        attempts = d.attempts + 1 + CASE WHEN head.state = 'running' AND d.attempts = 0 THEN 1 ELSE 0 END, token = d.token + 1,
        lease_until = clock_timestamp() + make_interval(secs => :lease_s),
        ring_after = clock_timestamp() + make_interval(secs => :lease_s)
    FROM head
    WHERE d.id = head.id
      AND (head.state = 'ready' AND head.not_before <= clock_timestamp()
           OR head.state = 'running' AND head.lease_until < clock_timestamp())
    RETURNING d.id, d.actor, d.tenant_id, d.lane, d.seq, d.attempts, d.token, d.last_error,
              clock_timestamp() AS claimed_at
"""
_CLAIM_HEAD: Final = text(_CLAIM.format(lane=":lane"))
_CLAIM_RUNG: Final = text(_CLAIM.format(lane="(SELECT lane FROM dispatch WHERE id = :id)"))

_HEAD_OF: Final = text("""
    SELECT id, actor FROM (
        SELECT id, actor, state, not_before, lease_until FROM dispatch
        WHERE lane = :lane AND state IN ('ready', 'running') ORDER BY seq LIMIT 1) head
    WHERE state = 'ready' AND not_before <= clock_timestamp()
""")

_RELEASE: Final = text("""
    UPDATE dispatch
    SET state = 'ready', lease_until = NULL, last_error = COALESCE(:error, last_error),
        attempts = CASE WHEN :forgive THEN GREATEST(attempts - 1, 0)
                        WHEN CAST(:error AS text) IS NOT NULL THEN GREATEST(attempts, 1)
                        ELSE attempts END,
        not_before = clock_timestamp() + make_interval(secs => :delay_s),
        ring_after = clock_timestamp() + make_interval(secs => :delay_s)
    WHERE id = :id AND token = :token AND state = 'running'
""")
_TRIES: Final = text("""
    SELECT GREATEST(attempts, 1) FROM dispatch WHERE id = :id AND token = :token AND state = 'running'
""")

# SKIP LOCKED: any number of sweepers share the work, and a row that is locked is being worked on anyway.
_DUE: Final = text("""
    UPDATE dispatch d SET ring_after = clock_timestamp() + make_interval(secs => :again_after_s)
    FROM (
        SELECT id FROM dispatch c
        WHERE state IN ('ready', 'running') AND ring_after <= clock_timestamp()
          AND (state = 'ready' AND not_before <= clock_timestamp()
               OR state = 'running' AND lease_until < clock_timestamp())
          AND NOT EXISTS (
              SELECT FROM dispatch e
              WHERE e.lane = c.lane AND e.seq < c.seq AND e.state IN ('ready', 'running'))
        ORDER BY ring_after LIMIT :limit FOR UPDATE SKIP LOCKED) due
    WHERE d.id = due.id
    RETURNING d.id, d.actor
""")

_DEAD_LETTERS: Final = text("""
    SELECT id, actor, tenant_id, attempts, last_error AS error, created_at
    FROM dispatch WHERE state = 'dead' ORDER BY created_at, id
""")

# The rows of suppliers and of channels of alerts stay, and are as old as what they are due for.
_STATUS: Final = text("""
    SELECT actor,
           count(*) FILTER (WHERE state IN ('ready', 'running') AND not_before <= now()) AS ready,
           count(*) FILTER (WHERE state = 'ready' AND not_before > now()) AS delayed,
           count(*) FILTER (WHERE state = 'dead') AS dead,
           COALESCE(extract(epoch FROM now() - min(
               CASE WHEN actor = ANY(:standing) THEN not_before ELSE created_at END)
               FILTER (WHERE state IN ('ready', 'running')
                         AND (not_before <= now() OR NOT actor = ANY(:standing)))), 0) AS oldest_age_s
    FROM dispatch GROUP BY actor
""")

STANDING: Final = [Actor.SUPPLIERS_POLL.value, Actor.ALERTS_DELIVER.value]
"""Actors whose rows stay when their work is done."""

_CHECKPOINT: Final = text("""
    UPDATE dispatch
    SET attempts = 0, lease_until = clock_timestamp() + make_interval(secs => :lease_s)
    WHERE id = :id AND token = :token AND state = 'running'
""")
_RENEW: Final = text("""
    UPDATE dispatch
    SET lease_until = clock_timestamp() + make_interval(secs => :lease_s)
    WHERE id = :id AND token = :token AND state = 'running'
""")
_PARK: Final = text("""
    UPDATE dispatch SET state = :state, lease_until = NULL, last_error = COALESCE(:error, last_error)
    WHERE id = :id AND token = :token AND state = 'running'
""")
_REVIVE: Final = text("""
    UPDATE dispatch SET state = 'ready', attempts = 0, not_before = now(), ring_after = now() + interval '5 s'
    WHERE id = :id AND state = :state
""")
_DROP: Final = text("DELETE FROM dispatch WHERE id = :id AND state = :state")


def checkpoint(connection: Connection, claim: Claim, lease_s: float) -> None:
    """Note that the work got further: the lease starts anew and earlier deaths are forgotten.

    Raises LeaseLostError when another worker took over: the transaction must not commit.
    """
    _fenced(connection, _CHECKPOINT, claim, {"lease_s": lease_s})


def renew(connection: Connection, claim: Claim, lease_s: float) -> None:
    """Lengthen the lease of work that takes long, without calling it progress. Raises LeaseLostError."""
    _fenced(connection, _RENEW, claim, {"lease_s": lease_s})


def park(connection: Connection, claim: Claim, state: State, error: str | None = None) -> None:
    """Put the work aside, held or dead. Raises LeaseLostError."""
    _fenced(connection, _PARK, claim, {"state": state, "error": error})


def revive(connection: Connection, dispatch_id: UUID, state: State) -> bool:
    """Make held or dead work ready again, at its old place in its lane."""
    return connection.execute(_REVIVE, {"id": dispatch_id, "state": state}).rowcount == 1


def drop(connection: Connection, dispatch_id: UUID, state: State) -> bool:
    """Forget held or dead work."""
    return connection.execute(_DROP, {"id": dispatch_id, "state": state}).rowcount == 1


def _fenced(
    connection: Connection, statement: TextClause, claim: Claim, parameters: dict[str, object]
) -> None:
    done = connection.execute(statement, {"id": claim.id, "token": claim.token, **parameters})
    if done.rowcount != 1:
        raise LeaseLostError(f"the lease on {claim.id} went to another worker")


class PostgresWork:
    """Opens transactions over the dispatch table."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    @contextmanager
    def platform(self) -> Iterator["PostgresWorkTransaction"]:
        """One transaction across tenants."""
        with self._uow.platform() as connection:
            yield PostgresWorkTransaction(connection)


class PostgresWorkTransaction:
    """The verbs of `app.domain.work.ports.WorkTransaction`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def claim_rung(self, dispatch_id: UUID, lease_s: float) -> Claim | None:
        """Lease the head of the lane that a message rang for."""
        return self._claim(_CLAIM_RUNG, {"id": dispatch_id, "lease_s": lease_s})

    def claim_head(self, lane: str, lease_s: float) -> Claim | None:
        """Lease the lane's earliest unfinished work if it is due."""
        return self._claim(_CLAIM_HEAD, {"lane": lane, "lease_s": lease_s})

    def _claim(self, statement: TextClause, parameters: dict[str, object]) -> Claim | None:
        row = self._connection.execute(statement, parameters).mappings().one_or_none()
        return None if row is None else Claim(**{**row, "actor": Actor(row["actor"])})

    def head_of(self, lane: str) -> tuple[UUID, Actor] | None:
        """What may start next in the lane, if anything is due."""
        row = self._connection.execute(_HEAD_OF, {"lane": lane}).one_or_none()
        return None if row is None else (row.id, Actor(row.actor))

    def release(self, claim: Claim, *, delay_s: float, error: str | None, forgive: bool) -> None:
        fence = {"id": claim.id, "token": claim.token}
        self._connection.execute(_RELEASE, {**fence, "delay_s": delay_s, "error": error, "forgive": forgive})

    def tries(self, claim: Claim) -> int:
        fence = {"id": claim.id, "token": claim.token}
        return self._connection.execute(_TRIES, fence).scalar_one_or_none() or 0

    def wake_watchers(self) -> None:
        """Make the work of every watcher that something waits for."""
        relay.wake(self._connection)

    def due(self, limit: int, again_after_s: float) -> Sequence[tuple[UUID, Actor]]:
        """Heads of lanes that nobody works on although they could be."""
        rows = self._connection.execute(_DUE, {"limit": limit, "again_after_s": again_after_s})
        return [(row.id, Actor(row.actor)) for row in rows]

    def dead_letters(self) -> Sequence[DeadLetter]:
        """What was put aside, oldest first."""
        return [DeadLetter(**row) for row in self._connection.execute(_DEAD_LETTERS).mappings()]

    def discard(self, dispatch_id: UUID) -> None:
        """Drop a dead letter."""
        drop(self._connection, dispatch_id, State.DEAD)

    def queue_status(self) -> Sequence[QueueStatus]:
        """Every queue's load: that of its actors together."""
        found = dict.fromkeys(Queue, (0, 0, 0, 0.0))
        for row in self._connection.execute(_STATUS, {"standing": STANDING}):
            queue = Actor(row.actor).queue
            ready, delayed, dead, oldest_age_s = found[queue]
            age_s = max(oldest_age_s, float(row.oldest_age_s))
            found[queue] = (ready + row.ready, delayed + row.delayed, dead + row.dead, age_s)
        return [QueueStatus(queue, *numbers) for queue, numbers in found.items()]
