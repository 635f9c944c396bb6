"""Who waits for whom in PostgreSQL, looked at from outside."""

import psycopg

from app.local.engines import Engines


def waiting(engines: Engines) -> int:
    """So many of the application's transactions wait for a lock."""
    with psycopg.connect(engines.superuser_url, autocommit=True) as look:
        row = look.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'stockline' AND wait_event_type = 'Lock'"
        ).fetchone()
    assert row
    return int(row[0])
