"""Suppliers' days in PostgreSQL: rolled up by housekeeping, as often as one likes, and read by window."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from operator import itemgetter
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, text

from app.adapters.postgres.unit_of_work import UnitOfWork
from app.domain.suppliers.reliability import Day, Figures, Reliability, ReliabilityTransaction

# From yesterday, of which something may have come late, or from the last day that was rolled up; polls are kept 30 days. A reading that was tried several times was due once. A quarter of the list gone, or empty, at one report is
# a shrink event, whether it was held or let through.
_ROLL: Final = text("""
    WITH since AS (
        SELECT GREATEST(
            LEAST(now()::date - 1, COALESCE((SELECT max(day) FROM supplier_day), '-infinity')),
            now()::date - 30) AS day),
    slot AS (
        SELECT supplier_id, due_at::date AS day, due_at, bool_or(outcome <> 'failed') AS answered,
               min(extract(epoch FROM finished_at - started_at)) FILTER (WHERE outcome <> 'failed') AS latency_s
        FROM supplier_poll, since
        WHERE started_at >= since.day - interval '1 hour' AND due_at >= since.day AND NOT sent AND outcome IS NOT NULL
        GROUP BY supplier_id, due_at),
    emptied AS (
        SELECT q.id, count(*) AS skus
        FROM since, supplier_stock_change c
        JOIN supplier_poll q ON q.supplier_id = c.supplier_id AND c.at BETWEEN q.started_at AND q.finished_at
        WHERE c.at >= since.day AND c.quantity = 0 AND c.quantity_before > 0 AND q.outcome = 'applied'
        GROUP BY q.id),
    report AS (
        SELECT q.supplier_id, q.finished_at::date AS day,
               extract(epoch FROM q.finished_at - LEAST(q.due_at, q.as_of)) AS delay_s,
               q.outcome IN ('applied', 'unchanged') AS told,
               q.outcome IN ('held', 'released', 'discarded')
                   OR 4 * GREATEST(q.dropped, COALESCE(e.skus, 0)) >= GREATEST(q.rows + q.dropped, 1) AS shrunk
        FROM since, supplier_poll q LEFT JOIN emptied e ON e.id = q.id
        WHERE q.started_at >= since.day - interval '1 hour' AND q.finished_at >= since.day AND q.outcome <> 'failed'),
    gone AS (
        SELECT supplier_id, at::date AS day FROM supplier_stock_change, since
        WHERE at >= since.day AND level = 'out' AND level_before <> 'out'),
    part AS (
        SELECT supplier_id, day, count(*) AS polls, count(*) FILTER (WHERE answered) AS answered,
               COALESCE(sum(latency_s), 0) AS latency_s, 0.0 AS delay_s, 0 AS delays, 0 AS stock_outs, 0 AS shrinks
        FROM slot GROUP BY supplier_id, day
        UNION ALL
        SELECT supplier_id, day, 0, 0, 0, COALESCE(sum(delay_s) FILTER (WHERE told), 0), count(*) FILTER (WHERE told), 0,
               count(*) FILTER (WHERE shrunk)
        FROM report GROUP BY supplier_id, day
        UNION ALL
        SELECT supplier_id, day, 0, 0, 0, 0, 0, count(*), 0 FROM gone GROUP BY supplier_id, day)
    INSERT INTO supplier_day (
        supplier_id, day, tenant_id, polls, answered, latency_s, delay_s, delays, stock_outs, shrinks)
    SELECT part.supplier_id, part.day, p.tenant_id, sum(polls), sum(answered), sum(part.latency_s), sum(part.delay_s),
           sum(delays), sum(stock_outs), sum(shrinks)
    FROM part JOIN supplier p ON p.id = part.supplier_id
    GROUP BY part.supplier_id, part.day, p.tenant_id
    ORDER BY part.supplier_id, part.day
    ON CONFLICT (supplier_id, day) DO UPDATE
    SET polls = excluded.polls, answered = excluded.answered, latency_s = excluded.latency_s,
        delay_s = excluded.delay_s, delays = excluded.delays, stock_outs = excluded.stock_outs,
        shrinks = excluded.shrinks
""")
# Once a day and supplier: how many SKUs it lists hardly changes within one.
_LISTED: Final = text("""
    UPDATE supplier_day d SET listed = n.skus
    FROM (
        SELECT s.supplier_id, count(*) AS skus FROM supplier_stock s
        WHERE s.listed AND s.supplier_id IN (
            SELECT supplier_id FROM supplier_day WHERE day > now()::date - 30 AND listed = 0)
        GROUP BY s.supplier_id) n
    WHERE d.supplier_id = n.supplier_id AND d.day > now()::date - 30 AND d.listed = 0
""")

_READ: Final = text("""
    SELECT p.id AS supplier_id, p.code, p.name, p.interval_s, w.days, count(d.day) AS known,
           COALESCE(sum(d.polls), 0) AS polls, COALESCE(sum(d.answered), 0) AS answered,
           COALESCE(sum(d.latency_s), 0) AS latency_s, COALESCE(sum(d.delay_s), 0) AS delay_s,
           COALESCE(sum(d.delays), 0) AS delays, COALESCE(sum(d.stock_outs), 0) AS stock_outs,
           COALESCE(sum(d.shrinks), 0) AS shrinks, COALESCE(sum(d.listed), 0) AS listed
    FROM supplier p
    CROSS JOIN unnest(CAST(:windows AS int[])) AS w(days)
    LEFT JOIN supplier_day d ON d.supplier_id = p.id AND d.day > now()::date - w.days
    WHERE p.tenant_id = :tenant_id AND (CAST(:supplier_id AS uuid) IS NULL OR p.id = :supplier_id)
    GROUP BY p.id, w.days
    ORDER BY p.code, w.days
""")
_DAYS: Final = text("""
    SELECT d.day, d.polls, d.answered, d.latency_s, d.delay_s, d.delays, d.stock_outs, d.shrinks, d.listed
    FROM supplier_day d
    WHERE d.tenant_id = :tenant_id AND d.supplier_id = :supplier_id AND d.day > now()::date - CAST(:days AS int)
    ORDER BY d.day
""")


def roll_up(connection: Connection) -> None:
    """Sum up what suppliers' days were like; again is no different."""
    connection.execute(_ROLL)
    connection.execute(_LISTED)


class PostgresReliability:
    """Opens transactions."""

    def __init__(self, unit_of_work: UnitOfWork) -> None:
        self._unit_of_work = unit_of_work

    @contextmanager
    def tenant(self, tenant_id: UUID) -> Iterator[ReliabilityTransaction]:
        """One transaction in the tenant's scope."""
        with self._unit_of_work.tenant(tenant_id) as connection:
            yield _Transaction(connection, tenant_id)


class _Transaction:
    def __init__(self, connection: Connection, tenant_id: UUID) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    def reliability(self, supplier_id: UUID | None, windows: Sequence[int]) -> Sequence[Reliability]:
        given = {"tenant_id": self._tenant_id, "supplier_id": supplier_id, "windows": list(windows)}
        rows = [dict(row) for row in self._connection.execute(_READ, given).mappings()]
        return [_told(list(group)) for _, group in groupby(rows, itemgetter("supplier_id"))]

    def days(self, supplier_id: UUID, days: int) -> Sequence[Day]:
        given = {"tenant_id": self._tenant_id, "supplier_id": supplier_id, "days": days}
        return [Day(**row) for row in self._connection.execute(_DAYS, given).mappings()]


def _told(rows: Sequence[dict[str, Any]]) -> Reliability:
    first = rows[0]
    named = ("supplier_id", "code", "name", "interval_s")
    windows = [Figures(**{name: row[name] for name in row if name not in named}) for row in rows]
    return Reliability(**{name: first[name] for name in named}, windows=windows)
