"""Durable work, and what was done when."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from app.adapters.postgres.tables.columns import NOW, TIME, created_at, metadata, number

dispatch = Table(
    "dispatch",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("actor", Text, nullable=False),
    Column("tenant_id", Uuid, ForeignKey("tenant.id"), nullable=False),
    Column("lane", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column(
        "state",
        Text,
        CheckConstraint("state IN ('ready','running','held','dead')", name="state"),
        nullable=False,
        server_default="ready",
    ),
    number("attempts"),
    number("token", 0, BigInteger),
    Column("lease_until", TIME),
    Column("not_before", TIME, nullable=False, server_default=NOW),
    Column("ring_after", TIME, nullable=False),
    Column("last_error", Text),
    created_at(),
    Index("dispatch_lane_idx", "lane", "seq", postgresql_where=text("state IN ('ready','running')")),
    Index("dispatch_ring_idx", "ring_after", postgresql_where=text("state IN ('ready','running')")),
    Index("dispatch_dead_idx", "created_at", postgresql_where=text("state = 'dead'")),
    postgresql_with={"fillfactor": "50"},
    comment="Work that must be done: written with the business row, deleted with its last commit.",
)

sync_activity = Table(
    "sync_activity",
    metadata,
    Column("tenant_id", Uuid, ForeignKey("tenant.id"), primary_key=True),
    Column("surface", Text, primary_key=True),
    Column("last_sync_at", TIME),
    Column("last_result", JSONB),
    Column("last_error_at", TIME),
    Column("last_error", Text),
)

sync_activity_minute = Table(
    "sync_activity_minute",
    metadata,
    Column("tenant_id", Uuid, ForeignKey("tenant.id"), primary_key=True),
    Column("surface", Text, primary_key=True),
    Column("minute", TIME, primary_key=True),
    number("calls"),
    number("rows", 0, BigInteger),
    number("errors"),
    Index(None, "minute"),
)
