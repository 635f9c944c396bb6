"""Wakes who watches the tables: a row with a flag is work for its tenant's watcher, until the watcher clears it.

Flags and not positions: what commits late has its flag still, wherever its number stands. One dispatch row per tenant
and watcher, with a name made of both, so that any number of sweeps make one.
"""

from typing import Final

from sqlalchemy import Connection, text

from app.domain.work.dispatch import Actor

_NEW_CHANGE_FOR_ALERTS: Final = ("supplier_stock_change", "NOT alerts_seen")
_NEW_CHANGE_FOR_ORDERS: Final = ("supplier_stock_change", "NOT orders_seen")
_NEW_ALERT: Final = ("alert", "NOT told")
_REPORT_DUE: Final = ("alert_channel", "active AND report_due_at <= clock_timestamp()")

WATCHES: Final = {
    Actor.ALERTS_WATCH: ("alerts", (_NEW_CHANGE_FOR_ALERTS, _NEW_ALERT, _REPORT_DUE)),
    Actor.PURCHASING_WATCH: ("purchasing", (_NEW_CHANGE_FOR_ORDERS,)),
}
"""Who is woken, in which lane, by rows of which table in which state. Each needs an index that starts with the tenant."""

# From tenant to tenant along the index: as many steps as tenants that wait, however many rows do.
_TENANTS: Final = """
    (WITH RECURSIVE w AS (
        (SELECT tenant_id FROM {table} WHERE {state} ORDER BY tenant_id LIMIT 1)
        UNION ALL
        SELECT (SELECT c.tenant_id FROM {table} c WHERE {state} AND c.tenant_id > w.tenant_id
                ORDER BY c.tenant_id LIMIT 1)
        FROM w WHERE w.tenant_id IS NOT NULL)
    SELECT tenant_id FROM w WHERE tenant_id IS NOT NULL)
"""
_WAKE: Final = """
    INSERT INTO dispatch (id, actor, tenant_id, lane, seq, ring_after)
    SELECT md5(CAST(:actor AS text) || t.tenant_id)::uuid, :actor, t.tenant_id, :lane || ':' || t.tenant_id, nextval('accept_seq'),
           clock_timestamp()
    FROM ({tenants}) t
    WHERE NOT EXISTS (SELECT FROM dispatch d WHERE d.id = md5(CAST(:actor AS text) || t.tenant_id)::uuid)
    ON CONFLICT (id) DO NOTHING
"""
_STATEMENTS: Final = tuple(
    (
        text(
            _WAKE.format(
                tenants=" UNION ".join(_TENANTS.format(table=table, state=state) for table, state in rows)
            )
        ),
        {"actor": actor.value, "lane": lane},
    )
    for actor, (lane, rows) in WATCHES.items()
)


def wake(connection: Connection) -> None:
    """Make the work of every watcher that something waits for, due at once."""
    for statement, given in _STATEMENTS:
        connection.execute(statement, given)
