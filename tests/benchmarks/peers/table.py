"""The plain table under the peers: stock by tenant and part number, and nothing else."""

from collections.abc import Sequence

import psycopg

from tests.benchmarks.tenants import PARTS, Tenant, part_number

TABLE = "bench.plain_stock"
UPSERT_UNNEST = f"""
    INSERT INTO {TABLE} AS s (tenant_id, part_number, stock)
    SELECT %s, n.part_number, n.stock FROM unnest(%s::text[], %s::int[]) AS n(part_number, stock)
    ON CONFLICT (tenant_id, part_number) DO UPDATE SET stock = excluded.stock, updated_at = now()
"""


def create(owner: psycopg.Connection, tenants: Sequence[Tenant]) -> None:
    """As many rows as the tenants' items, under a primary key of tenant and part number."""
    owner.execute("CREATE SCHEMA IF NOT EXISTS bench")
    owner.execute(f"DROP TABLE IF EXISTS {TABLE}")
    owner.execute(f"""
        CREATE TABLE {TABLE} (
            tenant_id uuid NOT NULL, part_number text NOT NULL, stock int NOT NULL,
            updated_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (tenant_id, part_number))
    """)
    names = [part_number(index) for index in range(PARTS)]
    for tenant in tenants:
        owner.execute(UPSERT_UNNEST, (tenant.id, names, [0] * PARTS))
    owner.execute(f"VACUUM ANALYZE {TABLE}")
