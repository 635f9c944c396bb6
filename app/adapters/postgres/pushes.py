"""Pushes in PostgreSQL: ordered with their items and dispatch row, read back, cancelled, resumed."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection as SqlConnection
from sqlalchemy import text

from app.adapters.postgres import push_products, push_work
from app.adapters.postgres.connections import connection_in
from app.adapters.postgres.push_rows import COLUMNS, push_of
from app.adapters.postgres.unit_of_work import UnitOfWork
from app.domain.errors import NotFoundError
from app.domain.push.errors import NothingToPushError, PushRunningError
from app.domain.push.ports import NextItem, PushRules, Settled
from app.domain.push.product import WantedProduct
from app.domain.push.profile import DEFAULT, Profile, profile_of
from app.domain.push.push import CURRENT_FOR_S, Failure, Push, Reason
from app.domain.shop.connection import Connection
from app.domain.work.dispatch import Actor, Claim

_CREATE: Final = text("""
    INSERT INTO push (tenant_id, total, requested_by, batch_id)
    VALUES (:tenant_id, 0, :requested_by, :batch_id)
    ON CONFLICT (tenant_id) WHERE status IN ('queued', 'running', 'paused') DO NOTHING
    RETURNING id
""")
_UNDER_WAY: Final = text("""
    SELECT id FROM push WHERE tenant_id = :tenant_id AND status IN ('queued', 'running', 'paused')
""")

# A part number is the activated central part, else the own one: the order in which feeds resolve it.
_NAMED: Final = text("""
    INSERT INTO push_item (push_id, ordinal, tenant_id, part_number, item_id, outcome, code, message)
    SELECT :push_id, u.ordinal, :tenant_id, u.part_number, i.id,
           CASE WHEN i.id IS NULL OR NOT i.granted THEN 'failed' ELSE 'pending' END,
           CASE WHEN i.id IS NULL THEN 'unknown_part' WHEN NOT i.granted THEN 'brand_not_granted' END,
           CASE WHEN i.id IS NULL THEN 'you sell no such part: activate it or import it, then push again'
                WHEN NOT i.granted THEN 'the reseller has not granted the right to push this brand' END
    FROM unnest(CAST(:part_numbers AS text[])) WITH ORDINALITY AS u(part_number, ordinal)
    LEFT JOIN LATERAL (
        SELECT s.id, CAST(:brands AS text[]) IS NULL
                     OR brand_key(coalesce(p.brand, o.brand, ''))
                        = ANY(ARRAY(SELECT brand_key(b) FROM unnest(CAST(:brands AS text[])) AS g(b))) AS granted
        FROM stock_item s
        LEFT JOIN tenant_catalog_item c ON c.item_id = s.id
        LEFT JOIN part p ON p.id = c.part_id
        LEFT JOIN tenant_part o ON o.item_id = s.id
        WHERE s.tenant_id = :tenant_id AND s.part_number = u.part_number
        ORDER BY s.source LIMIT 1) i ON true
""")
_ALL: Final = text("""
    INSERT INTO push_item (push_id, ordinal, tenant_id, part_number, item_id)
    SELECT :push_id, row_number() OVER (ORDER BY part_number), :tenant_id, part_number, id
    FROM (SELECT DISTINCT ON (part_number) part_number, id FROM stock_item
          WHERE tenant_id = :tenant_id ORDER BY part_number, source) s
""")
_FAILED_BEFORE: Final = text("""
    SELECT part_number FROM push_item WHERE push_id = :push_id AND outcome = 'failed' ORDER BY ordinal
""")
_ORDERED: Final = text(f"""
    WITH n AS (
        SELECT count(*) AS total, count(*) FILTER (WHERE outcome = 'failed') AS failed
        FROM push_item WHERE push_id = :push_id),
    d AS (
        INSERT INTO dispatch (id, actor, tenant_id, lane, seq, ring_after)
        VALUES (:push_id, :actor, :tenant_id, 'push:' || :tenant, nextval('accept_seq'),
                clock_timestamp() + interval '5 s'))
    UPDATE push p SET total = n.total, failed = n.failed FROM n WHERE p.id = :push_id
    RETURNING {COLUMNS}
""")

_PUSH: Final = text(f"SELECT {COLUMNS} FROM push p WHERE p.tenant_id = :tenant_id AND p.id = :id")
_CURRENT: Final = text(f"""
    SELECT {COLUMNS} FROM push p
    WHERE p.tenant_id = :tenant_id
      AND (p.finished_at IS NULL OR p.finished_at > now() - make_interval(secs => :for_s))
    ORDER BY p.created_at DESC, p.id DESC LIMIT 1
""")
_PUSHES: Final = text(f"""
    SELECT {COLUMNS} FROM push p
    WHERE p.tenant_id = :tenant_id
      AND (CAST(:created_at AS timestamptz) IS NULL OR (p.created_at, p.id) < (:created_at, CAST(:id AS uuid)))
    ORDER BY p.created_at DESC, p.id DESC LIMIT :limit
""")
_FAILURES: Final = text("""
    SELECT part_number, code, message FROM push_item
    WHERE tenant_id = :tenant_id AND push_id = :id AND outcome = 'failed' ORDER BY ordinal LIMIT :limit
""")

# Before the push's own row, as its worker and whoever takes the push from its worker do.
_HOLD: Final = text("SELECT FROM dispatch WHERE id = :id AND tenant_id = :tenant_id FOR UPDATE")
_NOTE_CANCEL: Final = text("""
    UPDATE push SET cancel_requested = true, version = version + 1
    WHERE tenant_id = :tenant_id AND id = :id AND status IN ('queued', 'running', 'paused')
""")
_TAKE_BACK: Final = text("DELETE FROM dispatch WHERE id = :id AND state IN ('ready', 'held')")
_CANCELLED: Final = text("""
    UPDATE push SET status = 'cancelled', finished_at = clock_timestamp(), reason_code = NULL, reason = NULL
    WHERE tenant_id = :tenant_id AND id = :id
""")
_RESUME: Final = text("""
    UPDATE push SET status = 'queued', reason_code = NULL, reason = NULL, version = version + 1
    WHERE tenant_id = :tenant_id AND id = :id AND status = 'paused'
""")
# A distributor's is begun anew by the distributor: its right may have been taken back.
_REPLAY: Final = text("""
    UPDATE push SET status = 'queued', finished_at = NULL, reason_code = NULL, reason = NULL, version = version + 1
    WHERE tenant_id = :tenant_id AND id = :id AND status = 'failed' AND batch_id IS NULL AND NOT EXISTS (
        SELECT FROM push o WHERE o.tenant_id = :tenant_id AND o.status IN ('queued', 'running', 'paused'))
""")
_READY: Final = text("""
    UPDATE dispatch SET state = 'ready', attempts = 0, not_before = now(), ring_after = now() + interval '5 s'
    WHERE id = :id AND state IN ('ready', 'held', 'dead')
""")

_RULES: Final = text("""
    SELECT t.new_product_status, p.fields FROM tenant t
    LEFT JOIN shopify_push_profile p ON p.tenant_id = t.id WHERE t.id = :tenant_id
""")
_SAVE_PROFILE: Final = text("""
    INSERT INTO shopify_push_profile (tenant_id, fields) VALUES (:tenant_id, CAST(:fields AS jsonb))
    ON CONFLICT (tenant_id) DO UPDATE SET fields = excluded.fields, changed_at = now()
""")


class PostgresPushes:
    """Opens push transactions."""

    def __init__(self, uow: UnitOfWork, *, lease_s: float) -> None:
        self._uow = uow
        self._lease_s = lease_s

    @contextmanager
    def tenant(self, tenant_id: UUID) -> Iterator["PostgresPushTransaction"]:
        """One transaction in the tenant's scope."""
        with self._uow.tenant(tenant_id) as connection:
            yield PostgresPushTransaction(connection, tenant_id, self._lease_s)


class PostgresPushTransaction:
    """See the port for every verb."""

    def __init__(self, connection: SqlConnection, tenant_id: UUID, lease_s: float) -> None:
        self._connection = connection
        self._tenant_id = tenant_id
        self._lease_s = lease_s
        self._mine = {"tenant_id": tenant_id}

    def connection(self) -> Connection | None:
        return connection_in(self._connection, self._tenant_id)

    def rules(self) -> PushRules:
        row = self._connection.execute(_RULES, self._mine).one()
        return PushRules(DEFAULT if row.fields is None else profile_of(row.fields), row.new_product_status)

    def save_profile(self, profile: Profile) -> None:
        self._connection.execute(_SAVE_PROFILE, {**self._mine, "fields": json.dumps(profile.shown())})

    def create(
        self,
        part_numbers: Sequence[str] | None,
        *,
        requested_by: str,
        batch_id: UUID | None = None,
        only_brands: Sequence[str] | None = None,
    ) -> Push:
        made = {**self._mine, "requested_by": requested_by, "batch_id": batch_id}
        push_id = self._connection.execute(_CREATE, made).scalar_one_or_none()
        if push_id is None:
            raise self._running()
        place = {**self._mine, "push_id": push_id}
        if part_numbers is None:
            self._connection.execute(_ALL, place)
        else:
            brands = None if only_brands is None else list(only_brands)
            named = {**place, "part_numbers": list(part_numbers), "brands": brands}
            self._connection.execute(_NAMED, named)
        ordered = {**place, "actor": Actor.PUSHES_RUN, "tenant": str(self._tenant_id)}
        push = push_of(self._connection.execute(_ORDERED, ordered).mappings().one())
        if not push.total:
            raise NothingToPushError("you sell nothing yet: activate parts or import some, then push")
        return push

    def _running(self) -> PushRunningError:
        under_way = self._connection.execute(_UNDER_WAY, self._mine).scalar_one_or_none()
        return PushRunningError(
            "a push is under way; wait for it, or cancel it", details={"pushId": str(under_way)}
        )

    def retry(self, push_id: UUID, *, requested_by: str) -> Push:
        failed = self._connection.execute(_FAILED_BEFORE, {"push_id": push_id}).scalars().all()
        if not failed:
            raise NothingToPushError("nothing failed in that push")
        return self.create(failed, requested_by=requested_by)

    def push(self, push_id: UUID) -> Push:
        row = self._connection.execute(_PUSH, {**self._mine, "id": push_id}).mappings().one_or_none()
        if row is None:
            raise NotFoundError(f"there is no push {push_id}")
        return push_of(row)

    def current(self) -> Push | None:
        row = self._connection.execute(_CURRENT, {**self._mine, "for_s": CURRENT_FOR_S}).mappings().first()
        return None if row is None else push_of(row)

    def pushes(self, limit: int, before: tuple[datetime, UUID] | None) -> Sequence[Push]:
        created_at, push_id = before or (None, None)
        place = {**self._mine, "limit": limit, "created_at": created_at, "id": push_id}
        return [push_of(row) for row in self._connection.execute(_PUSHES, place).mappings()]

    def failures(self, push_id: UUID, limit: int) -> Sequence[Failure]:
        rows = self._connection.execute(_FAILURES, {**self._mine, "id": push_id, "limit": limit})
        return [Failure(*row) for row in rows]

    def cancel(self, push_id: UUID) -> bool:
        whose = {**self._mine, "id": push_id}
        self._connection.execute(_HOLD, whose)
        if not self._connection.execute(_NOTE_CANCEL, whose).rowcount:
            return False
        if self._connection.execute(_TAKE_BACK, {"id": push_id}).rowcount:
            self._connection.execute(_CANCELLED, whose)
        return True

    def resume(self, push_id: UUID) -> bool:
        return self._ready(_RESUME, push_id)

    def replay(self, push_id: UUID) -> bool:
        return self._ready(_REPLAY, push_id)

    def _ready(self, change: Any, push_id: UUID) -> bool:
        whose = {**self._mine, "id": push_id}
        self._connection.execute(_HOLD, whose)
        if not self._connection.execute(change, whose).rowcount:
            return False
        self._connection.execute(_READY, {"id": push_id})
        return True

    def wanted(self, part_numbers: Sequence[str]) -> Mapping[str, WantedProduct]:
        return push_products.by_part_number(self._connection, self._tenant_id, part_numbers)

    def begin(self, claim: Claim) -> tuple[Push, Connection | None]:
        return push_work.begin(self._connection, claim, self._lease_s), self.connection()

    def next_item(self, claim: Claim) -> NextItem | Push:
        return push_work.next_item(self._connection, claim)

    def renew(self, claim: Claim) -> None:
        push_work.renew(self._connection, claim, self._lease_s)

    def pushing_stock(self, claim: Claim, quantities: Mapping[int, int]) -> None:
        push_work.pushing_stock(self._connection, claim, quantities, self._lease_s)

    def sending(self, claim: Claim, key: UUID, joining: Collection[int], pictures: Mapping[int, str]) -> None:
        push_work.sending(self._connection, claim, key, joining, pictures, self._lease_s)

    def settle(self, claim: Claim, settled: Settled, *, worked_s: float) -> Push:
        return push_work.settle(self._connection, claim, settled, worked_s, self._lease_s)

    def pause(self, claim: Claim, reason: Reason, *, again_in_s: float | None) -> Push:
        return push_work.pause(self._connection, claim, reason, again_in_s)

    def hand_back(self, claim: Claim) -> None:
        push_work.hand_back(self._connection, claim)

    def fail(self, claim: Claim, reason: Reason) -> Push:
        return push_work.fail(self._connection, claim, reason)
