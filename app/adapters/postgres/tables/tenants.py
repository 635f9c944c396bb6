"""Tenants and their keys."""

from sqlalchemy import (
    ARRAY,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    Table,
    Text,
    text,
)

from app.adapters.postgres.tables.columns import (
    TIME,
    created_at,
    metadata,
    number,
    tenant_id,
    text_of,
    uuid_key,
)

tenant = Table(
    "tenant",
    metadata,
    uuid_key(),
    Column("name", Text, nullable=False),
    Column(
        "type",
        Text,
        CheckConstraint(
            "type IN ('STANDARD','MANUFACTURER','RESELLER','HYBRID','RETAIL','DISTRIBUTOR','DATA_PROVIDER')",
            name="type",
        ),
        nullable=False,
    ),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    Column("allowed_domains", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    number("low_stock_threshold", 10),
    number("safety_stock"),
    text_of("currency", "EUR"),
    text_of("mapbox_token"),
    Column("shrink_guard_percent", Numeric(5, 2)),
    number("echo_guard_s", 300),
    Column("feed_wait_s", Double),
    number("expected_interval_s", 86400),
    text_of("new_product_status", "ACTIVE"),
    Column("rate_limit_per_s", Double),
    Column("rate_limit_burst", Integer),
    created_at(),
    Index(
        "tenant_shown_idx",
        "id",
        postgresql_include=["safety_stock", "low_stock_threshold"],
        postgresql_where=text("active"),
    ),
)

api_key = Table(
    "api_key",
    metadata,
    uuid_key(),
    tenant_id(),
    Column("prefix", Text, nullable=False, unique=True),
    Column("secret_hash", LargeBinary, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    created_at(),
    Column("revoked_at", TIME),
    Index(None, "tenant_id"),
)
