"""The sums of reservations beside the counts of SKUs, for the operator."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from app.adapters.postgres.unit_of_work import UnitOfWork
from app.domain.orders.ports import Drift

_SUMS: Final = """
    SELECT COALESCE(sum(r.quantity) FILTER (WHERE r.state = 'open'), 0)::int AS reserved,
           COALESCE(sum(r.quantity) FILTER (WHERE r.state = 'shipped'), 0)::int AS shipped
    FROM reservation r WHERE r.stock_id = s.id AND r.state IN ('open', 'shipped')
"""
_EXPECTED: Final = "(h.reserved, h.shipped, GREATEST(0, h.reserved + h.shipped - s.quantity))"
# One statement sees one moment: a reservation and its SKU's counts are committed together.
_CHECK: Final = text(f"""
    WITH d AS (
        SELECT s.id, s.tenant_id, s.supplier_id, s.sku, s.reserved, s.shipped, s.shortage,
               h.reserved AS open, h.shipped AS left_house,
               GREATEST(0, h.reserved + h.shipped - s.quantity) AS missing
        FROM supplier_stock s CROSS JOIN LATERAL ({_SUMS}) h
        WHERE (CAST(:tenant_id AS uuid) IS NULL OR s.tenant_id = :tenant_id)
          AND (s.reserved, s.shipped, s.shortage) IS DISTINCT FROM {_EXPECTED})
    SELECT (SELECT count(*) FROM supplier_stock
            WHERE CAST(:tenant_id AS uuid) IS NULL OR tenant_id = :tenant_id) AS checked, d.*
    FROM (VALUES (1)) AS one(row) LEFT JOIN d ON true
    ORDER BY d.id
""")
_HOLD: Final = text("SELECT FROM supplier_stock WHERE id = :id FOR NO KEY UPDATE")
_REPAIR: Final = text(f"""
    UPDATE supplier_stock s
    SET reserved = h.reserved, shipped = h.shipped, shortage = GREATEST(0, h.reserved + h.shipped - s.quantity)
    FROM supplier_stock k CROSS JOIN LATERAL ({_SUMS.replace("s.id", "k.id")}) h
    WHERE k.id = :id AND s.id = k.id AND (s.reserved, s.shipped, s.shortage) IS DISTINCT FROM {_EXPECTED}
""")


class PostgresReservationBooks:
    """The verbs of `app.domain.orders.ports.ReservationBooks`."""

    def __init__(self, unit_of_work: UnitOfWork) -> None:
        self._unit_of_work = unit_of_work

    def check(self, tenant_id: UUID | None) -> tuple[int, Sequence[Drift]]:
        with self._unit_of_work.platform() as connection:
            rows = connection.execute(_CHECK, {"tenant_id": tenant_id}).all()
        return rows[0].checked, [_drift(row) for row in rows if row.id is not None]

    def repair(self, stock_id: int) -> bool:
        with self._unit_of_work.platform() as connection:
            connection.execute(_HOLD, {"id": stock_id})
            return connection.execute(_REPAIR, {"id": stock_id}).rowcount == 1


def _drift(row: Any) -> Drift:
    counted, expected = (row.reserved, row.shipped, row.shortage), (row.open, row.left_house, row.missing)
    return Drift(row.id, row.tenant_id, row.supplier_id, row.sku, counted, expected)
