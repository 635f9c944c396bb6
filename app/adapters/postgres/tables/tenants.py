"""Tenants, their keys and their people."""

from sqlalchemy import (
    ARRAY,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from app.adapters.postgres.tables.columns import (
    NOW,
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
    text_of("name"),
    text_of("created_by"),
    Column("last_used_at", TIME),
    Index(None, "tenant_id"),
)

app_user = Table(
    "app_user",
    metadata,
    uuid_key(),
    tenant_id(),
    Column("email", Text, nullable=False),
    text_of("name"),
    Column(
        "role", Text, CheckConstraint("role IN ('viewer','operator','owner')", name="role"), nullable=False
    ),
    Column("platform", Boolean, nullable=False, server_default=text("false")),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    Column("password_hash", Text, nullable=False),
    number("failures"),
    Column("failed_at", TIME),
    created_at(),
    Column("last_sign_in_at", TIME),
    UniqueConstraint("tenant_id", "email"),
    Index(None, "email"),
    comment="A person at a tenant. email: in lower case; one person may be at several tenants.",
)

app_session = Table(
    "app_session",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    tenant_id(),
    Column("user_id", Uuid, ForeignKey("app_user.id", ondelete="CASCADE"), nullable=False),
    created_at(),
    Column("seen_at", TIME, nullable=False, server_default=NOW),
    Column("expires_at", TIME, nullable=False),
    text_of("agent"),
    Index(None, "user_id"),
    Index(None, "expires_at"),
    comment="A browser that is signed in, by the SHA-256 of its token. expires_at: at the latest.",
)

app_invitation = Table(
    "app_invitation",
    metadata,
    uuid_key(),
    tenant_id(),
    Column("email", Text, nullable=False),
    Column(
        "role", Text, CheckConstraint("role IN ('viewer','operator','owner')", name="role"), nullable=False
    ),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("user_id", Uuid, ForeignKey("app_user.id", ondelete="CASCADE")),
    text_of("invited_by"),
    created_at(),
    Column("expires_at", TIME, nullable=False),
    UniqueConstraint("tenant_id", "email"),
    Index(None, "user_id"),
    comment="A link that lets somebody choose a password, once. user_id: of one that forgot it.",
)
