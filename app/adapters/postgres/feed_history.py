"""Feeds by surface, state and time."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, text

from app.adapters.postgres.feeds import FEED_COLUMNS, feed_of
from app.adapters.postgres.unit_of_work import UnitOfWork
from app.domain.activity.activity import SURFACES
from app.domain.stock.decision import Decision, Verdict
from app.domain.stock.feed import Feed
from app.domain.stock.history import Wanted

_HISTORY: Final = """
    SELECT {columns} FROM feed f
    WHERE f.tenant_id = :tenant_id AND {state}
      AND (CAST(:surface AS text) IS NULL
           OR :surface = CASE WHEN f.surface = ANY(CAST(:surfaces AS text[])) THEN f.surface ELSE f.kind END)
      AND f.accepted_at >= COALESCE(CAST(:since AS timestamptz), '-infinity')
      AND f.accepted_at < COALESCE(CAST(:until AS timestamptz), 'infinity')
      AND (f.accepted_at, f.id) < (COALESCE(CAST(:accepted_at AS timestamptz), 'infinity'),
                                   COALESCE(CAST(:id AS uuid), 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
    ORDER BY f.accepted_at DESC, f.id DESC LIMIT :limit
"""
_ANY: Final = text(_HISTORY.format(columns=FEED_COLUMNS, state="true"))
_STATE: Final = text(_HISTORY.format(columns=FEED_COLUMNS, state="f.status = :status"))
_REPLAYABLE: Final = text("""
    SELECT EXISTS (SELECT FROM feed f JOIN dispatch d ON d.id = f.id AND d.state = 'dead'
                   WHERE f.tenant_id = :tenant_id AND f.id = :id AND f.status = 'failed')
""")
_DECISIONS: Final = text("""
    SELECT decision, decided_at, decided_by FROM feed_decision
    WHERE tenant_id = :tenant_id AND feed_id = :id ORDER BY decided_at DESC LIMIT :limit
""")


class PostgresFeedHistory:
    """Opens transactions."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    @contextmanager
    def tenant(self, tenant_id: UUID) -> Iterator["PostgresHistoryTransaction"]:
        """One transaction in the tenant's scope."""
        with self._uow.tenant(tenant_id) as connection:
            yield PostgresHistoryTransaction(connection, tenant_id)


class PostgresHistoryTransaction:
    """See the port for every verb."""

    def __init__(self, connection: Connection, tenant_id: UUID) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    def history(self, wanted: Wanted, limit: int, before: tuple[datetime, UUID] | None) -> Sequence[Feed]:
        accepted_at, feed_id = before or (None, None)
        rows = self._connection.execute(
            _ANY if wanted.status is None else _STATE,
            {
                "tenant_id": self._tenant_id,
                "surface": wanted.surface,
                "surfaces": list(SURFACES),
                "status": wanted.status,
                "since": wanted.since,
                "until": wanted.until,
                "accepted_at": accepted_at,
                "id": feed_id,
                "limit": limit,
            },
        )
        return [feed_of(row) for row in rows.mappings()]

    def replayable(self, feed_id: UUID) -> bool:
        given = {"tenant_id": self._tenant_id, "id": feed_id}
        found: bool = self._connection.execute(_REPLAYABLE, given).scalar_one()
        return found

    def decisions(self, feed_id: UUID, limit: int) -> Sequence[Decision]:
        given = {"tenant_id": self._tenant_id, "id": feed_id, "limit": limit}
        rows = self._connection.execute(_DECISIONS, given)
        return [Decision(Verdict(row.decision), row.decided_at, row.decided_by) for row in rows]
