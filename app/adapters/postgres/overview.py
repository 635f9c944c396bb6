"""Where a tenant's systems stand: a handful of small reads in one transaction, asked every few seconds."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, text

from app.adapters.postgres import activity
from app.adapters.postgres.alert_rows import ALERT_COLUMNS, alert_of
from app.adapters.postgres.feeds import FEED_COLUMNS, feed_of
from app.adapters.postgres.unit_of_work import UnitOfWork
from app.domain.activity.overview import Aside, Look
from app.domain.work.dispatch import Actor

_NOW: Final = text("SELECT clock_timestamp()")
_ROWS: Final = text("""
    SELECT surface, date_trunc('hour', minute) AS hour, sum(rows)::bigint AS rows FROM sync_activity_minute
    WHERE tenant_id = :tenant_id AND minute >= date_trunc('hour', now()) - make_interval(hours => :hours - 1)
    GROUP BY surface, hour
""")

# From the work that is pending, which is little, and not from the feeds, which are many.
_IN_FLIGHT: Final = text(f"""
    SELECT {FEED_COLUMNS}, count(*) OVER () AS all_of_them
    FROM dispatch d JOIN feed f ON f.id = d.id
    WHERE d.tenant_id = :tenant_id AND d.actor = :actor AND d.state IN ('ready', 'running')
    ORDER BY f.accepted_at, f.id LIMIT :listed
""")
_ASIDE: Final = text("""
    SELECT actor, state = 'held' AS held, count(*) AS count FROM dispatch
    WHERE tenant_id = :tenant_id AND (state = 'dead' OR state = 'held' AND actor = :actor)
    GROUP BY actor, held ORDER BY actor
""")
_ALERTS: Final = text(f"""
    SELECT {ALERT_COLUMNS} FROM alert a WHERE a.tenant_id = :tenant_id AND a.acknowledged_at IS NULL
    ORDER BY a.created_at DESC, a.id DESC LIMIT :listed
""")
_OPEN_ALERTS: Final = text(
    "SELECT count(*) FROM alert WHERE tenant_id = :tenant_id AND acknowledged_at IS NULL"
)
_KEYS: Final = text("SELECT count(*) FROM api_key WHERE tenant_id = :tenant_id AND revoked_at IS NULL")


class PostgresOverviews:
    """Opens transactions."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    @contextmanager
    def tenant(self, tenant_id: UUID) -> Iterator["PostgresOverviewTransaction"]:
        """One transaction in the tenant's scope."""
        with self._uow.tenant(tenant_id) as connection:
            yield PostgresOverviewTransaction(connection, tenant_id)


class PostgresOverviewTransaction:
    """See the port for every verb."""

    def __init__(self, connection: Connection, tenant_id: UUID) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    def look(self, hours: int, listed: int) -> Look:
        asked = {"tenant_id": self._tenant_id, "hours": hours, "listed": listed, "actor": Actor.FEEDS_APPLY}
        run = self._connection.execute
        flying = [dict(row) for row in run(_IN_FLIGHT, asked).mappings()]
        count = max((row.pop("all_of_them") for row in flying), default=0)
        return Look(
            now=run(_NOW).scalar_one(),
            used=activity.read(self._connection, self._tenant_id),
            rows_by_hour=self._rows_by_hour(hours),
            in_flight=[feed_of(row) for row in flying],
            in_flight_count=count,
            aside=self._aside(),
            alerts=[alert_of(row) for row in run(_ALERTS, asked).mappings()],
            alert_count=run(_OPEN_ALERTS, asked).scalar_one(),
            keys=run(_KEYS, asked).scalar_one(),
        )

    def _rows_by_hour(self, hours: int) -> dict[tuple[str, datetime], int]:
        rows = self._connection.execute(_ROWS, {"tenant_id": self._tenant_id, "hours": hours})
        return {(row.surface, row.hour): row.rows for row in rows}

    def _aside(self) -> Sequence[Aside]:
        asked = {"tenant_id": self._tenant_id, "actor": Actor.FEEDS_APPLY}
        return [Aside(**row) for row in self._connection.execute(_ASIDE, asked).mappings()]
