"""Dealers, their stock, who shows it to whom, and where postal codes are."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from app.adapters.postgres.tables.columns import (
    NOW,
    TIME,
    bigint_key,
    created_at,
    metadata,
    number,
    tenant_id,
    text_of,
    uuid_key,
)

dealer = Table(
    "dealer",
    metadata,
    uuid_key(),
    tenant_id(),
    Column("code", Text),
    Column("name", Text, nullable=False),
    text_of("address"),
    text_of("city"),
    text_of("postal_code"),
    text_of("country"),
    text_of("phone"),
    text_of("website"),
    Column("lat", Double),
    Column("lng", Double),
    Column("linked_tenant_id", Uuid, ForeignKey("tenant.id")),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    created_at(),
    text_of("timezone"),
    Column("opening_hours", JSONB),
    Column("name_key", LargeBinary, nullable=False, server_default=""),
    UniqueConstraint("tenant_id", "code"),
    Index(
        "dealer_shown_idx",
        "tenant_id",
        "linked_tenant_id",
        postgresql_include=["id"],
        postgresql_where=text("active"),
    ),
    Index(None, "linked_tenant_id"),
)

dealer_stock = Table(
    "dealer_stock",
    metadata,
    bigint_key(),
    tenant_id(),
    Column("dealer_id", Uuid, ForeignKey("dealer.id", ondelete="CASCADE"), nullable=False),
    Column("part_number", Text, nullable=False),
    Column("stock", Integer, CheckConstraint("stock >= 0", name="stock"), nullable=False),
    Column("stock_as_of", TIME),
    number("stock_seq", 0, BigInteger),
    UniqueConstraint("dealer_id", "part_number"),
    Index(None, "tenant_id", "part_number"),
    postgresql_with={"fillfactor": "80"},
)

stock_share_consent = Table(
    "stock_share_consent",
    metadata,
    Column("tenant_id", Uuid, ForeignKey("tenant.id"), primary_key=True),
    Column("manufacturer_id", Uuid, ForeignKey("tenant.id"), primary_key=True),
    Column(
        "precision",
        Text,
        CheckConstraint("precision IN ('EXACT','LEVEL','NONE')", name="precision"),
        nullable=False,
        server_default="LEVEL",
    ),
    Column("changed_at", TIME, nullable=False, server_default=NOW),
    Column("changed_by", Text, nullable=False),
    Index(
        "stock_share_consent_shown_idx",
        "manufacturer_id",
        "tenant_id",
        postgresql_include=["precision"],
        postgresql_where=text("precision <> 'NONE'"),
    ),
    comment="What a reseller (tenant_id) shows of its stock to a manufacturer; no row means NONE.",
)

stock_share_consent_change = Table(
    "stock_share_consent_change",
    metadata,
    bigint_key(),
    tenant_id(),
    Column("manufacturer_id", Uuid, ForeignKey("tenant.id"), nullable=False),
    Column("precision_before", Text, nullable=False),
    Column("precision", Text, nullable=False),
    Column("changed_at", TIME, nullable=False),
    Column("changed_by", Text, nullable=False),
    Index(None, "tenant_id", "id"),
    comment="Every change of a consent, kept for good.",
)

network_version = Table(
    "network_version",
    metadata,
    Column("tenant_id", Uuid, ForeignKey("tenant.id"), primary_key=True),
    Column("version", BigInteger, nullable=False),
    comment="Rises with every change of who a tenant may show, in the change's own transaction.",
)

postal_code = Table(
    "postal_code",
    metadata,
    Column("country", Text, primary_key=True),
    Column("code", Text, primary_key=True),
    Column("lat", Double, nullable=False),
    Column("lng", Double, nullable=False),
    Column("approximate", Boolean, nullable=False),
    comment="Codes in their normal form; approximate: from the shipped file, by town and not by code.",
)
