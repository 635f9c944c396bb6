"""Purchase orders."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from app.adapters.postgres.tables.columns import (
    MONEY,
    NOW,
    TIME,
    bigint_key,
    created_at,
    metadata,
    number,
    tenant_id,
    uuid_key,
)

purchase_order = Table(
    "purchase_order",
    metadata,
    uuid_key(),
    tenant_id(),
    Column("supplier_id", Uuid, ForeignKey("supplier.id"), nullable=False),
    Column("number", BigInteger, nullable=False),
    Column(
        "state",
        Text,
        CheckConstraint(
            "state IN ('draft','approved','sent','partly-received','received','closed','cancelled')",
            name="state",
        ),
        nullable=False,
        server_default="draft",
    ),
    created_at(),
    Column("approved_at", TIME),
    Column("approved_by", Text),
    Column("sent_at", TIME),
    Column("closed_at", TIME),
    number("send_tries"),
    Column("last_error", Text),
    UniqueConstraint("tenant_id", "number"),
    Index(
        "purchase_order_draft_idx",
        "supplier_id",
        unique=True,
        postgresql_where=text("state = 'draft'"),
    ),
    Index(None, "tenant_id", "created_at", "id"),
    comment="What is ordered of a supplier; one draft per supplier gathers lines.",
)

purchase_order_line = Table(
    "purchase_order_line",
    metadata,
    bigint_key(),
    tenant_id(),
    Column("purchase_order_id", Uuid, ForeignKey("purchase_order.id", ondelete="CASCADE"), nullable=False),
    Column("stock_id", BigInteger, ForeignKey("supplier_stock.id"), nullable=False),
    Column("sku", Text, nullable=False),
    Column("part_number", Text),
    Column("quantity", Integer, CheckConstraint("quantity > 0", name="quantity"), nullable=False),
    number("received", 0, BigInteger),
    Column("price", MONEY),
    Column("open", Boolean, nullable=False, server_default=text("true")),
    Column("fixed", Boolean, nullable=False, server_default=text("false")),
    Index(None, "purchase_order_id"),
    Index("purchase_order_line_open_idx", "stock_id", unique=True, postgresql_where=text("open")),
    CheckConstraint("received >= 0", name="received"),
    comment="One SKU of a purchase order; a SKU has one open line at most. fixed: a person said so, the watch leaves"
    " it; a draft's line that is not open was taken out by a person.",
)

purchase_receipt = Table(
    "purchase_receipt",
    metadata,
    Column("purchase_order_id", Uuid, ForeignKey("purchase_order.id", ondelete="CASCADE"), primary_key=True),
    Column("receipt_id", Text, primary_key=True),
    tenant_id(),
    Column("lines", JSONB, nullable=False),
    Column("received_at", TIME, nullable=False, server_default=NOW),
    Column("received_by", Text),
    comment="What came of a purchase order, once per receipt id.",
)
