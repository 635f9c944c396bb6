"""Suppliers that went silent: found by the clock, since nothing happens that could tell."""

from typing import Final
from uuid import UUID

from sqlalchemy import Connection, text

from app.adapters.postgres.supplier_health import HEARD, note_health
from app.adapters.postgres.unit_of_work import UnitOfWork
from app.domain.suppliers.schedule import Health

# A tenant that is not active is not read either: nobody misses its suppliers.
_SILENT: Final = text(f"""
    SELECT p.tenant_id, p.id, p.code FROM supplier p JOIN tenant t ON t.id = p.tenant_id AND t.active
    WHERE p.active AND COALESCE({HEARD}, p.created_at) < now() - make_interval(secs => 2 * p.interval_s)
      AND NOT EXISTS (SELECT FROM alert_state a
                      WHERE a.tenant_id = p.tenant_id AND a.subject = 'supplier:' || p.id AND a.state = 'silent')
    ORDER BY p.id
""")
# Whoever reads it at this moment tells more than we could.
_STILL: Final = text(f"""
    SELECT p.name, p.last_error FROM supplier p
    WHERE p.id = :id AND p.active
      AND COALESCE({HEARD}, p.created_at) < now() - make_interval(secs => 2 * p.interval_s)
    FOR NO KEY UPDATE SKIP LOCKED
""")
_PRUNE: Final = text("""
    DELETE FROM supplier_poll WHERE started_at < now() - interval '30 days' AND held IS NULL
""")


def note_silent(unit_of_work: UnitOfWork) -> int:
    """Tell of active suppliers that have confirmed nothing for more than two intervals; how many are new."""
    with unit_of_work.platform() as database:
        found = database.execute(_SILENT).all()
    return sum(_noted(unit_of_work, *row) for row in found)


def _noted(unit_of_work: UnitOfWork, tenant_id: UUID, supplier_id: UUID, code: str) -> bool:
    with unit_of_work.tenant(tenant_id) as database:
        row = database.execute(_STILL, {"id": supplier_id}).one_or_none()
        return row is not None and note_health(
            database, tenant_id, supplier_id, code, row.name, Health.SILENT, row.last_error
        )


def prune(connection: Connection) -> None:
    """Drop the readings that nobody looks at any more."""
    connection.execute(_PRUNE)
