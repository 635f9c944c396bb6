"""What is on its way of a SKU: what the supplier says it awaits, and what our purchase orders still await of it."""

from typing import Final

# At most one row: a SKU has one open line.
AWAITED: Final = """
    (SELECT GREATEST(l.quantity - l.received, 0)
     FROM purchase_order_line l JOIN purchase_order o ON o.id = l.purchase_order_id
     WHERE l.stock_id = s.id AND l.open AND o.state IN ('sent', 'partly-received'))
"""
"""Units of `supplier_stock s` that sent purchase orders await; NULL when none does."""

INCOMING: Final = (
    f"(SELECT sum(one.units)::bigint FROM (VALUES (s.incoming::bigint), ({AWAITED})) AS one(units))"
)
"""Both of `supplier_stock s` together; NULL when neither says anything."""
