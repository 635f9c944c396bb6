"""Rows of purchase orders, and the turns that all take who write them."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, TextClause, text

from app.domain.errors import LeaseLostError
from app.domain.purchasing.order import Line, OrderState, PurchaseOrder
from app.domain.work.dispatch import Claim

# Before any row. A tenant's watch, its buyers and its senders are few and brief; none of them waits long.
_TAKE_TURNS: Final = text("SELECT pg_advisory_xact_lock(hashtextextended('purchasing ' || :tenant_id, 0))")

REST: Final = text("""
    UPDATE dispatch
    SET state = 'ready', attempts = 0, lease_until = NULL, last_error = :error,
        not_before = clock_timestamp() + make_interval(secs => :delay_s),
        ring_after = clock_timestamp() + make_interval(secs => :delay_s)
    WHERE id = :id AND token = :token AND state = 'running'
""")
DONE: Final = text("DELETE FROM dispatch WHERE id = :id AND token = :token AND state = 'running'")

ORDER_COLUMNS: Final = """
    o.id, o.number, o.supplier_id, p.code AS supplier_code, p.name AS supplier_name, o.state,
    EXISTS (SELECT FROM dispatch d WHERE d.id = o.id AND d.state IN ('ready', 'running')) AS sending,
    n.lines, n.units, o.created_at, o.approved_at, o.approved_by, o.sent_at, o.closed_at, o.last_error
"""
# A draft's line that is not open was taken out.
ORDERS: Final = """
    purchase_order o JOIN supplier p ON p.id = o.supplier_id
    CROSS JOIN LATERAL (
        SELECT count(*)::int AS lines, COALESCE(sum(l.quantity), 0)::bigint AS units
        FROM purchase_order_line l
        WHERE l.purchase_order_id = o.id AND (l.open OR o.state <> 'draft')) n
"""
_LINES: Final = text("""
    SELECT l.sku, l.part_number, l.quantity, l.received, l.price, l.fixed
    FROM purchase_order_line l JOIN purchase_order o ON o.id = l.purchase_order_id
    WHERE l.tenant_id = :tenant_id AND l.purchase_order_id = :id AND (l.open OR o.state <> 'draft')
    ORDER BY l.sku
""")


def take_turns(connection: Connection, tenant_id: UUID) -> None:
    """Wait for whoever else writes this tenant's purchase orders, and hold them until the transaction ends."""
    connection.execute(_TAKE_TURNS, {"tenant_id": str(tenant_id)})


def fenced(connection: Connection, statement: TextClause, claim: Claim, **given: Any) -> None:
    """Let the claim's work rest or be done. Raises LeaseLostError: the transaction must not commit."""
    if connection.execute(statement, {"id": claim.id, "token": claim.token, **given}).rowcount != 1:
        raise LeaseLostError(f"the lease on {claim.id} went to another worker")


def order_of(row: Mapping[Any, Any]) -> PurchaseOrder:
    """A purchase order from its columns."""
    return PurchaseOrder(**{**row, "state": OrderState(row["state"])})


def lines_of(connection: Connection, tenant_id: UUID, order_id: UUID) -> list[Line]:
    """A purchase order's lines, by SKU."""
    rows = connection.execute(_LINES, {"tenant_id": tenant_id, "id": order_id}).mappings()
    return [Line(**row) for row in rows]
