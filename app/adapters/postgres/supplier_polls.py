"""Readings of suppliers, in PostgreSQL: one dispatch row per supplier, which stays for as long as it is read.

Whoever changes a supplier locks its row first, then its dispatch row, then its SKUs by id.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, text

from app.adapters.postgres import activity, supplier_stock, work
from app.adapters.postgres.supplier_health import HEARD, note_health
from app.adapters.postgres.unit_of_work import UnitOfWork
from app.domain.suppliers.poll_ports import Begun, Finished, Outcome, PollTransaction, Waiting
from app.domain.suppliers.report import Standing, Told
from app.domain.suppliers.schedule import NEVER, Schedule
from app.domain.suppliers.supplier import restored
from app.domain.work.dispatch import Claim

SURFACE: Final = "supplier-poll"

_BEGIN: Final = text(f"""
    SELECT p.id, p.code, p.name, p.source, p.secrets, p.updated_at, p.interval_s, p.drop_guard_percent, p.due_at,
           p.poll_at, p.failures, p.circuit_open_until, p.etag, p.last_modified, p.body_hash, p.created_at,
           p.confirmed_at, {HEARD} AS heard_at, clock_timestamp() AS now
    FROM supplier p WHERE p.tenant_id = :tenant_id AND p.id = :id AND p.active FOR NO KEY UPDATE
""")
# In a statement of its own: it sees what whoever held the supplier before has committed.
_CALLED_FOR: Final = text("""
    SELECT t.active, w.id, w.as_of
    FROM tenant t LEFT JOIN LATERAL (
        SELECT q.id, q.as_of FROM supplier_poll q
        WHERE q.supplier_id = :id AND q.held IS NOT NULL AND (q.outcome IS NULL OR q.outcome = 'released')
        ORDER BY q.started_at, q.id LIMIT 1) w ON true
    WHERE t.id = :tenant_id
""")
_PAYLOAD: Final = text("SELECT held FROM supplier_poll WHERE tenant_id = :tenant_id AND id = :id")

_POLLED: Final = text("""
    INSERT INTO supplier_poll (
        tenant_id, supplier_id, due_at, started_at, finished_at, outcome, status, rows, changed, dropped, stale,
        malformed, malformed_sample, as_of, error, held)
    VALUES (:tenant_id, :supplier_id, :due_at, :at, clock_timestamp(), :outcome, :status, :rows, :changed, :dropped,
            :stale, :malformed, CAST(:malformed_sample AS jsonb), :at, :error, :held)
    RETURNING id
""")
_TAKEN: Final = text("""
    UPDATE supplier_poll
    SET finished_at = clock_timestamp(), outcome = :outcome, rows = :rows, changed = :changed, dropped = :dropped,
        stale = :stale, malformed = :malformed, malformed_sample = CAST(:malformed_sample AS jsonb), error = :error,
        held = :held
    WHERE tenant_id = :tenant_id AND id = :poll_id
""")
# One report waits for a person at most: a later one knows better.
_OVERTAKEN: Final = text("""
    UPDATE supplier_poll SET outcome = 'discarded', held = NULL, error = 'a later report took its place'
    WHERE tenant_id = :tenant_id AND supplier_id = :supplier_id AND outcome = 'held' AND id <> :poll_id
""")
_READ: Final = text("""
    UPDATE supplier
    SET etag = :etag, last_modified = :last_modified, body_hash = :body_hash, due_at = :next_due_at,
        poll_at = :poll_at, polled_at = :at, failures = :failures, circuit_open_until = :open_until,
        confirmed_at = GREATEST(confirmed_at, :confirmed_at), last_error = :error
    WHERE id = :supplier_id
""")
# Of a supplier that only sends, this is all that is ever heard.
_SENT: Final = text("""
    UPDATE supplier
    SET etag = :etag, last_modified = :last_modified, body_hash = :body_hash,
        confirmed_at = GREATEST(confirmed_at, :confirmed_at),
        polled_at = CASE WHEN poll_at IS NULL AND :outcome = 'applied' THEN GREATEST(polled_at, :at) ELSE polled_at END,
        last_error = CASE WHEN poll_at IS NULL THEN :error ELSE last_error END
    WHERE id = :supplier_id
""")
_REST: Final = text("""
    UPDATE dispatch d
    SET state = 'ready', attempts = 0, lease_until = NULL, last_error = p.last_error, not_before = w.at, ring_after = w.at
    FROM supplier p, LATERAL (
        SELECT CASE WHEN EXISTS (
            SELECT FROM supplier_poll q
            WHERE q.supplier_id = p.id AND q.held IS NOT NULL AND (q.outcome IS NULL OR q.outcome = 'released'))
            THEN clock_timestamp() ELSE COALESCE(p.poll_at, 'infinity') END AS at) w
    WHERE d.id = :id AND p.id = d.id
""")
# What was not read of a tenant that is not active was not due.
_NOT_DUE: Final = text("""
    UPDATE supplier SET due_at = :until, poll_at = :until WHERE id = :id AND poll_at IS NOT NULL
""")
_PUT_OFF: Final = text("""
    UPDATE dispatch SET state = 'ready', attempts = 0, lease_until = NULL, not_before = :until, ring_after = :until
    WHERE id = :id
""")
_FORGET: Final = text("DELETE FROM dispatch WHERE id = :id")


class PostgresSupplierPolls:
    """Opens transactions."""

    def __init__(self, unit_of_work: UnitOfWork) -> None:
        self._unit_of_work = unit_of_work

    @contextmanager
    def tenant(self, tenant_id: UUID) -> Iterator[PollTransaction]:
        """One transaction in the tenant's scope."""
        with self._unit_of_work.tenant(tenant_id) as database:
            yield _Transaction(database, tenant_id)


class _Transaction:
    def __init__(self, database: Connection, tenant_id: UUID) -> None:
        self._database = database
        self._tenant_id = tenant_id
        self._lease_s = 0.0

    def begin(self, claim: Claim, lease_s: float) -> Begun | None:
        given = {"tenant_id": self._tenant_id, "id": claim.id}
        row = self._database.execute(_BEGIN, given).mappings().one_or_none()
        work.renew(self._database, claim, lease_s)
        self._lease_s = lease_s
        return None if row is None else _begun(row, self._database.execute(_CALLED_FOR, given).one())

    def payload(self, poll_id: UUID) -> bytes:
        given = {"tenant_id": self._tenant_id, "id": poll_id}
        packed: bytes = self._database.execute(_PAYLOAD, given).scalar_one()
        return packed

    def standing(self, supplier_id: UUID) -> Sequence[Standing]:
        return supplier_stock.standing(self._database, supplier_id)

    def shipped(self, supplier_id: UUID) -> Sequence[Standing]:
        return supplier_stock.shipped(self._database, supplier_id)

    def write(self, supplier_id: UUID, told: Sequence[Told]) -> int:
        return supplier_stock.write(self._database, supplier_id, told)

    def settle_terms(self, supplier_id: UUID) -> int:
        return supplier_stock.settle_terms(self._database, supplier_id)

    def finish(self, claim: Claim, begun: Begun, finished: Finished) -> None:
        given = self._given(begun, finished)
        if finished.poll_id is None:
            given["poll_id"] = self._database.execute(_POLLED, given).scalar_one()
        else:
            self._database.execute(_TAKEN, given)
        if finished.outcome is Outcome.HELD:
            self._database.execute(_OVERTAKEN, given)
        self._database.execute(_SENT if finished.schedule is None else _READ, given)
        self._tell(begun, finished)
        if finished.schedule is None:
            work.checkpoint(self._database, claim, self._lease_s)
        else:
            self.rest(claim)

    def _given(self, begun: Begun, finished: Finished) -> dict[str, Any]:
        after = finished.schedule or begun.schedule
        return {
            "tenant_id": self._tenant_id,
            "supplier_id": begun.supplier_id,
            "poll_id": finished.poll_id,
            "due_at": begun.schedule.slot,
            "at": finished.at,
            "outcome": finished.outcome,
            "status": finished.status,
            "rows": finished.rows,
            "changed": finished.changed,
            "dropped": finished.dropped,
            "stale": finished.stale,
            "malformed": finished.malformed,
            "malformed_sample": json.dumps(finished.malformed_sample),
            "error": finished.error,
            "held": finished.held,
            "etag": finished.marks.etag,
            "last_modified": finished.marks.last_modified,
            "body_hash": finished.marks.body_hash,
            "next_due_at": after.due_at,
            "poll_at": after.poll_at,
            "failures": after.failures,
            "open_until": after.open_until,
            "confirmed_at": finished.confirmed_at,
        }

    def _tell(self, begun: Begun, finished: Finished) -> None:
        if finished.outcome in {Outcome.FAILED, Outcome.HELD}:
            activity.erred(self._database, self._tenant_id, SURFACE, f"{begun.code}: {finished.error}")
        else:
            activity.synced(self._database, self._tenant_id, SURFACE, _result(begun, finished), finished.rows)
        if finished.health is not None:
            note_health(
                self._database,
                self._tenant_id,
                begun.supplier_id,
                begun.code,
                begun.name,
                finished.health,
                finished.error,
            )

    # The lease was renewed when this transaction began, which holds its row: nobody can have taken it since.

    def rest(self, claim: Claim) -> None:
        self._database.execute(_REST, {"id": claim.id})

    def put_off(self, claim: Claim, until: datetime) -> None:
        given = {"id": claim.id, "until": until}
        self._database.execute(_NOT_DUE, given)
        self._database.execute(_PUT_OFF, given)

    def forget(self, claim: Claim) -> None:
        self._database.execute(_FORGET, {"id": claim.id})


def _begun(row: Mapping[Any, Any], called_for: Any) -> Begun:
    return Begun(
        supplier_id=row["id"],
        code=row["code"],
        name=row["name"],
        source=restored(row["source"]),
        secrets=row["secrets"],
        version=row["updated_at"],
        interval_s=row["interval_s"],
        drop_guard_percent=row["drop_guard_percent"],
        schedule=Schedule(
            row["due_at"] or NEVER, row["poll_at"] or NEVER, row["failures"], row["circuit_open_until"]
        ),
        etag=row["etag"],
        last_modified=row["last_modified"],
        body_hash=row["body_hash"],
        created_at=row["created_at"],
        confirmed_at=row["confirmed_at"],
        heard_at=row["heard_at"],
        now=row["now"],
        tenant_active=called_for.active,
        waiting=Waiting(called_for.id, called_for.as_of) if called_for.id else None,
    )


def _result(begun: Begun, finished: Finished) -> dict[str, Any]:
    return {
        "supplierCode": begun.code,
        "outcome": finished.outcome,
        "rows": finished.rows,
        "changed": finished.changed,
        "dropped": finished.dropped,
        "stale": finished.stale,
        "malformed": finished.malformed,
    }
