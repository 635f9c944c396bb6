"""Reservations update a SKU's row in place, and the alerts' watch hears of a SKU that rose well over a boundary.

No index knows `reserved` or `shipped` any more; two small ones tell what the ones that go told.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

# A change is for the alerts' watch when it is one of level or of shortage, or when it rises past a boundary's margin
# (`app.domain.alerts.levels`): what wavered below it is then told.
STOCK_CHANGED = """
CREATE OR REPLACE FUNCTION supplier_stock_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO supplier_stock_change (
        tenant_id, stock_id, supplier_id, level_before, level, available_before, available, quantity_before, quantity,
        shortage, alerts_seen)
    SELECT n.tenant_id, n.id, n.supplier_id, o.level, n.level, o.available, n.available, o.quantity, n.quantity,
           n.shortage, o.level = n.level AND (o.shortage > 0) = (n.shortage > 0)
                       AND NOT (o.available < 1 + m.units AND n.available >= 1 + m.units
                                OR o.available < n.low_stock_threshold + m.units
                                   AND n.available >= n.low_stock_threshold + m.units)
    FROM new_rows n JOIN old_rows o USING (id)
    CROSS JOIN LATERAL (SELECT GREATEST(1, n.low_stock_threshold / 10) AS units) m
    WHERE (o.available, o.quantity, o.shortage, o.level) IS DISTINCT FROM (n.available, n.quantity, n.shortage, n.level)
    ORDER BY n.id;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    """The release before this one works on, a little slower where it looked through the indexes that go."""
    op.create_index(
        "reservation_shipped_idx",
        "reservation",
        ["supplier_id"],
        postgresql_where=sa.text("state = 'shipped'"),
    )
    op.create_index(
        "supplier_stock_short_idx",
        "supplier_stock",
        ["tenant_id", "id"],
        postgresql_where=sa.text("shortage > 0"),
    )
    op.drop_index("supplier_stock_promised_idx", "supplier_stock")
    op.drop_index("stock_order_expiry_idx", "stock_order")
    op.execute(STOCK_CHANGED)
