"""Over all tenants: who they are and when they were last heard of, what work runs, waits or was put aside."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import TextClause, text

from app.adapters.postgres.unit_of_work import UnitOfWork
from app.adapters.postgres.work import STANDING
from app.domain.operations.reads import TenantLine, Work
from app.domain.tenancy.tenant import TenantType
from app.domain.work.dispatch import State

# A page of tenants first, then what is asked of each: the counts cost a page and not the platform.
_TENANTS: Final = text("""
    SELECT t.*, (SELECT count(*) FROM app_user u WHERE u.tenant_id = t.id AND u.active) AS users,
           s.last_sync_at, COALESCE(t.active AND s.last_sync_at_least < now() - make_interval(secs => t.expected), false)
               AS silent,
           (SELECT count(*) FROM dispatch d WHERE d.tenant_id = t.id AND d.state = 'dead') AS dead
    FROM (
        SELECT id, name, type, active, created_at, expected_interval_s AS expected FROM tenant
        WHERE (CAST(:active AS boolean) IS NULL OR active = :active)
          AND (CAST(:like AS text) IS NULL OR name ILIKE :like OR id::text = :search)
          AND (CAST(:after AS uuid) IS NULL OR (name COLLATE "C", id) > (:name, CAST(:after AS uuid)))
        ORDER BY name COLLATE "C", id LIMIT :limit) t
    LEFT JOIN LATERAL (
        SELECT max(last_sync_at) AS last_sync_at, min(last_sync_at) AS last_sync_at_least
        FROM sync_activity a WHERE a.tenant_id = t.id) s ON true
    ORDER BY t.name COLLATE "C", t.id
""")

# Rows that stay are as old as what they are due for.
_SINCE: Final = "CASE WHEN d.actor = ANY(:standing) THEN d.not_before ELSE d.created_at END"
_WORK: Final = """
    SELECT d.id, d.actor, d.tenant_id, t.name AS tenant_name, d.state, d.attempts, {since} AS since,
           extract(epoch FROM clock_timestamp() - {since})::float8 AS age_s, d.lease_until,
           d.state = 'running' AND d.lease_until < clock_timestamp() AS lost, d.last_error AS error
    FROM dispatch d JOIN tenant t ON t.id = d.tenant_id
"""
_RUNNING: Final = text(
    _WORK.format(since=_SINCE) + " WHERE d.state = 'running' ORDER BY d.lease_until, d.id LIMIT :limit"
)
_SLOW: Final = text(
    _WORK.format(since=_SINCE)
    + """
    WHERE d.state = 'running' OR d.state = 'ready' AND d.not_before <= clock_timestamp()
    ORDER BY since, d.id LIMIT :limit
"""
)
_DEAD: Final = text(
    _WORK.format(since="d.created_at")
    + """
    WHERE d.state = 'dead' AND (d.created_at, d.id) > (:created_at, :id)
    ORDER BY d.created_at, d.id LIMIT :limit
"""
)
_FIRST: Final = datetime.min.replace(tzinfo=UTC), UUID(int=0)


class PostgresOperations:
    """The verbs of `app.domain.operations.reads.OperationReads`."""

    def __init__(self, unit_of_work: UnitOfWork) -> None:
        self._unit_of_work = unit_of_work

    def tenants(
        self, search: str, active: bool | None, limit: int, after: tuple[str, UUID] | None
    ) -> Sequence[TenantLine]:
        name, after_id = after or ("", None)
        asked = {
            "search": search.lower(),
            "like": f"%{_literal(search)}%" if search else None,
            "active": active,
            "limit": limit,
            "name": name,
            "after": after_id,
        }
        with self._unit_of_work.platform() as connection:
            rows = connection.execute(_TENANTS, asked).mappings().all()
        names = TenantLine.__dataclass_fields__
        return [
            TenantLine(**{**{one: row[one] for one in names}, "type": TenantType(row["type"])})
            for row in rows
        ]

    def running(self, limit: int) -> Sequence[Work]:
        return self._works(_RUNNING, limit=limit, standing=STANDING)

    def slow(self, limit: int) -> Sequence[Work]:
        return self._works(_SLOW, limit=limit, standing=STANDING)

    def dead(self, limit: int, after: tuple[datetime, UUID] | None) -> Sequence[Work]:
        created_at, letter_id = after or _FIRST
        return self._works(_DEAD, limit=limit, created_at=created_at, id=letter_id)

    def _works(self, statement: TextClause, **asked: Any) -> Sequence[Work]:
        with self._unit_of_work.platform() as connection:
            rows = connection.execute(statement, asked).mappings().all()
        return [Work(**{**row, "state": State(row["state"])}) for row in rows]


def _literal(pattern: str) -> str:
    """Text as LIKE takes it at its word."""
    return pattern.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
