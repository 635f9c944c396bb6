"""When a surface last synced and with what result, and its calls, rows and errors by the minute."""

import json
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, text

from app.domain.activity.activity import SurfaceActivity

_SYNCED: Final = text("""
    WITH s AS (
        INSERT INTO sync_activity AS a (tenant_id, surface, last_sync_at, last_result)
        VALUES (:tenant_id, :surface, clock_timestamp(), CAST(:result AS jsonb))
        ON CONFLICT (tenant_id, surface) DO UPDATE
        SET last_sync_at = excluded.last_sync_at, last_result = COALESCE(excluded.last_result, a.last_result))
    INSERT INTO sync_activity_minute AS m (tenant_id, surface, minute, calls, rows)
    VALUES (:tenant_id, :surface, date_trunc('minute', now()), :calls, :rows)
    ON CONFLICT (tenant_id, surface, minute) DO UPDATE SET calls = m.calls + excluded.calls, rows = m.rows + excluded.rows
""")

_ERRED: Final = text("""
    WITH s AS (
        INSERT INTO sync_activity (tenant_id, surface, last_error_at, last_error)
        VALUES (:tenant_id, :surface, clock_timestamp(), :error)
        ON CONFLICT (tenant_id, surface) DO UPDATE
        SET last_error_at = excluded.last_error_at, last_error = excluded.last_error)
    INSERT INTO sync_activity_minute AS m (tenant_id, surface, minute, errors)
    VALUES (:tenant_id, :surface, date_trunc('minute', now()), 1)
    ON CONFLICT (tenant_id, surface, minute) DO UPDATE SET errors = m.errors + 1
""")

_READ: Final = text("""
    SELECT s.surface, s.last_sync_at, s.last_result, s.last_error_at, s.last_error,
           COALESCE(m.calls, 0) AS calls, COALESCE(m.rows, 0) AS rows, COALESCE(m.errors, 0) AS errors,
           s.last_sync_at < now() - make_interval(secs => t.expected_interval_s) AS silent
    FROM sync_activity s
    JOIN tenant t ON t.id = s.tenant_id
    LEFT JOIN LATERAL (
        SELECT sum(calls) AS calls, sum(rows)::bigint AS rows, sum(errors) AS errors FROM sync_activity_minute m
        WHERE m.tenant_id = s.tenant_id AND m.surface = s.surface AND m.minute > now() - interval '24 hours') m
        ON true
    WHERE s.tenant_id = :tenant_id
""")

_PRUNE: Final = text("DELETE FROM sync_activity_minute WHERE minute < now() - interval '25 hours'")


def synced(
    connection: Connection,
    tenant_id: UUID,
    surface: str,
    result: dict[str, Any] | None,
    rows: int,
    *,
    calls: int = 1,
) -> None:
    """Note successful calls, in the transaction that completes them; without a result the last one stays."""
    told = None if result is None else json.dumps(result)
    parameters = {"tenant_id": tenant_id, "surface": surface, "result": told, "rows": rows, "calls": calls}
    connection.execute(_SYNCED, parameters)


def erred(connection: Connection, tenant_id: UUID, surface: str, error: str) -> None:
    """Note a failed call."""
    connection.execute(_ERRED, {"tenant_id": tenant_id, "surface": surface, "error": error[:1000]})


def read(connection: Connection, tenant_id: UUID) -> dict[str, SurfaceActivity]:
    """Every surface that was ever used."""
    rows = connection.execute(_READ, {"tenant_id": tenant_id}).mappings()
    return {row["surface"]: SurfaceActivity(**{**row, "silent": bool(row["silent"])}) for row in rows}


def prune(connection: Connection) -> None:
    """Drop the minutes that no count reads any more."""
    connection.execute(_PRUNE)
