"""Batches in PostgreSQL: a distributor's rows, its resellers' pushes by functions, and turns in two scopes.

A turn begins and ends in the distributor's scope and is taken in the reseller's, all in one transaction: row level
security holds for every statement, and the claim's fence for all of them.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import Connection, text

from app.adapters.postgres import push_work, work
from app.adapters.postgres.pushes import PostgresPushTransaction
from app.adapters.postgres.unit_of_work import UnitOfWork
from app.domain.errors import LeaseLostError, NotFoundError
from app.domain.push.batch_ports import BatchTransaction, Turn
from app.domain.push.batches import Batch, BatchFailure, Refused, Reseller, Right
from app.domain.push.push import Push
from app.domain.work.dispatch import Actor, Claim

_COLUMNS: Final = """
    b.id, b.tenant_id, b.created_at, b.requested_by, b.parts, b.resellers, b.turns, b.refused, b.spread_at,
    b.cancelled_at
"""
_SCOPE: Final = text("SELECT set_config('app.tenant', :tenant_id, true)")
_RIGHTS: Final = text("SELECT push_rights()")
_CREATE: Final = text(f"""
    WITH b AS (
        INSERT INTO push_batch (tenant_id, created_at, requested_by, parts, part_numbers, resellers, refused)
        VALUES (:tenant_id, clock_timestamp(), :requested_by, cardinality(CAST(:part_numbers AS text[])),
                :part_numbers, CAST(:resellers AS jsonb), CAST(:refused AS jsonb))
        RETURNING *),
    d AS (
        INSERT INTO dispatch (id, actor, tenant_id, lane, seq, ring_after)
        SELECT b.id, :actor, b.tenant_id, 'batch:' || b.tenant_id, nextval('accept_seq'),
               clock_timestamp() + interval '5 s'
        FROM b)
    SELECT {_COLUMNS} FROM b
""")
_BATCH: Final = text(f"SELECT {_COLUMNS} FROM push_batch b WHERE b.tenant_id = :tenant_id AND b.id = :id")
_BATCHES: Final = text(f"""
    SELECT {_COLUMNS} FROM push_batch b
    WHERE b.tenant_id = :tenant_id
      AND (CAST(:created_at AS timestamptz) IS NULL OR (b.created_at, b.id) < (:created_at, CAST(:id AS uuid)))
    ORDER BY b.created_at DESC, b.id DESC LIMIT :limit
""")
_PUSHES: Final = text("SELECT push_batch_pushes(CAST(:ids AS uuid[]))")
_FAILURES: Final = text("SELECT push_batch_failures(:id, :most)")
_CANCEL: Final = text("""
    UPDATE push_batch SET cancelled_at = clock_timestamp()
    WHERE tenant_id = :tenant_id AND id = :id AND cancelled_at IS NULL
""")

_TURN: Final = text(f"""
    SELECT {_COLUMNS}, b.part_numbers FROM push_batch b WHERE b.tenant_id = :tenant_id AND b.id = :id FOR UPDATE
""")
_CANCEL_INACTIVE: Final = text("""
    UPDATE push_batch SET cancelled_at = clock_timestamp()
    WHERE tenant_id = :tenant_id AND id = :id AND cancelled_at IS NULL
      AND NOT (SELECT t.active FROM tenant t WHERE t.id = :tenant_id)
""")
_TAKE: Final = text("""
    UPDATE push_batch SET turns = turns + 1, refused = refused || CAST(:refused AS jsonb)
    WHERE tenant_id = :tenant_id AND id = :id
""")
_SPREAD: Final = text("""
    UPDATE push_batch SET spread_at = clock_timestamp(), part_numbers = '{}'
    WHERE tenant_id = :tenant_id AND id = :id
""")
_DONE: Final = text("DELETE FROM dispatch WHERE id = :id AND token = :token AND state = 'running'")

# Whoever takes a brand back waits for the turn to end, or is waited for: the row is gone then.
_GRANTED: Final = text("""
    SELECT g.brand FROM push_grant g JOIN tenant t ON t.id = g.tenant_id AND t.active
    WHERE g.tenant_id = :tenant_id AND g.distributor_id = :distributor_id FOR SHARE OF g
""")


class PostgresBatches:
    """Opens transactions."""

    def __init__(self, uow: UnitOfWork, *, lease_s: float) -> None:
        self._uow = uow
        self._lease_s = lease_s

    @contextmanager
    def tenant(self, tenant_id: UUID) -> Iterator[BatchTransaction]:
        """In the distributor's scope."""
        with self._uow.tenant(tenant_id) as connection:
            yield _Transaction(connection, tenant_id, self._lease_s)


class _ResellerTransaction(PostgresPushTransaction):
    def granted_brands(self, distributor_id: UUID) -> Sequence[str]:
        pair = {"tenant_id": self._tenant_id, "distributor_id": distributor_id}
        return self._connection.execute(_GRANTED, pair).scalars().all()


class _Transaction:
    def __init__(self, connection: Connection, tenant_id: UUID, lease_s: float) -> None:
        self._connection = connection
        self._tenant_id = tenant_id
        self._lease_s = lease_s
        self._mine = {"tenant_id": tenant_id}

    @contextmanager
    def reseller(self, reseller_id: UUID) -> Iterator[_ResellerTransaction]:
        self._enter(reseller_id)
        yield _ResellerTransaction(self._connection, reseller_id, self._lease_s)
        self._enter(self._tenant_id)

    def _enter(self, tenant_id: UUID) -> None:
        self._connection.execute(_SCOPE, {"tenant_id": str(tenant_id)})

    def rights(self) -> Sequence[Right]:
        rights = msgspec.convert(self._connection.execute(_RIGHTS).scalar_one(), list[Right])
        return sorted(rights, key=lambda right: right.reseller.id)

    def create(
        self,
        part_numbers: Sequence[str],
        resellers: Sequence[Reseller],
        refused: Sequence[Refused],
        *,
        requested_by: str,
    ) -> Batch:
        ordered = {
            **self._mine,
            "requested_by": requested_by,
            "part_numbers": list(part_numbers),
            "resellers": _json(resellers),
            "refused": _json(refused),
            "actor": Actor.PUSHES_SPREAD,
        }
        return _batch(self._connection.execute(_CREATE, ordered).mappings().one())

    def batch(self, batch_id: UUID) -> Batch:
        row = self._connection.execute(_BATCH, {**self._mine, "id": batch_id}).mappings().one_or_none()
        if row is None:
            raise NotFoundError(f"there is no batch {batch_id}")
        return _batch(row)

    def batches(self, limit: int, before: tuple[datetime, UUID] | None) -> Sequence[Batch]:
        created_at, batch_id = before or (None, None)
        place = {**self._mine, "limit": limit, "created_at": created_at, "id": batch_id}
        return [_batch(row) for row in self._connection.execute(_BATCHES, place).mappings()]

    def pushes(self, batch_ids: Sequence[UUID]) -> Mapping[UUID, Sequence[Push]]:
        found: dict[UUID, list[Push]] = {batch_id: [] for batch_id in batch_ids}
        for row in self._connection.execute(_PUSHES, {"ids": list(batch_ids)}).scalar_one():
            found[UUID(row["batch_id"])].append(_push(row))
        return found

    def failures(self, batch_id: UUID, limit: int) -> Sequence[BatchFailure]:
        found = self._connection.execute(_FAILURES, {"id": batch_id, "most": limit}).scalar_one()
        return msgspec.convert(found, list[BatchFailure])

    def cancel(self, batch_id: UUID) -> None:
        self._connection.execute(_CANCEL, {**self._mine, "id": batch_id})

    def turn(self, claim: Claim) -> Turn | None:
        work.checkpoint(self._connection, claim, self._lease_s)
        self._connection.execute(_CANCEL_INACTIVE, self._of(claim))
        row = dict(self._connection.execute(_TURN, self._of(claim)).mappings().one())
        part_numbers = row.pop("part_numbers")
        batch = _batch(row)
        if batch.cancelled_at is None and batch.turns < len(batch.resellers):
            return Turn(batch, batch.resellers[batch.turns], part_numbers)
        self._connection.execute(_SPREAD, self._of(claim))
        if self._connection.execute(_DONE, {"id": claim.id, "token": claim.token}).rowcount != 1:
            raise LeaseLostError(f"the lease on {claim.id} went to another worker")
        return None

    def take(self, claim: Claim, refused: Refused | None) -> None:
        told = _json([] if refused is None else [refused])
        self._connection.execute(_TAKE, {**self._of(claim), "refused": told})

    def hand_back(self, claim: Claim) -> None:
        push_work.hand_back(self._connection, claim)

    def _of(self, claim: Claim) -> dict[str, object]:
        return {**self._mine, "id": claim.id}


def _batch(row: Mapping[Any, Any]) -> Batch:
    values = dict(row)
    values["resellers"] = msgspec.convert(values["resellers"], tuple[Reseller, ...])
    values["refused"] = msgspec.convert(values["refused"], tuple[Refused, ...])
    return Batch(**values)


def _push(row: Mapping[str, Any]) -> Push:
    """From JSON of the columns' names."""
    values = dict(row)
    code, message = values.pop("reason_code"), values.pop("reason")
    values["reason"] = code and {"code": code, "message": message}
    return msgspec.convert(values, Push)


def _json(rows: Sequence[object]) -> str:
    return msgspec.json.encode(rows).decode()
