"""Feeds: what was accepted, in chunks, and how far it is applied."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Sequence,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from app.adapters.postgres.tables.columns import TIME, created_at, metadata, number, tenant_id, uuid_key

accept_seq = Sequence("accept_seq", metadata=metadata)

feed = Table(
    "feed",
    metadata,
    uuid_key(),
    tenant_id(),
    Column("kind", Text, nullable=False),
    Column("status", Text, nullable=False, server_default="queued"),
    Column("accepted_at", TIME, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("started_at", TIME),
    Column("applied_at", TIME),
    Column("received", Integer, nullable=False),
    Column("rejected", Integer, nullable=False),
    Column("chunks", Integer, nullable=False),
    number("next_chunk"),
    number("rows_applied"),
    number("updated"),
    number("changed"),
    number("resolved_via_alias"),
    number("echo_skipped"),
    number("not_found"),
    number("duplicates"),
    number("stale"),
    number("invalid_dealers"),
    Column("rejected_sample", JSONB, nullable=False, server_default=text("'[]'")),
    Column("not_found_sample", JSONB, nullable=False, server_default=text("'[]'")),
    Column("invalid_dealer_ids", JSONB, nullable=False, server_default=text("'[]'")),
    Column("settled", Boolean, nullable=False, server_default=text("false")),
    Column("guard_waived", Boolean, nullable=False, server_default=text("false")),
    Column("error", Text),
    Column("request_id", Text, nullable=False),
    Column("surface", Text),
    Index(None, "tenant_id", "accepted_at", "id"),
    postgresql_with={"fillfactor": "50"},
    comment="One accepted payload; its rows are in feed_chunk.",
)

feed_chunk = Table(
    "feed_chunk",
    metadata,
    Column("feed_id", Uuid, primary_key=True),
    Column("ordinal", Integer, primary_key=True),
    Column("accepted_at", TIME, primary_key=True),
    tenant_id(),
    Column("first_index", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("superseded", ARRAY(Integer)),
    Column("outcomes", LargeBinary),
    Column("confirmed", ARRAY(BigInteger)),
    Column("confirmed_as_of", ARRAY(TIME)),
    Column("confirmed_from", TIME),
    Column("confirmed_until", TIME),
    Index(None, "tenant_id", "confirmed_until"),
    postgresql_partition_by="RANGE (accepted_at)",
    comment="A feed's rows in packed columns and, once applied, one outcome byte per row; kept 7 days.",
)

feed_decision = Table(
    "feed_decision",
    metadata,
    Column("feed_id", Uuid, ForeignKey("feed.id", ondelete="CASCADE"), primary_key=True),
    Column("decided_at", TIME, primary_key=True),
    tenant_id(),
    Column("decision", Text, nullable=False),
    Column("decided_by", Text, nullable=False),
    comment="What a person decided about a feed: released, discarded or replayed it.",
)

not_found_part = Table(
    "not_found_part",
    metadata,
    Column("tenant_id", Uuid, ForeignKey("tenant.id"), primary_key=True),
    Column("part_number", Text, primary_key=True),
    number("times", 1),
    Column("first_seen_at", TIME, nullable=False),
    Column("last_seen_at", TIME, nullable=False),
    Column("surface", Text, nullable=False),
    Column("feed_id", Uuid, nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("dismissed_at", TIME),
    Column("dismissed_by", Text),
    postgresql_with={"fillfactor": "70"},
    comment="A part number that feeds named and nobody knew; feed_id, ordinal: the chunk that had it last.",
)

feed_lane = Table(
    "feed_lane",
    metadata,
    Column("tenant_id", Uuid, ForeignKey("tenant.id"), primary_key=True),
    Column("kind", Text, primary_key=True),
    number("newest_seq", 0, BigInteger),
    Column("confirmed_until", TIME),
    comment="Per tenant and kind: the newest feed begun, and how far unchanged rows were confirmed unwritten.",
)

idempotency_key = Table(
    "idempotency_key",
    metadata,
    Column("tenant_id", Uuid, ForeignKey("tenant.id"), primary_key=True),
    Column("surface", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("body_hash", LargeBinary, nullable=False),
    Column("feed_id", Uuid, nullable=False),
    created_at(),
    Index(None, "created_at"),
)
