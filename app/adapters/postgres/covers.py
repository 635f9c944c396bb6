"""How stock was used up, in PostgreSQL: changes summed by SKU and day in one statement, then tables of numbers."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any, Final
from uuid import UUID

import numpy as np
from sqlalchemy import Connection, text

from app.adapters.postgres import driver
from app.adapters.postgres.arrays import numbers
from app.adapters.postgres.unit_of_work import UnitOfWork
from app.domain.suppliers.cover import CoverTransaction, Listed, Stock
from app.domain.suppliers.usage import DAYS, History, Ids, closings

_LISTED: Final = """
    SELECT s.id, s.available,
           LEAST((now() AT TIME ZONE 'UTC')::date - (s.created_at AT TIME ZONE 'UTC')::date - 1, %s) AS known
    FROM supplier_stock s
    WHERE s.tenant_id = %s AND s.listed AND (%s::uuid IS NULL OR s.supplier_id = %s)
      AND (%s::text IS NULL OR s.part_number = %s) AND (%s::bigint[] IS NULL OR s.id = ANY(%s::bigint[]))
    ORDER BY s.id
"""
_TODAY: Final = text("SELECT (now() AT TIME ZONE 'UTC')::date")
_STOCKS: Final = text("""
    SELECT s.id, s.supplier_id, p.code AS supplier_code, s.sku, s.part_number, s.available
    FROM supplier_stock s JOIN supplier p ON p.id = s.supplier_id
    WHERE s.tenant_id = :tenant_id AND s.id = ANY(CAST(:ids AS bigint[]))
""")
# As columns of text: a hundred thousand numbers cross at once and are read in one go. `day` 0 is 90 days ago; today,
# which is not over, is -1 from the end of it and left out.
_USED: Final = text("""
    WITH change AS (
        SELECT stock_id, (at AT TIME ZONE 'UTC')::date - ((now() AT TIME ZONE 'UTC')::date - :days) AS day, id,
               available, available_before
        FROM supplier_stock_change
        WHERE tenant_id = :tenant_id AND stock_id = ANY(CAST(:ids AS bigint[])) AND available_before IS NOT NULL
          AND at >= ((now() AT TIME ZONE 'UTC')::date - :days)::timestamp AT TIME ZONE 'UTC'
          AND at < ((now() AT TIME ZONE 'UTC')::date)::timestamp AT TIME ZONE 'UTC'),
    daily AS (
        SELECT stock_id, day, sum(GREATEST(available_before - available, 0)) AS went,
               sum(GREATEST(available - available_before, 0)) AS came,
               (max(ARRAY[id, available]))[2] AS closing
        FROM change GROUP BY stock_id, day)
    SELECT COALESCE(string_agg(d.stock_id::text, ','), '') AS ids, COALESCE(string_agg(d.day::text, ','), '') AS days,
           COALESCE(string_agg(d.went::text, ','), '') AS went, COALESCE(string_agg(d.came::text, ','), '') AS came,
           COALESCE(string_agg(d.closing::text, ','), '') AS closing
    FROM daily d
""")


class PostgresCovers:
    """Opens transactions."""

    def __init__(self, unit_of_work: UnitOfWork) -> None:
        self._unit_of_work = unit_of_work

    @contextmanager
    def tenant(self, tenant_id: UUID) -> Iterator[CoverTransaction]:
        """One transaction in the tenant's scope."""
        with self._unit_of_work.tenant(tenant_id) as connection:
            yield _Transaction(connection, tenant_id)


class _Transaction:
    def __init__(self, connection: Connection, tenant_id: UUID) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    def listed(
        self, *, supplier_id: UUID | None = None, part_number: str | None = None, ids: Ids | None = None
    ) -> Listed:
        today: date = self._connection.execute(_TODAY).scalar_one()
        wanted = None if ids is None else ids.tolist()
        asked = (
            DAYS,
            self._tenant_id,
            supplier_id,
            supplier_id,
            part_number,
            part_number,
            wanted,
            wanted,
        )
        rows = np.array(driver.rows(self._connection, _LISTED, asked), dtype=np.int64).reshape(-1, 3)
        return Listed(rows[:, 0], rows[:, 1].astype(np.float64), rows[:, 2].astype(np.float64), today)

    def history(self, listed: Listed) -> History:
        given = {"tenant_id": self._tenant_id, "ids": numbers(listed.ids.tolist()), "days": DAYS}
        told = self._connection.execute(_USED, given).one()
        at = np.searchsorted(listed.ids, _whole(told.ids)), _whole(told.days)
        shape = (len(listed.ids), DAYS)
        went, came, seen = np.zeros(shape), np.zeros(shape), np.full(shape, np.nan)
        went[at], came[at], seen[at] = _whole(told.went), _whole(told.came), _whole(told.closing)
        known = np.arange(DAYS)[None, :] >= DAYS - listed.known[:, None]
        return History.of(went, came, closings(went, came, seen, listed.available), known)

    def stocks(self, ids: Sequence[int]) -> Sequence[Stock]:
        given = {"tenant_id": self._tenant_id, "ids": numbers(ids)}
        return [Stock(**row) for row in self._connection.execute(_STOCKS, given).mappings()]


def _whole(column: str) -> Any:
    return np.fromstring(column, dtype=np.int64, sep=",") if column else np.zeros(0, dtype=np.int64)
