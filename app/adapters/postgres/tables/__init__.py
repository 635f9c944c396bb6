"""The tables as they are now; the migrations lead here, and a test holds the two equal.

Ids that leave the system are uuid v7, ids that stay inside are bigint. Time is timestamptz, money
is numeric. Every table with a tenant_id is under row level security (`migrations/`).
"""

from app.adapters.postgres.tables import (
    alerts,
    catalog,
    feeds,
    network,
    orders,
    purchasing,
    shopify,
    suppliers,
    tenants,
    work,
)
from app.adapters.postgres.tables.columns import metadata

__all__ = [
    "alerts",
    "catalog",
    "feeds",
    "metadata",
    "network",
    "orders",
    "purchasing",
    "shopify",
    "suppliers",
    "tenants",
    "work",
]
