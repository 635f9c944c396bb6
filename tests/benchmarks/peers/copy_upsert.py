"""The bound of the writes: COPY into a temporary table, then one upsert, a transaction a batch."""

from collections.abc import Sequence

import psycopg

from tests.benchmarks.peers.table import TABLE
from tests.benchmarks.stock import Rows
from tests.benchmarks.tenants import Tenant

_UPSERT = f"""
    INSERT INTO {TABLE} AS s (tenant_id, part_number, stock) SELECT %s, part_number, stock FROM incoming
    ON CONFLICT (tenant_id, part_number) DO UPDATE SET stock = excluded.stock, updated_at = now()
"""


class CopyUpsert:
    """One connection on one tenant's rows. No parsing, no lookup, no outcome: only the rows into the table."""

    def __init__(self, connection: psycopg.Connection, tenant: Tenant) -> None:
        self._connection = connection
        self._tenant = tenant
        connection.execute("CREATE TEMP TABLE incoming (part_number text, stock int) ON COMMIT DELETE ROWS")

    def send(self, batches: Sequence[Rows]) -> int:
        """Each batch in its own transaction; how many rows were written."""
        written = 0
        for batch in batches:
            with self._connection.transaction(), self._connection.cursor() as cursor:
                with cursor.copy("COPY incoming FROM STDIN") as copy:
                    for row in batch:
                        copy.write_row(row)
                written += cursor.execute(_UPSERT, (self._tenant.id,)).rowcount
        return written
