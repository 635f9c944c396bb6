"""How stock was used up, in PostgreSQL: changes summed by SKU and day in one statement, then tables of numbers."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any, Final
from uuid import UUID

import numpy as np
from sqlalchemy import Connection, text

from app.adapters.postgres.arrays import numbers
from app.adapters.postgres.unit_of_work import UnitOfWork
from app.domain.suppliers.cover import CoverTransaction, Seen, Stock
from app.domain.suppliers.forecast import DAYS, History, Numbers, closings

_STOCKS: Final = text("""
    SELECT s.id, s.supplier_id, p.code AS supplier_code, s.sku, s.part_number, s.available,
           LEAST((now() AT TIME ZONE 'UTC')::date - (s.created_at AT TIME ZONE 'UTC')::date - 1, :days) AS known,
           (now() AT TIME ZONE 'UTC')::date AS today
    FROM supplier_stock s JOIN supplier p ON p.id = s.supplier_id
    WHERE s.tenant_id = :tenant_id AND s.listed AND s.id > :after
      AND (CAST(:supplier_id AS uuid) IS NULL OR s.supplier_id = :supplier_id)
      AND (CAST(:part_number AS text) IS NULL OR s.part_number = :part_number)
    ORDER BY s.id LIMIT :limit
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

    def seen(self, limit: int, after: int, *, supplier_id: UUID | None, part_number: str | None) -> Seen:
        given = {"limit": limit, "after": after, "supplier_id": supplier_id, "part_number": part_number}
        rows = self._connection.execute(
            _STOCKS, {"tenant_id": self._tenant_id, "days": DAYS, **given}
        ).mappings()
        stocks, known, today = [], [], date.min
        for row in rows:
            values = dict(row)
            known.append(values.pop("known"))
            today = values.pop("today")
            stocks.append(Stock(**values))
        available = np.array([stock.available for stock in stocks], dtype=np.float64)
        history = self._history([stock.id for stock in stocks], np.array(known, dtype=np.float64), available)
        return Seen(stocks, history, available, today)

    def _history(self, ids: Sequence[int], known: Numbers, available: Numbers) -> History:
        given = {"tenant_id": self._tenant_id, "ids": numbers(ids), "days": DAYS}
        told = self._connection.execute(_USED, given).one()
        rows = np.searchsorted(np.array(ids, dtype=np.int64), _whole(told.ids))
        at = rows, _whole(told.days)
        went, came = np.zeros((len(ids), DAYS)), np.zeros((len(ids), DAYS))
        seen = np.full((len(ids), DAYS), np.nan)
        went[at], came[at], seen[at] = _whole(told.went), _whole(told.came), _whole(told.closing)
        listed = np.arange(DAYS)[None, :] >= DAYS - known[:, None]
        return History.of(went, came, closings(went, came, seen, available), listed)


def _whole(column: str) -> Any:
    return np.fromstring(column, dtype=np.int64, sep=",") if column else np.zeros(0, dtype=np.int64)
