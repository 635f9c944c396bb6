"""Suppliers as people keep them, in PostgreSQL. Secrets come and go encrypted.

Whoever changes a supplier locks its row first, then its dispatch row, then its SKUs by id.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, text

from app.adapters.postgres import supplier_reports, supplier_skus, supplier_stock
from app.adapters.postgres.supplier_health import HEARD
from app.adapters.postgres.unit_of_work import UnitOfWork
from app.domain.shop.ports import Vault
from app.domain.suppliers.ports import Kept, Named, Poll, Sku
from app.domain.suppliers.supplier import SkuTerms, Supplier, restored, stored
from app.domain.work.dispatch import Actor

_KEPT: Final = f"""
    SELECT p.id, p.tenant_id, p.code, p.name, p.source, p.secrets, p.interval_s, p.low_stock_threshold,
           p.reorder_point, p.target_stock, p.drop_guard_percent, p.reorder_mode, p.order_email, p.order_url,
           p.order_format, p.active, p.created_at, p.updated_at, p.polled_at, p.confirmed_at, {HEARD} AS heard_at,
           CASE WHEN p.active THEN p.poll_at END AS next_poll_at, p.failures, p.circuit_open_until,
           p.last_error, clock_timestamp() AS now,
           (SELECT q.id FROM supplier_poll q WHERE q.supplier_id = p.id AND q.held IS NOT NULL AND q.outcome = 'held'
            LIMIT 1) AS held_poll_id
    FROM supplier p WHERE p.tenant_id = :tenant_id
"""
_NAMED: Final = text(f"{_KEPT} AND p.code = :code FOR NO KEY UPDATE OF p")
_BY_ID: Final = text(f"{_KEPT} AND p.id = :id")
_BY_CODE: Final = text(f"{_KEPT} AND p.code = :code")
_LIST: Final = text(f"{_KEPT} AND p.code > :after ORDER BY p.code LIMIT :limit")
_NAMES: Final = text("SELECT id, code, name FROM supplier WHERE tenant_id = :tenant_id ORDER BY code")

# Whatever was known of the source's last answer may be another source's: everything is read anew, and at once.
_SAVE: Final = text("""
    INSERT INTO supplier AS p (
        tenant_id, code, name, source, secrets, interval_s, low_stock_threshold, reorder_point, target_stock,
        drop_guard_percent, reorder_mode, order_email, order_url, order_format, due_at, poll_at)
    VALUES (:tenant_id, :code, :name, CAST(:source AS jsonb), :secrets, :interval_s, :low_stock_threshold,
            :reorder_point, :target_stock, :drop_guard_percent, :reorder_mode, :order_email, :order_url, :order_format,
            CASE WHEN :is_read THEN clock_timestamp() END, CASE WHEN :is_read THEN clock_timestamp() END)
    ON CONFLICT (tenant_id, code) DO UPDATE
    SET name = excluded.name, source = excluded.source, secrets = excluded.secrets, interval_s = excluded.interval_s,
        low_stock_threshold = excluded.low_stock_threshold, reorder_point = excluded.reorder_point,
        target_stock = excluded.target_stock, drop_guard_percent = excluded.drop_guard_percent,
        reorder_mode = excluded.reorder_mode, order_email = excluded.order_email, order_url = excluded.order_url,
        order_format = excluded.order_format,
        due_at = excluded.due_at, poll_at = excluded.poll_at, etag = NULL, last_modified = NULL, body_hash = NULL,
        failures = 0, circuit_open_until = NULL, updated_at = clock_timestamp()
    RETURNING id
""")
_CHANGEABLE: Final = (
    "name",
    "interval_s",
    "low_stock_threshold",
    "reorder_point",
    "target_stock",
    "drop_guard_percent",
    "reorder_mode",
    "order_email",
    "order_url",
    "order_format",
    "active",
)
_CHANGE: Final = """
    UPDATE supplier SET {changes}, updated_at = clock_timestamp() WHERE tenant_id = :tenant_id AND id = :id
"""
_FROM_NOW: Final = text("""
    UPDATE supplier
    SET due_at = clock_timestamp(), poll_at = clock_timestamp(), failures = 0, circuit_open_until = NULL
    WHERE id = :id AND poll_at IS NOT NULL
""")
_ASK: Final = text("""
    UPDATE supplier SET poll_at = clock_timestamp()
    WHERE tenant_id = :tenant_id AND id = :id AND active AND poll_at IS NOT NULL
      AND EXISTS (SELECT FROM tenant WHERE tenant.id = :tenant_id AND tenant.active)
    RETURNING poll_at
""")
# One that is being read at this moment finds out by itself.
_WAKE: Final = text("""
    INSERT INTO dispatch AS d (id, actor, tenant_id, lane, seq, ring_after)
    SELECT p.id, :actor, p.tenant_id, 'supplier:' || p.id, nextval('accept_seq'), clock_timestamp()
    FROM supplier p WHERE p.id = :id AND p.active
    ON CONFLICT (id) DO UPDATE
    SET not_before = clock_timestamp(), ring_after = clock_timestamp() WHERE d.state = 'ready'
""")
_RESUME: Final = text("""
    UPDATE supplier SET due_at = clock_timestamp(), poll_at = clock_timestamp()
    WHERE tenant_id = :tenant_id AND active AND poll_at IS NOT NULL
""")
_WAKE_ALL: Final = text("""
    UPDATE dispatch d SET not_before = clock_timestamp(), ring_after = clock_timestamp()
    FROM supplier p WHERE p.tenant_id = :tenant_id AND d.id = p.id AND d.state = 'ready'
""")
_SLEEP: Final = text("""
    DELETE FROM dispatch d WHERE d.id = :id AND d.state <> 'running'
      AND NOT EXISTS (SELECT FROM supplier p WHERE p.id = d.id AND p.active)
""")

_OWNER: Final = text("SELECT tenant_id FROM supplier WHERE id = :id")
_SECRETS: Final = text("SELECT id, secrets FROM supplier WHERE secrets IS NOT NULL ORDER BY id FOR UPDATE")
_KEEP_SECRETS: Final = text("UPDATE supplier SET secrets = :secrets WHERE id = :id")


class PostgresSuppliers:
    """Opens transactions."""

    def __init__(self, unit_of_work: UnitOfWork) -> None:
        self._unit_of_work = unit_of_work

    @contextmanager
    def tenant(self, tenant_id: UUID) -> Iterator["_Transaction"]:
        """One transaction in the tenant's scope."""
        with self._unit_of_work.tenant(tenant_id) as database:
            yield _Transaction(database, tenant_id)

    def owner(self, supplier_id: UUID) -> UUID | None:
        with self._unit_of_work.platform() as database:
            owner: UUID | None = database.execute(_OWNER, {"id": supplier_id}).scalar_one_or_none()
        return owner

    def rotate(self, vault: Vault) -> int:
        """All in one transaction: a key that fits none of them leaves everything as it was."""
        with self._unit_of_work.platform() as database:
            rows = database.execute(_SECRETS).all()
            for row in rows:
                database.execute(_KEEP_SECRETS, {"id": row.id, "secrets": vault.rotate(row.secrets)})
        return len(rows)


class _Transaction:
    def __init__(self, database: Connection, tenant_id: UUID) -> None:
        self._database = database
        self._tenant_id = tenant_id

    def now(self) -> datetime:
        now: datetime = self._database.execute(text("SELECT clock_timestamp()")).scalar_one()
        return now

    def named(self, code: str) -> Kept | None:
        return self._one(_NAMED, {"code": code})

    def get(self, supplier: UUID | str) -> Kept | None:
        if isinstance(supplier, UUID):
            return self._one(_BY_ID, {"id": supplier})
        return self._one(_BY_CODE, {"code": supplier})

    def list(self, limit: int, after: str | None) -> Sequence[Kept]:
        given = {"tenant_id": self._tenant_id, "limit": limit, "after": after or ""}
        return [_kept(row) for row in self._database.execute(_LIST, given).mappings()]

    def names(self) -> Sequence[Named]:
        found = self._database.execute(_NAMES, {"tenant_id": self._tenant_id})
        return [Named(**row) for row in found.mappings()]

    def _one(self, statement: Any, given: dict[str, Any]) -> Kept | None:
        found = self._database.execute(statement, {"tenant_id": self._tenant_id, **given})
        row = found.mappings().one_or_none()
        return None if row is None else _kept(row)

    def save(self, supplier: Supplier, secrets: bytes | None, skus: Mapping[str, SkuTerms] | None) -> UUID:
        given = {
            "tenant_id": self._tenant_id,
            "code": supplier.code,
            "name": supplier.name,
            "source": json.dumps(stored(supplier.source)),
            "is_read": bool(supplier.source.url),
            "secrets": secrets,
            "interval_s": supplier.interval_s,
            "low_stock_threshold": supplier.low_stock_threshold,
            "reorder_point": supplier.reorder_point,
            "target_stock": supplier.target_stock,
            "drop_guard_percent": supplier.drop_guard_percent,
            "reorder_mode": supplier.reorder_mode,
            "order_email": supplier.order_email,
            "order_url": supplier.order_url,
            "order_format": supplier.order_format,
        }
        supplier_id: UUID = self._database.execute(_SAVE, given).scalar_one()
        if skus is not None:
            supplier_skus.keep(self._database, supplier_id, skus)
        self._wake(supplier_id)
        supplier_stock.settle_terms(self._database, supplier_id)
        return supplier_id

    def change(self, supplier_id: UUID, changes: Mapping[str, Any]) -> None:
        given = {name: changes[name] for name in _CHANGEABLE if name in changes}
        if not given:
            return
        statement = text(_CHANGE.format(changes=", ".join(f"{name} = :{name}" for name in given)))
        self._database.execute(statement, {"tenant_id": self._tenant_id, "id": supplier_id, **given})
        if {"interval_s", "active"} & set(given):
            self._database.execute(_FROM_NOW, {"id": supplier_id})
        self._wake(supplier_id)
        supplier_stock.settle_terms(self._database, supplier_id)

    def ask(self, supplier_id: UUID) -> datetime | None:
        given = {"tenant_id": self._tenant_id, "id": supplier_id}
        since: datetime | None = self._database.execute(_ASK, given).scalar_one_or_none()
        self._wake(supplier_id)
        return since

    def _wake(self, supplier_id: UUID) -> None:
        self._database.execute(_SLEEP, {"id": supplier_id})
        self._database.execute(_WAKE, {"id": supplier_id, "actor": Actor.SUPPLIERS_POLL})

    def resume(self) -> None:
        self._database.execute(_RESUME, {"tenant_id": self._tenant_id})
        self._database.execute(_WAKE_ALL, {"tenant_id": self._tenant_id})

    def send(self, supplier_id: UUID, payload: bytes, as_of: datetime | None) -> UUID:
        poll_id = supplier_reports.send(self._database, supplier_id, payload, as_of)
        self._wake(supplier_id)
        return poll_id

    def polls(self, supplier_id: UUID, limit: int, before: tuple[datetime, UUID] | None) -> Sequence[Poll]:
        return supplier_reports.newest(self._database, supplier_id, limit, before)

    def held_polls(self, suppliers: Sequence[UUID]) -> Sequence[Poll]:
        return supplier_reports.held_of(self._database, suppliers)

    def poll(self, supplier_id: UUID, poll_id: UUID) -> Poll | None:
        return supplier_reports.one(self._database, supplier_id, poll_id)

    def poll_since(self, supplier_id: UUID, since: datetime) -> Poll | None:
        return supplier_reports.first_since(self._database, supplier_id, since)

    def held(self, supplier_id: UUID, poll_id: UUID) -> bytes | None:
        return supplier_reports.held(self._database, supplier_id, poll_id)

    def release(self, supplier_id: UUID, poll_id: UUID, payload: bytes) -> None:
        supplier_reports.release(self._database, supplier_id, poll_id, payload)
        self._wake(supplier_id)

    def discard(self, supplier_id: UUID, poll_id: UUID) -> None:
        supplier_reports.discard(self._database, supplier_id, poll_id)

    def skus(self, supplier_id: UUID, limit: int, after: str | None) -> Sequence[Sku]:
        return supplier_skus.page(self._database, supplier_id, limit, after)

    def sku(self, supplier_id: UUID, sku: str) -> Sku | None:
        return supplier_skus.one(self._database, supplier_id, sku)

    def set_terms(self, supplier_id: UUID, sku: str, terms: Mapping[str, Any]) -> None:
        supplier_reports.hold(self._database, supplier_id)
        supplier_skus.set_terms(self._database, supplier_id, sku, terms)
        supplier_stock.settle_terms(self._database, supplier_id)


def _kept(row: Mapping[Any, Any]) -> Kept:
    return Kept(**{**row, "source": restored(row["source"])})
