"""Consents in PostgreSQL, each transaction in the reseller's own scope."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, text

from app.adapters.postgres.unit_of_work import UnitOfWork
from app.domain.network.sharing import ConsentChange, Partner, Precision, SharingTransaction, Standing

_PARTNERS: Final = text("SELECT network_partners(:named)")
_STANDINGS: Final = text("""
    SELECT manufacturer_id, precision, changed_at, changed_by FROM stock_share_consent
    WHERE tenant_id = :tenant_id
""")
# Whoever changes what a reseller has to show tells those that it shares with, and holds its row while it does: one
# that is given a consent meanwhile would not be told.
_HOLD: Final = text("SELECT FROM tenant WHERE id = :tenant_id FOR SHARE")
# A revocation of what was never given leaves no row; what stands already is not written again.
_WRITE: Final = text("""
    WITH written AS (
        INSERT INTO stock_share_consent AS c (tenant_id, manufacturer_id, precision, changed_at, changed_by)
        SELECT :tenant_id, :manufacturer_id, :precision, clock_timestamp(), :changed_by
        WHERE :precision <> 'NONE' OR EXISTS (
            SELECT FROM stock_share_consent WHERE tenant_id = :tenant_id AND manufacturer_id = :manufacturer_id)
        ON CONFLICT (tenant_id, manufacturer_id) DO UPDATE
        SET precision = excluded.precision, changed_at = excluded.changed_at, changed_by = excluded.changed_by
        WHERE c.precision <> excluded.precision
        RETURNING coalesce(old.precision, 'NONE') AS before, new.*
    )
    INSERT INTO stock_share_consent_change
        (tenant_id, manufacturer_id, precision_before, precision, changed_at, changed_by)
    SELECT tenant_id, manufacturer_id, before, precision, changed_at, changed_by FROM written
""")
_CHANGES: Final = text("""
    SELECT id, manufacturer_id, precision_before, precision, changed_at, changed_by
    FROM stock_share_consent_change
    WHERE tenant_id = :tenant_id AND id < coalesce(:before_id, 9223372036854775807)
      AND (CAST(:manufacturer_id AS uuid) IS NULL OR manufacturer_id = :manufacturer_id)
    ORDER BY id DESC LIMIT :limit
""")
# As network_stock tells it (migrations/versions/0003): activated parts, above the safety stock.
_SHOWN_PART: Final = text("""
    SELECT s.part_number, coalesce(p.name, ''), s.stock - t.safety_stock
    FROM stock_item s
    JOIN tenant t ON t.id = s.tenant_id
    JOIN tenant_catalog_item i ON i.item_id = s.id
    JOIN part p ON p.id = i.part_id
    WHERE s.tenant_id = :tenant_id AND s.source = 'catalog' AND s.stock > t.safety_stock
    ORDER BY s.part_number LIMIT 1
""")


class PostgresSharing:
    """Opens transactions."""

    def __init__(self, unit_of_work: UnitOfWork) -> None:
        self._unit_of_work = unit_of_work

    @contextmanager
    def tenant(self, tenant_id: UUID) -> Iterator[SharingTransaction]:
        """In the reseller's scope; other tenants' names come by a function of the database's own."""
        with self._unit_of_work.tenant(tenant_id) as connection:
            yield _Transaction(connection, tenant_id)


class _Transaction:
    def __init__(self, connection: Connection, tenant_id: UUID) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    def partners(self, named: UUID | None = None) -> Sequence[Partner]:
        found = self._connection.execute(_PARTNERS, {"named": named})
        return [Partner(UUID(one["id"]), one["name"], one["dealers"]) for one in found.scalar_one()]

    def standings(self) -> dict[UUID, Standing]:
        rows = self._connection.execute(_STANDINGS, {"tenant_id": self._tenant_id})
        return {row[0]: Standing(Precision(row[1]), row[2], row[3]) for row in rows}

    def write(self, manufacturer_id: UUID, precision: Precision, changed_by: str) -> None:
        self._connection.execute(_HOLD, {"tenant_id": self._tenant_id})
        self._connection.execute(
            _WRITE,
            {
                "tenant_id": self._tenant_id,
                "manufacturer_id": manufacturer_id,
                "precision": precision.value,
                "changed_by": changed_by,
            },
        )

    def changes(
        self, manufacturer_id: UUID | None, limit: int, before_id: int | None
    ) -> Sequence[ConsentChange]:
        rows = self._connection.execute(
            _CHANGES,
            {
                "tenant_id": self._tenant_id,
                "manufacturer_id": manufacturer_id,
                "limit": limit,
                "before_id": before_id,
            },
        )
        return [ConsentChange(row[0], row[1], Precision(row[2]), Precision(row[3]), *row[4:]) for row in rows]

    def shown_part(self) -> tuple[str, str, int] | None:
        row = self._connection.execute(_SHOWN_PART, {"tenant_id": self._tenant_id}).one_or_none()
        return row and (row[0], row[1], row[2])
