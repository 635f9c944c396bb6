"""Alerts, and where they go."""

from sqlalchemy import (
    ARRAY,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    LargeBinary,
    Table,
    Text,
    Time,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

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

alert = Table(
    "alert",
    metadata,
    uuid_key(),
    tenant_id(),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("details", JSONB, nullable=False),
    created_at(),
    Column("told", Boolean, nullable=False, server_default=text("false")),
    Column("acknowledged_at", TIME),
    Column("acknowledged_by", Text),
    Index(None, "tenant_id", "created_at", "id"),
    Index("alert_untold_idx", "tenant_id", "created_at", postgresql_where=text("NOT told")),
    comment="A change of state that somebody should see. told: its deliveries are written.",
)

alert_state = Table(
    "alert_state",
    metadata,
    Column("tenant_id", Uuid, ForeignKey("tenant.id"), primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("since", TIME, nullable=False, server_default=NOW),
    comment="The state of each subject that was told last: an alert is a change of it.",
)

alert_channel = Table(
    "alert_channel",
    metadata,
    uuid_key(),
    tenant_id(),
    Column("kind", Text, CheckConstraint("kind IN ('webhook','email')", name="kind"), nullable=False),
    Column("target", Text, nullable=False),
    Column("secret", LargeBinary),
    Column("old_secret", LargeBinary),
    Column("old_secret_until", TIME),
    Column("alerts", ARRAY(Text), nullable=False),
    Column("urgent", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("quiet_from", Time),
    Column("quiet_until", Time),
    text_of("timezone", "UTC"),
    Column("daily_report_at", Time),
    Column("reported_on", Date),
    Column("report_due_at", TIME),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    Column("stopped_because", Text),
    created_at(),
    Index(None, "tenant_id"),
    Index(
        "alert_channel_report_idx",
        "tenant_id",
        "report_due_at",
        postgresql_where=text("active AND report_due_at IS NOT NULL"),
    ),
    comment="Where alerts go: a webhook or an address, which alerts, and when not.",
)

alert_delivery = Table(
    "alert_delivery",
    metadata,
    uuid_key(),
    tenant_id(),
    Column("channel_id", Uuid, ForeignKey("alert_channel.id", ondelete="CASCADE"), nullable=False),
    Column("kind", Text, nullable=False, server_default="alerts"),
    Column("gathers", Text),
    Column("urgent", Boolean, nullable=False, server_default=text("false")),
    Column("alert_ids", ARRAY(Uuid), nullable=False),
    Column("state", Text, nullable=False, server_default="queued"),
    Column("due_at", TIME, nullable=False, server_default=NOW),
    number("tries"),
    Column("last_error", Text),
    created_at(),
    Column("delivered_at", TIME),
    Index(None, "channel_id", "created_at", "id"),
    Index(None, "created_at"),
    Index("alert_delivery_due_idx", "channel_id", "due_at", postgresql_where=text("state = 'queued'")),
    comment="Alerts on their way to a channel; a report has none. gathers: more of the same kind may join it until"
    " its first try.",
)
