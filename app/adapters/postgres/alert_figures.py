"""The daily report's figures, read at one moment."""

from typing import Final
from uuid import UUID

from sqlalchemy import Connection, text

from app.domain.alerts.report import LISTED_MAX, Figures

_LEVELS: Final = text("""
    SELECT count(DISTINCT s.supplier_id) AS suppliers, count(*) FILTER (WHERE s.level = 'in-stock') AS in_stock,
           count(*) FILTER (WHERE s.level = 'low') AS low, count(*) FILTER (WHERE s.level = 'out') AS out,
           count(*) FILTER (WHERE s.shortage > 0) AS short
    FROM supplier_stock s JOIN supplier p ON p.id = s.supplier_id AND p.active
    WHERE s.tenant_id = :tenant_id AND (s.listed OR s.shortage > 0)
""")
# What was told of the last 24 hours and is so still: what is out and back again needs nobody.
_NEW_OUTS: Final = text("""
    SELECT a.message, count(*) OVER () AS all_of_them FROM alert a
    JOIN alert_state k ON k.tenant_id = a.tenant_id AND k.subject = a.subject AND k.state = 'out'
    WHERE a.tenant_id = :tenant_id AND a.kind = 'out' AND a.created_at > now() - interval '24 hours'
      AND a.created_at >= k.since - interval '1 minute'
    ORDER BY a.created_at DESC, a.id DESC LIMIT :limit
""")
_SHORT: Final = text("""
    SELECT s.sku || ' at ' || p.name || ': ' || s.shortage || ' short' FROM supplier_stock s
    JOIN supplier p ON p.id = s.supplier_id
    WHERE s.tenant_id = :tenant_id AND s.shortage > 0 ORDER BY s.shortage DESC, s.id LIMIT :limit
""")
_TROUBLED: Final = text("""
    SELECT name || ': ' || COALESCE(last_error, 'nothing was read since ' || to_char(confirmed_at, 'YYYY-MM-DD HH24:MI')
                                    || ' UTC', 'nothing was ever read')
    FROM supplier
    WHERE tenant_id = :tenant_id AND active AND created_at < now() - make_interval(secs => 2 * interval_s)
      AND (failures > 0 OR confirmed_at IS NULL OR confirmed_at < now() - make_interval(secs => 2 * interval_s))
    ORDER BY name, id
""")
_ORDERS: Final = text("""
    SELECT state, count(*) AS orders FROM purchase_order
    WHERE tenant_id = :tenant_id AND state NOT IN ('closed', 'cancelled', 'received') GROUP BY state
""")
_OPEN: Final = text("SELECT count(*) FROM alert WHERE tenant_id = :tenant_id AND acknowledged_at IS NULL")


def read(connection: Connection, tenant_id: UUID) -> Figures:
    """The tenant's, as they stand now."""
    asked = {"tenant_id": tenant_id, "limit": LISTED_MAX}
    levels = connection.execute(_LEVELS, asked).mappings().one()
    outs = connection.execute(_NEW_OUTS, asked).all()
    return Figures(
        **levels,
        new_outs=outs[0].all_of_them if outs else 0,
        new_out_names=[row.message for row in outs],
        short_names=connection.execute(_SHORT, asked).scalars().all(),
        troubled_sources=connection.execute(_TROUBLED, asked).scalars().all(),
        purchase_orders={row.state: row.orders for row in connection.execute(_ORDERS, asked)},
        open_alerts=connection.execute(_OPEN, asked).scalar_one(),
    )
