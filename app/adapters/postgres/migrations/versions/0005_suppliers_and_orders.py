"""Suppliers and their stock, orders that reserve it, alerts, purchase orders.

`supplier_stock_change` is written by a trigger, so that whatever changes availability (a report, a reservation, a
correction by hand) is seen by all who watch it: alerts, purchase orders, forecasts.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0005"
down_revision = "0004"

PLATFORM = "(SELECT current_setting('app.platform', true) = 'on')"
TENANT = "(SELECT nullif(current_setting('app.tenant', true), '')::uuid)"

STOCK_CHANGED = """
CREATE FUNCTION supplier_stock_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO supplier_stock_change (
        tenant_id, stock_id, supplier_id, level_before, level, available_before, available, quantity_before, quantity,
        shortage, alerts_seen)
    SELECT n.tenant_id, n.id, n.supplier_id, o.level, n.level, o.available, n.available, o.quantity, n.quantity,
           n.shortage, o.level = n.level AND (o.shortage > 0) = (n.shortage > 0)
    FROM new_rows n JOIN old_rows o USING (id)
    WHERE (o.available, o.quantity, o.shortage, o.level) IS DISTINCT FROM (n.available, n.quantity, n.shortage, n.level)
    ORDER BY n.id;
    RETURN NULL;
END $$
"""

# What may be low from the first, or by other terms, is looked at as if it had changed; no alert comes of it.
STOCK_LISTED = """
CREATE FUNCTION supplier_stock_listed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO supplier_stock_change (
        tenant_id, stock_id, supplier_id, level, available, quantity, shortage, alerts_seen)
    SELECT n.tenant_id, n.id, n.supplier_id, n.level, n.available, n.quantity, n.shortage, true
    FROM new_rows n JOIN supplier p ON p.id = n.supplier_id
    WHERE n.available <= COALESCE(n.reorder_point, p.reorder_point)
    ORDER BY n.id;
    RETURN NULL;
END $$
"""
STOCK_TERMS_CHANGED = """
CREATE FUNCTION supplier_stock_terms_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO supplier_stock_change (
        tenant_id, stock_id, supplier_id, level_before, level, available_before, available, quantity_before, quantity,
        shortage, alerts_seen)
    SELECT s.tenant_id, s.id, s.supplier_id, s.level, s.level, s.available, s.available, s.quantity, s.quantity,
           s.shortage, true
    FROM supplier_stock s
    WHERE CASE TG_TABLE_NAME WHEN 'supplier' THEN s.supplier_id = (to_jsonb(NEW) ->> 'id')::uuid
                             ELSE s.id = (to_jsonb(NEW) ->> 'id')::bigint END
    ORDER BY s.id;
    RETURN NULL;
END $$
"""

TABLES = (
    "supplier",
    "supplier_sku",
    "supplier_stock",
    "supplier_stock_change",
    "supplier_poll",
    "supplier_day",
    "stock_order",
    "reservation",
    "order_rule",
    "order_refusal",
    "alert",
    "alert_state",
    "alert_channel",
    "alert_delivery",
    "purchase_order",
    "purchase_order_line",
    "purchase_receipt",
)


def upgrade() -> None:
    """Expand only: the release before this one works on."""
    _suppliers()
    _orders()
    _alerts()
    _purchasing()
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY tenant_rows ON {table} USING (tenant_id = {TENANT} OR {PLATFORM})")
    op.execute(STOCK_CHANGED)
    op.execute(
        "CREATE TRIGGER supplier_stock_changed AFTER UPDATE ON supplier_stock"
        " REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows"
        " FOR EACH STATEMENT EXECUTE FUNCTION supplier_stock_changed()"
    )
    _reorder_triggers()


def _reorder_triggers() -> None:
    op.execute(STOCK_LISTED)
    op.execute(
        "CREATE TRIGGER supplier_stock_listed AFTER INSERT ON supplier_stock REFERENCING NEW TABLE AS new_rows"
        " FOR EACH STATEMENT EXECUTE FUNCTION supplier_stock_listed()"
    )
    op.execute(STOCK_TERMS_CHANGED)
    for table, terms in (
        ("supplier_stock", ("listed", "reorder_point", "target_stock", "pack_size", "order_minimum")),
        ("supplier", ("reorder_mode", "reorder_point", "target_stock", "active")),
    ):
        old, new = (", ".join(f"{age}.{term}" for term in terms) for age in ("OLD", "NEW"))
        op.execute(
            f"CREATE TRIGGER {table}_terms_changed AFTER UPDATE OF {', '.join(terms)} ON {table} FOR EACH ROW"
            f" WHEN (({old}) IS DISTINCT FROM ({new})) EXECUTE FUNCTION supplier_stock_terms_changed()"
        )


def _suppliers() -> None:
    op.create_table(
        "supplier",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("source", JSONB(), nullable=False),
        sa.Column("secrets", sa.LargeBinary(), nullable=True),
        sa.Column("interval_s", sa.Integer(), server_default=sa.text("900"), nullable=False),
        sa.Column("low_stock_threshold", sa.Integer(), server_default=sa.text("10"), nullable=False),
        sa.Column("reorder_point", sa.Integer(), nullable=True),
        sa.Column("target_stock", sa.Integer(), nullable=True),
        sa.Column("drop_guard_percent", sa.Integer(), server_default=sa.text("50"), nullable=False),
        sa.Column("reorder_mode", sa.Text(), server_default="order", nullable=False),
        sa.Column("order_email", sa.Text(), nullable=True),
        sa.Column("order_url", sa.Text(), nullable=True),
        sa.Column("order_format", sa.Text(), server_default="json", nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("body_hash", sa.LargeBinary(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("poll_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("polled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("circuit_open_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("supplier_tenant_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("supplier_pkey")),
        sa.UniqueConstraint("tenant_id", "code", name=op.f("supplier_tenant_id_code_key")),
        sa.CheckConstraint(
            "reorder_mode IN ('order','task','off')", name=op.f("supplier_reorder_mode_check")
        ),
        sa.CheckConstraint("order_format IN ('json','csv')", name=op.f("supplier_order_format_check")),
        comment="Where a supplier's stock is read and how; its dispatch row rings for it. due_at: the reading that is not yet answered, poll_at: when it is tried next; null: it sends. confirmed_at: what was read last, changed or not, is as of then.",
    )
    op.create_table(
        "supplier_sku",
        sa.Column("supplier_id", sa.Uuid(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("part_number", sa.Text(), nullable=True),
        sa.Column("low_stock_threshold", sa.Integer(), nullable=True),
        sa.Column("reorder_point", sa.Integer(), nullable=True),
        sa.Column("target_stock", sa.Integer(), nullable=True),
        sa.Column("pack_size", sa.Integer(), nullable=True),
        sa.Column("order_minimum", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["supplier_id"], ["supplier.id"], name=op.f("supplier_sku_supplier_id_fkey"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("supplier_sku_tenant_id_fkey")),
        sa.PrimaryKeyConstraint("supplier_id", "sku", name=op.f("supplier_sku_pkey")),
        comment="What is said of a supplier's SKU, listed or not: the part that it is, where no part number or alias tells, and its terms, where they are not the supplier's. supplier_stock follows.",
    )
    op.create_table(
        "supplier_stock",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("supplier_id", sa.Uuid(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("part_number", sa.Text(), nullable=True),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("reserved", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("shipped", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("shortage", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("incoming", sa.Integer(), nullable=True),
        sa.Column("source_reserved", sa.Integer(), nullable=True),
        sa.Column("price", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("lead_time_days", sa.Integer(), nullable=True),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=True),
        sa.Column("listed", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("low_stock_threshold", sa.Integer(), server_default=sa.text("10"), nullable=False),
        sa.Column("reorder_point", sa.Integer(), nullable=True),
        sa.Column("target_stock", sa.Integer(), nullable=True),
        sa.Column("pack_size", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("order_minimum", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "available",
            sa.Integer(),
            sa.Computed("GREATEST(quantity - reserved - shipped, 0)", persisted=True),
            nullable=True,
        ),
        sa.Column(
            "level",
            sa.Text(),
            sa.Computed(
                "CASE WHEN quantity - reserved - shipped <= 0 THEN 'out' WHEN quantity - reserved - shipped < low_stock_threshold THEN 'low' ELSE 'in-stock' END",
                persisted=True,
            ),
            nullable=True,
        ),
        sa.CheckConstraint(
            "reserved + shipped <= quantity + shortage", name=op.f("supplier_stock_never_oversold_check")
        ),
        sa.CheckConstraint(
            "reserved >= 0 AND shipped >= 0 AND shortage >= 0", name=op.f("supplier_stock_counts_check")
        ),
        sa.ForeignKeyConstraint(
            ["supplier_id"], ["supplier.id"], name=op.f("supplier_stock_supplier_id_fkey"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("supplier_stock_tenant_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("supplier_stock_pkey")),
        sa.UniqueConstraint("supplier_id", "sku", name=op.f("supplier_stock_supplier_id_sku_key")),
        comment="One SKU of a supplier: quantity as it last reported, reserved and shipped as we promised and it has not confirmed. as_of: the source's own word; null: the supplier's confirmed_at, while it is listed.",
        postgresql_with={"fillfactor": "80"},
    )
    op.create_index(
        "supplier_stock_promised_idx",
        "supplier_stock",
        ["supplier_id"],
        unique=False,
        postgresql_where=sa.text("shipped > 0 OR reserved > 0"),
    )
    op.create_index(
        "supplier_stock_shown_idx",
        "supplier_stock",
        ["tenant_id", sa.text("COALESCE(part_number, sku)"), "id"],
        unique=False,
    )
    op.create_index(
        op.f("supplier_stock_tenant_id_part_number_idx"),
        "supplier_stock",
        ["tenant_id", "part_number"],
        unique=False,
    )
    op.create_table(
        "supplier_stock_change",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("stock_id", sa.BigInteger(), nullable=False),
        sa.Column("supplier_id", sa.Uuid(), nullable=False),
        sa.Column("level_before", sa.Text(), nullable=True),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("available_before", sa.Integer(), nullable=True),
        sa.Column("available", sa.Integer(), nullable=False),
        sa.Column("quantity_before", sa.Integer(), nullable=True),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("shortage", sa.Integer(), nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["stock_id"],
            ["supplier_stock.id"],
            name=op.f("supplier_stock_change_stock_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("supplier_stock_change_tenant_id_fkey")
        ),
        sa.Column("alerts_seen", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("orders_seen", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("supplier_stock_change_pkey")),
        comment="Every change of a SKU's availability, by trigger: what alerts, purchase orders and forecasts go by.",
    )
    op.create_index(
        op.f("supplier_stock_change_stock_id_at_idx"),
        "supplier_stock_change",
        ["stock_id", "at"],
        unique=False,
    )
    op.create_index(
        op.f("supplier_stock_change_tenant_id_id_idx"),
        "supplier_stock_change",
        ["tenant_id", "id"],
        unique=False,
    )
    op.create_index("supplier_stock_change_at_idx", "supplier_stock_change", ["at"], postgresql_using="brin")
    op.create_index(
        "supplier_stock_change_alerts_idx",
        "supplier_stock_change",
        ["tenant_id", "id"],
        postgresql_where=sa.text("NOT alerts_seen"),
    )
    op.create_index(
        "supplier_stock_change_orders_idx",
        "supplier_stock_change",
        ["tenant_id", "id"],
        postgresql_where=sa.text("NOT orders_seen"),
    )
    op.create_table(
        "supplier_poll",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("supplier_id", sa.Uuid(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("rows", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("changed", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("dropped", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("stale", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("malformed", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("malformed_sample", JSONB(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("held", sa.LargeBinary(), nullable=True),
        sa.Column("sent", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.ForeignKeyConstraint(
            ["supplier_id"], ["supplier.id"], name=op.f("supplier_poll_supplier_id_fkey"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("supplier_poll_tenant_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("supplier_poll_pkey")),
        comment="One reading of a supplier, or one payload that it sent; kept 30 days. held: what waits for a worker (no outcome yet) or for a person. as_of: the report's own time.",
    )
    op.create_index(
        "supplier_poll_waiting_idx",
        "supplier_poll",
        ["supplier_id"],
        unique=False,
        postgresql_where=sa.text("held IS NOT NULL"),
    )
    op.create_index(op.f("supplier_poll_started_at_idx"), "supplier_poll", ["started_at"], unique=False)
    op.create_index(
        op.f("supplier_poll_supplier_id_started_at_idx"),
        "supplier_poll",
        ["supplier_id", "started_at"],
        unique=False,
    )
    op.create_index(
        op.f("supplier_poll_tenant_id_started_at_id_idx"),
        "supplier_poll",
        ["tenant_id", "started_at", "id"],
        unique=False,
    )
    op.create_table(
        "supplier_day",
        sa.Column("supplier_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("polls", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("answered", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("latency_s", sa.Double(), server_default=sa.text("0"), nullable=False),
        sa.Column("delay_s", sa.Double(), server_default=sa.text("0"), nullable=False),
        sa.Column("delays", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("stock_outs", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("shrinks", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("listed", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(
            ["supplier_id"], ["supplier.id"], name=op.f("supplier_day_supplier_id_fkey"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("supplier_day_tenant_id_fkey")),
        sa.PrimaryKeyConstraint("supplier_id", "day", name=op.f("supplier_day_pkey")),
        comment="What a supplier was like on a day (UTC): sums, from which its reliability is told.",
    )


def _orders() -> None:
    op.create_table(
        "stock_order",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="reserved", nullable=False),
        sa.Column("account", sa.Text(), nullable=True),
        sa.Column("asked", JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("flags", JSONB(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("stock_order_tenant_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("stock_order_pkey")),
        sa.UniqueConstraint(
            "tenant_id", "channel", "order_id", name=op.f("stock_order_tenant_id_channel_order_id_key")
        ),
        comment="An order of a channel. asked: units by part number; a rule may have let some pass without a reservation.",
    )
    op.create_index(
        "stock_order_expiry_idx",
        "stock_order",
        ["expires_at"],
        unique=False,
        postgresql_where=sa.text("status = 'reserved'"),
    )
    op.create_index(
        op.f("stock_order_tenant_id_created_at_id_idx"),
        "stock_order",
        ["tenant_id", "created_at", "id"],
        unique=False,
    )
    op.create_table(
        "reservation",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("part_number", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("stock_id", sa.BigInteger(), nullable=False),
        sa.Column("supplier_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("fulfilled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["order_id"], ["stock_order.id"], name=op.f("reservation_order_id_fkey"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["stock_id"], ["supplier_stock.id"], name=op.f("reservation_stock_id_fkey")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("reservation_tenant_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("reservation_pkey")),
        sa.UniqueConstraint("order_id", "line", name=op.f("reservation_order_id_line_key")),
        comment="A line's units at one supplier: open, then shipped until a younger report has seen it, or released.",
    )
    op.create_index(
        "reservation_held_idx",
        "reservation",
        ["stock_id"],
        unique=False,
        postgresql_where=sa.text("state IN ('open','shipped')"),
    )
    op.create_table(
        "order_rule",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("account", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("order_rule_tenant_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("order_rule_pkey")),
        sa.UniqueConstraint(
            "tenant_id",
            "channel",
            "account",
            "rule",
            name=op.f("order_rule_tenant_id_channel_account_rule_key"),
        ),
        comment="What is refused or flagged, or passes, by channel and account; '' is any.",
    )
    op.create_table(
        "order_refusal",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("details", JSONB(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("payload", JSONB(), nullable=False),
        sa.Column("stake", sa.Numeric(precision=12, scale=2), server_default=sa.text("0"), nullable=False),
        sa.Column("units", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("times", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("refused_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("order_refusal_tenant_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("order_refusal_pkey")),
        sa.UniqueConstraint(
            "tenant_id", "channel", "order_id", name=op.f("order_refusal_tenant_id_channel_order_id_key")
        ),
        comment="An order that could not be taken, ranked by what is at stake, and replayable.",
    )
    op.create_index(
        op.f("order_refusal_tenant_id_state_stake_idx"),
        "order_refusal",
        ["tenant_id", "state", "stake"],
        unique=False,
    )


def _alerts() -> None:
    op.create_table(
        "alert",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("details", JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("told", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("alert_tenant_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("alert_pkey")),
        comment="A change of state that somebody should see. told: its deliveries are written.",
    )
    op.create_index(
        "alert_untold_idx",
        "alert",
        ["tenant_id", "created_at"],
        unique=False,
        postgresql_where=sa.text("NOT told"),
    )
    op.create_index(
        op.f("alert_tenant_id_created_at_id_idx"), "alert", ["tenant_id", "created_at", "id"], unique=False
    )
    op.create_table(
        "alert_state",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("alert_state_tenant_id_fkey")),
        sa.PrimaryKeyConstraint("tenant_id", "subject", name=op.f("alert_state_pkey")),
        comment="The state of each subject that was told last: an alert is a change of it.",
    )
    op.create_table(
        "alert_channel",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=True),
        sa.Column("old_secret", sa.LargeBinary(), nullable=True),
        sa.Column("old_secret_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("alerts", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("urgent", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("quiet_from", sa.Time(), nullable=True),
        sa.Column("quiet_until", sa.Time(), nullable=True),
        sa.Column("timezone", sa.Text(), server_default=sa.text("'UTC'"), nullable=False),
        sa.Column("daily_report_at", sa.Time(), nullable=True),
        sa.Column("reported_on", sa.Date(), nullable=True),
        sa.Column("report_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("stopped_because", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind IN ('webhook','email')", name=op.f("alert_channel_kind_check")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("alert_channel_tenant_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("alert_channel_pkey")),
        comment="Where alerts go: a webhook or an address, which alerts, and when not.",
    )
    op.create_index(op.f("alert_channel_tenant_id_idx"), "alert_channel", ["tenant_id"], unique=False)
    op.create_index(
        "alert_channel_report_idx",
        "alert_channel",
        ["tenant_id", "report_due_at"],
        unique=False,
        postgresql_where=sa.text("active AND report_due_at IS NOT NULL"),
    )
    op.create_table(
        "alert_delivery",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), server_default="alerts", nullable=False),
        sa.Column("gathers", sa.Text(), nullable=True),
        sa.Column("urgent", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("alert_ids", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("state", sa.Text(), server_default="queued", nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["channel_id"],
            ["alert_channel.id"],
            name=op.f("alert_delivery_channel_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("alert_delivery_tenant_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("alert_delivery_pkey")),
        comment="Alerts on their way to a channel; a report has none. gathers: more of the same kind may join it until its first try.",
    )
    op.create_index(
        op.f("alert_delivery_channel_id_created_at_id_idx"),
        "alert_delivery",
        ["channel_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(op.f("alert_delivery_created_at_idx"), "alert_delivery", ["created_at"], unique=False)
    op.create_index(
        "alert_delivery_due_idx",
        "alert_delivery",
        ["channel_id", "due_at"],
        unique=False,
        postgresql_where=sa.text("state = 'queued'"),
    )


def _purchasing() -> None:
    op.create_table(
        "purchase_order",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("supplier_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), server_default="draft", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("send_tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["supplier_id"], ["supplier.id"], name=op.f("purchase_order_supplier_id_fkey")
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("purchase_order_tenant_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("purchase_order_pkey")),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("purchase_order_tenant_id_number_key")),
        comment="What is ordered of a supplier; one draft per supplier gathers lines.",
    )
    op.create_index(
        "purchase_order_draft_idx",
        "purchase_order",
        ["supplier_id"],
        unique=True,
        postgresql_where=sa.text("state = 'draft'"),
    )
    op.create_index(
        op.f("purchase_order_tenant_id_created_at_id_idx"),
        "purchase_order",
        ["tenant_id", "created_at", "id"],
        unique=False,
    )
    op.create_table(
        "purchase_order_line",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("purchase_order_id", sa.Uuid(), nullable=False),
        sa.Column("stock_id", sa.BigInteger(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("part_number", sa.Text(), nullable=True),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("received", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("price", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("open", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("fixed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint("received >= 0", name=op.f("purchase_order_line_received_check")),
        sa.ForeignKeyConstraint(
            ["purchase_order_id"],
            ["purchase_order.id"],
            name=op.f("purchase_order_line_purchase_order_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["stock_id"], ["supplier_stock.id"], name=op.f("purchase_order_line_stock_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("purchase_order_line_tenant_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("purchase_order_line_pkey")),
        comment="One SKU of a purchase order; a SKU has one open line at most. fixed: a person said so, the watch leaves it; a draft's line that is not open was taken out by a person.",
    )
    op.create_index(
        "purchase_order_line_open_idx",
        "purchase_order_line",
        ["stock_id"],
        unique=True,
        postgresql_where=sa.text("open"),
    )
    op.create_index(
        op.f("purchase_order_line_purchase_order_id_idx"),
        "purchase_order_line",
        ["purchase_order_id"],
        unique=False,
    )
    op.create_table(
        "purchase_receipt",
        sa.Column("purchase_order_id", sa.Uuid(), nullable=False),
        sa.Column("receipt_id", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("lines", JSONB(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["purchase_order_id"],
            ["purchase_order.id"],
            name=op.f("purchase_receipt_purchase_order_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("purchase_receipt_tenant_id_fkey")),
        sa.PrimaryKeyConstraint("purchase_order_id", "receipt_id", name=op.f("purchase_receipt_pkey")),
        comment="What came of a purchase order, once per receipt id.",
    )
