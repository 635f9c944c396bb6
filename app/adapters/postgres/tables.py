"""The tables as they are now; the migrations lead here, and a test holds the two equal.

Ids that leave the system are uuid v7, ids that stay inside are bigint. Time is timestamptz, money
is numeric. Every table with a tenant_id is under row level security (`migrations/`).
"""

from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    Sequence,
    Table,
    Text,
    Time,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData(
    naming_convention={
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ck": "%(table_name)s_%(constraint_name)s_check",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        "pk": "%(table_name)s_pkey",
    },
)

NOW = text("now()")
UUID7 = text("uuidv7()")
TIME = DateTime(timezone=True)
MONEY = Numeric(12, 2)


def _uuid_key() -> Column[Any]:
    return Column("id", Uuid, primary_key=True, server_default=UUID7)


def _bigint_key() -> Column[Any]:
    return Column("id", BigInteger, Identity(always=True), primary_key=True)


def _tenant() -> Column[Any]:
    return Column("tenant_id", Uuid, ForeignKey("tenant.id"), nullable=False)


def _created() -> Column[Any]:
    return Column("created_at", TIME, nullable=False, server_default=NOW)


def _text(name: str, default: str = "") -> Column[Any]:
    return Column(name, Text, nullable=False, server_default=text(f"'{default}'"))


def _number(name: str, default: int = 0, type_: Any = Integer) -> Column[Any]:
    return Column(name, type_, nullable=False, server_default=text(str(default)))


def _product_content() -> list[Column[Any]]:
    """What a part says about itself, in the central catalog and in a tenant's own parts alike."""
    return [
        Column("name", Text, nullable=False),
        Column("description", Text),
        Column("brand", Text),
        Column("category", Text),
        Column("oem_part_number", Text),
        Column("ean", Text),
        Column("weight_kg", Numeric(10, 4)),
        Column("hs_code", Text),
        Column("country_of_origin", Text),
        Column("image_url", Text),
        Column("manual_url", Text),
    ]


def _storefront_content() -> list[Column[Any]]:
    return [
        Column("seo_title", Text),
        Column("seo_description", Text),
        Column("tags", ARRAY(Text)),
    ]


# --- tenants -------------------------------------------------------------------------------------

tenant = Table(
    "tenant",
    metadata,
    _uuid_key(),
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
    _number("low_stock_threshold", 10),
    _number("safety_stock"),
    _text("currency", "EUR"),
    _text("mapbox_token"),
    Column("shrink_guard_percent", Numeric(5, 2)),
    _number("echo_guard_s", 300),
    Column("feed_wait_s", Double),
    _number("expected_interval_s", 86400),
    _text("new_product_status", "ACTIVE"),
    Column("rate_limit_per_s", Double),
    Column("rate_limit_burst", Integer),
    _created(),
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
    _uuid_key(),
    _tenant(),
    Column("prefix", Text, nullable=False, unique=True),
    Column("secret_hash", LargeBinary, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    _created(),
    Column("revoked_at", TIME),
    Index(None, "tenant_id"),
)

# --- the central catalog: one for all tenants, none may write it ---------------------------------

part = Table(
    "part",
    metadata,
    _bigint_key(),
    Column("part_number", Text, nullable=False, unique=True),
    *_product_content(),
)

part_variant_group = Table(
    "part_variant_group",
    metadata,
    _bigint_key(),
    Column("code", Text, nullable=False, unique=True),
    Column("name", Text),
    Column("option1_name", Text),
)

part_variant_group_member = Table(
    "part_variant_group_member",
    metadata,
    Column("part_id", BigInteger, ForeignKey("part.id", ondelete="CASCADE"), primary_key=True),
    Column("group_id", BigInteger, ForeignKey("part_variant_group.id", ondelete="CASCADE"), nullable=False),
    Column("option1_value", Text),
    _number("position"),
    Index(None, "group_id"),
)

# --- where postal codes are: one for all tenants, none may write it -------------------------------

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

# --- the tenant layer ----------------------------------------------------------------------------

stock_item = Table(
    "stock_item",
    metadata,
    _bigint_key(),
    _tenant(),
    Column("source", Text, CheckConstraint("source IN ('catalog','own')", name="source"), nullable=False),
    Column("part_number", Text, nullable=False),
    Column("stock", Integer, CheckConstraint("stock >= 0", name="stock"), nullable=False, server_default="0"),
    Column("stock_as_of", TIME),
    _number("stock_seq", 0, BigInteger),
    Column("price", MONEY),
    Column("compare_at_price", MONEY),
    Column("cost_price", MONEY),
    Column("price_as_of", TIME),
    _number("price_seq", 0, BigInteger),
    UniqueConstraint("tenant_id", "part_number", "source"),
    Index(None, "part_number", "tenant_id"),
    comment="What a tenant sells under one part number: the columns that feeds write, kept narrow.",
    postgresql_with={"fillfactor": "80"},
)

tenant_catalog_item = Table(
    "tenant_catalog_item",
    metadata,
    Column("item_id", BigInteger, ForeignKey("stock_item.id", ondelete="CASCADE"), primary_key=True),
    _tenant(),
    Column("part_id", BigInteger, ForeignKey("part.id"), nullable=False),
    *_storefront_content(),
    UniqueConstraint("tenant_id", "part_id"),
    Index(None, "part_id"),
    comment="A central part that the tenant activated; shares its id with its stock_item.",
)

tenant_part = Table(
    "tenant_part",
    metadata,
    Column("item_id", BigInteger, ForeignKey("stock_item.id", ondelete="CASCADE"), primary_key=True),
    _tenant(),
    *_product_content(),
    *_storefront_content(),
    Index(None, "tenant_id"),
    comment="A SKU of the tenant's own; shares its id with its stock_item.",
)

tenant_part_variant_group = Table(
    "tenant_part_variant_group",
    metadata,
    _bigint_key(),
    _tenant(),
    Column("code", Text, nullable=False),
    Column("name", Text),
    Column("option1_name", Text),
    UniqueConstraint("tenant_id", "code"),
)

tenant_part_variant_group_member = Table(
    "tenant_part_variant_group_member",
    metadata,
    Column("item_id", BigInteger, ForeignKey("tenant_part.item_id", ondelete="CASCADE"), primary_key=True),
    _tenant(),
    Column(
        "group_id",
        BigInteger,
        ForeignKey("tenant_part_variant_group.id", ondelete="CASCADE"),
        nullable=False,
    ),
    Column("option1_value", Text),
    _number("position"),
    Index(None, "group_id"),
)

tenant_sku_alias = Table(
    "tenant_sku_alias",
    metadata,
    Column("tenant_id", Uuid, ForeignKey("tenant.id"), primary_key=True),
    Column("alias", Text, primary_key=True),
    Column("item_id", BigInteger, ForeignKey("stock_item.id", ondelete="CASCADE"), nullable=False),
    Index(None, "item_id"),
)

dealer = Table(
    "dealer",
    metadata,
    _uuid_key(),
    _tenant(),
    Column("code", Text),
    Column("name", Text, nullable=False),
    _text("address"),
    _text("city"),
    _text("postal_code"),
    _text("country"),
    _text("phone"),
    _text("website"),
    Column("lat", Double),
    Column("lng", Double),
    Column("linked_tenant_id", Uuid, ForeignKey("tenant.id")),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    _created(),
    _text("timezone"),
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
    _bigint_key(),
    _tenant(),
    Column("dealer_id", Uuid, ForeignKey("dealer.id", ondelete="CASCADE"), nullable=False),
    Column("part_number", Text, nullable=False),
    Column("stock", Integer, CheckConstraint("stock >= 0", name="stock"), nullable=False),
    Column("stock_as_of", TIME),
    _number("stock_seq", 0, BigInteger),
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
    _bigint_key(),
    _tenant(),
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

# --- feeds ---------------------------------------------------------------------------------------

accept_seq = Sequence("accept_seq", metadata=metadata)

feed = Table(
    "feed",
    metadata,
    _uuid_key(),
    _tenant(),
    Column("kind", Text, nullable=False),
    Column("status", Text, nullable=False, server_default="queued"),
    Column("accepted_at", TIME, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("started_at", TIME),
    Column("applied_at", TIME),
    Column("received", Integer, nullable=False),
    Column("rejected", Integer, nullable=False),
    Column("chunks", Integer, nullable=False),
    _number("next_chunk"),
    _number("rows_applied"),
    _number("updated"),
    _number("changed"),
    _number("resolved_via_alias"),
    _number("echo_skipped"),
    _number("not_found"),
    _number("duplicates"),
    _number("stale"),
    _number("invalid_dealers"),
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
    _tenant(),
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

feed_lane = Table(
    "feed_lane",
    metadata,
    Column("tenant_id", Uuid, ForeignKey("tenant.id"), primary_key=True),
    Column("kind", Text, primary_key=True),
    _number("newest_seq", 0, BigInteger),
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
    _created(),
    Index(None, "created_at"),
)

# --- suppliers -------------------------------------------------------------------------------------

supplier = Table(
    "supplier",
    metadata,
    _uuid_key(),
    _tenant(),
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("source", JSONB, nullable=False),
    Column("secrets", LargeBinary),
    _number("interval_s", 900),
    _number("low_stock_threshold", 10),
    Column("reorder_point", Integer),
    Column("target_stock", Integer),
    _number("drop_guard_percent", 50),
    Column(
        "reorder_mode",
        Text,
        CheckConstraint("reorder_mode IN ('order','task','off')", name="reorder_mode"),
        nullable=False,
        server_default="order",
    ),
    Column("order_email", Text),
    Column("order_url", Text),
    Column(
        "order_format",
        Text,
        CheckConstraint("order_format IN ('json','csv')", name="order_format"),
        nullable=False,
        server_default="json",
    ),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    _created(),
    Column("updated_at", TIME, nullable=False, server_default=NOW),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("body_hash", LargeBinary),
    Column("due_at", TIME),
    Column("poll_at", TIME),
    Column("polled_at", TIME),
    Column("confirmed_at", TIME),
    _number("failures"),
    Column("circuit_open_until", TIME),
    Column("last_error", Text),
    UniqueConstraint("tenant_id", "code"),
    comment="Where a supplier's stock is read and how; its dispatch row rings for it. due_at: the reading that is not yet"
    " answered, poll_at: when it is tried next; null: it sends. confirmed_at: what was read last, changed or not, is as"
    " of then.",
)

supplier_sku = Table(
    "supplier_sku",
    metadata,
    Column("supplier_id", Uuid, ForeignKey("supplier.id", ondelete="CASCADE"), primary_key=True),
    Column("sku", Text, primary_key=True),
    _tenant(),
    Column("part_number", Text),
    Column("low_stock_threshold", Integer),
    Column("reorder_point", Integer),
    Column("target_stock", Integer),
    Column("pack_size", Integer),
    Column("order_minimum", Integer),
    comment="What is said of a supplier's SKU, listed or not: the part that it is, where no part number or alias tells,"
    " and its terms, where they are not the supplier's. supplier_stock follows.",
)

supplier_stock = Table(
    "supplier_stock",
    metadata,
    _bigint_key(),
    _tenant(),
    Column("supplier_id", Uuid, ForeignKey("supplier.id", ondelete="CASCADE"), nullable=False),
    Column("sku", Text, nullable=False),
    Column("part_number", Text),
    Column("quantity", Integer, CheckConstraint("quantity >= 0", name="quantity"), nullable=False),
    _number("reserved"),
    _number("shipped"),
    _number("shortage"),
    Column("incoming", Integer),
    Column("source_reserved", Integer),
    Column("price", MONEY),
    Column("lead_time_days", Integer),
    Column("as_of", TIME),
    Column("listed", Boolean, nullable=False, server_default=text("true")),
    _created(),
    Column("changed_at", TIME, nullable=False, server_default=NOW),
    _number("low_stock_threshold", 10),
    Column("reorder_point", Integer),
    Column("target_stock", Integer),
    _number("pack_size", 1),
    _number("order_minimum", 1),
    Column(
        "available",
        Integer,
        Computed("GREATEST(quantity - reserved - shipped, 0)", persisted=True),
    ),
    Column(
        "level",
        Text,
        Computed(
            "CASE WHEN quantity - reserved - shipped <= 0 THEN 'out'"
            " WHEN quantity - reserved - shipped < low_stock_threshold THEN 'low' ELSE 'in-stock' END",
            persisted=True,
        ),
    ),
    CheckConstraint("reserved >= 0 AND shipped >= 0 AND shortage >= 0", name="counts"),
    # Only a report may leave less than is promised, and it says so in `shortage`: no reservation can.
    CheckConstraint("reserved + shipped <= quantity + shortage", name="never_oversold"),
    UniqueConstraint("supplier_id", "sku"),
    Index(None, "tenant_id", "part_number"),
    Index("supplier_stock_promised_idx", "supplier_id", postgresql_where=text("shipped > 0 OR reserved > 0")),
    Index("supplier_stock_shown_idx", "tenant_id", text("COALESCE(part_number, sku)"), "id"),
    postgresql_with={"fillfactor": "80"},
    comment="One SKU of a supplier: quantity as it last reported, reserved and shipped as we promised and it has not"
    " confirmed. as_of: the source's own word; null: the supplier's confirmed_at, while it is listed.",
)

supplier_stock_change = Table(
    "supplier_stock_change",
    metadata,
    _bigint_key(),
    _tenant(),
    Column("stock_id", BigInteger, ForeignKey("supplier_stock.id", ondelete="CASCADE"), nullable=False),
    Column("supplier_id", Uuid, nullable=False),
    Column("level_before", Text),
    Column("level", Text, nullable=False),
    Column("available_before", Integer),
    Column("available", Integer, nullable=False),
    Column("quantity_before", Integer),
    Column("quantity", Integer, nullable=False),
    Column("shortage", Integer, nullable=False),
    Column("at", TIME, nullable=False, server_default=text("clock_timestamp()")),
    Column("alerts_seen", Boolean, nullable=False, server_default=text("false")),
    Column("orders_seen", Boolean, nullable=False, server_default=text("false")),
    Index(None, "tenant_id", "id"),
    Index("supplier_stock_change_alerts_idx", "tenant_id", "id", postgresql_where=text("NOT alerts_seen")),
    Index("supplier_stock_change_orders_idx", "tenant_id", "id", postgresql_where=text("NOT orders_seen")),
    Index(None, "stock_id", "at"),
    Index("supplier_stock_change_at_idx", "at", postgresql_using="brin"),
    comment="Every change of a SKU's availability, by trigger: what alerts, purchase orders and forecasts go by.",
)

supplier_poll = Table(
    "supplier_poll",
    metadata,
    _uuid_key(),
    _tenant(),
    Column("supplier_id", Uuid, ForeignKey("supplier.id", ondelete="CASCADE"), nullable=False),
    Column("due_at", TIME, nullable=False),
    Column("started_at", TIME, nullable=False),
    Column("finished_at", TIME),
    Column("outcome", Text),
    Column("status", Integer),
    _number("rows"),
    _number("changed"),
    _number("dropped"),
    _number("stale"),
    _number("malformed"),
    Column("malformed_sample", JSONB, nullable=False, server_default=text("'[]'")),
    Column("as_of", TIME),
    Column("error", Text),
    Column("held", LargeBinary),
    Column("sent", Boolean, nullable=False, server_default=text("false")),
    Index("supplier_poll_waiting_idx", "supplier_id", postgresql_where=text("held IS NOT NULL")),
    Index(None, "supplier_id", "started_at"),
    Index(None, "tenant_id", "started_at", "id"),
    Index(None, "started_at"),
    comment="One reading of a supplier, or one payload that it sent; kept 30 days. held: what waits for a worker (no"
    " outcome yet) or for a person. as_of: the report's own time.",
)

supplier_day = Table(
    "supplier_day",
    metadata,
    Column("supplier_id", Uuid, ForeignKey("supplier.id", ondelete="CASCADE"), primary_key=True),
    Column("day", Date, primary_key=True),
    _tenant(),
    _number("polls"),
    _number("answered"),
    _number("latency_s", 0, Double),
    _number("delay_s", 0, Double),
    _number("delays"),
    _number("stock_outs"),
    _number("shrinks"),
    _number("listed"),
    comment="What a supplier was like on a day (UTC): sums, from which its reliability is told.",
)

# --- orders and reservations -----------------------------------------------------------------------

stock_order = Table(
    "stock_order",
    metadata,
    _uuid_key(),
    _tenant(),
    Column("channel", Text, nullable=False),
    Column("order_id", Text, nullable=False),
    Column(
        "status",
        Text,
        CheckConstraint("status IN ('reserved','fulfilled','cancelled','expired')", name="status"),
        nullable=False,
        server_default="reserved",
    ),
    Column("account", Text),
    Column("asked", JSONB, nullable=False, server_default=text("'{}'")),
    Column("flags", JSONB, nullable=False, server_default=text("'[]'")),
    Column("expires_at", TIME),
    _created(),
    Column("settled_at", TIME),
    UniqueConstraint("tenant_id", "channel", "order_id"),
    Index(None, "tenant_id", "created_at", "id"),
    Index("stock_order_expiry_idx", "expires_at", postgresql_where=text("status = 'reserved'")),
    comment="An order of a channel. asked: units by part number; a rule may have let some pass without a reservation.",
)

reservation = Table(
    "reservation",
    metadata,
    _bigint_key(),
    _tenant(),
    Column("order_id", Uuid, ForeignKey("stock_order.id", ondelete="CASCADE"), nullable=False),
    Column("line", Integer, nullable=False),
    Column("part_number", Text, nullable=False),
    Column("quantity", Integer, CheckConstraint("quantity > 0", name="quantity"), nullable=False),
    Column("stock_id", BigInteger, ForeignKey("supplier_stock.id"), nullable=False),
    Column("supplier_id", Uuid, nullable=False),
    Column(
        "state",
        Text,
        CheckConstraint("state IN ('open','shipped','confirmed','released')", name="state"),
        nullable=False,
        server_default="open",
    ),
    Column("fulfilled_at", TIME),
    UniqueConstraint("order_id", "line"),
    Index("reservation_held_idx", "stock_id", postgresql_where=text("state IN ('open','shipped')")),
    comment="A line's units at one supplier: open, then shipped until a younger report has seen it, or released.",
)

order_rule = Table(
    "order_rule",
    metadata,
    _bigint_key(),
    _tenant(),
    _text("channel"),
    _text("account"),
    Column("rule", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("value", Integer),
    UniqueConstraint("tenant_id", "channel", "account", "rule"),
    comment="What is refused or flagged, or passes, by channel and account; '' is any.",
)

order_refusal = Table(
    "order_refusal",
    metadata,
    _uuid_key(),
    _tenant(),
    Column("channel", Text, nullable=False),
    Column("order_id", Text, nullable=False),
    Column("account", Text),
    Column("code", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("details", JSONB, nullable=False, server_default=text("'[]'")),
    Column("payload", JSONB, nullable=False),
    _number("stake", 0, MONEY),
    _number("units"),
    _number("times", 1),
    Column("state", Text, nullable=False, server_default="open"),
    _created(),
    Column("refused_at", TIME, nullable=False, server_default=NOW),
    UniqueConstraint("tenant_id", "channel", "order_id"),
    Index(None, "tenant_id", "state", "stake"),
    comment="An order that could not be taken, ranked by what is at stake, and replayable.",
)

# --- alerts ------------------------------------------------------------------------------------------

alert = Table(
    "alert",
    metadata,
    _uuid_key(),
    _tenant(),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("details", JSONB, nullable=False),
    _created(),
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
    _uuid_key(),
    _tenant(),
    Column("kind", Text, CheckConstraint("kind IN ('webhook','email')", name="kind"), nullable=False),
    Column("target", Text, nullable=False),
    Column("secret", LargeBinary),
    Column("old_secret", LargeBinary),
    Column("old_secret_until", TIME),
    Column("alerts", ARRAY(Text), nullable=False),
    Column("urgent", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("quiet_from", Time),
    Column("quiet_until", Time),
    _text("timezone", "UTC"),
    Column("daily_report_at", Time),
    Column("reported_on", Date),
    Column("report_due_at", TIME),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    Column("stopped_because", Text),
    _created(),
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
    _uuid_key(),
    _tenant(),
    Column("channel_id", Uuid, ForeignKey("alert_channel.id", ondelete="CASCADE"), nullable=False),
    Column("kind", Text, nullable=False, server_default="alerts"),
    Column("gathers", Text),
    Column("urgent", Boolean, nullable=False, server_default=text("false")),
    Column("alert_ids", ARRAY(Uuid), nullable=False),
    Column("state", Text, nullable=False, server_default="queued"),
    Column("due_at", TIME, nullable=False, server_default=NOW),
    _number("tries"),
    Column("last_error", Text),
    _created(),
    Column("delivered_at", TIME),
    Index(None, "channel_id", "created_at", "id"),
    Index(None, "created_at"),
    Index("alert_delivery_due_idx", "channel_id", "due_at", postgresql_where=text("state = 'queued'")),
    comment="Alerts on their way to a channel; a report has none. gathers: more of the same kind may join it until"
    " its first try.",
)

# --- purchase orders -----------------------------------------------------------------------------------

purchase_order = Table(
    "purchase_order",
    metadata,
    _uuid_key(),
    _tenant(),
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
    _created(),
    Column("approved_at", TIME),
    Column("approved_by", Text),
    Column("sent_at", TIME),
    Column("closed_at", TIME),
    _number("send_tries"),
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
    _bigint_key(),
    _tenant(),
    Column("purchase_order_id", Uuid, ForeignKey("purchase_order.id", ondelete="CASCADE"), nullable=False),
    Column("stock_id", BigInteger, ForeignKey("supplier_stock.id"), nullable=False),
    Column("sku", Text, nullable=False),
    Column("part_number", Text),
    Column("quantity", Integer, CheckConstraint("quantity > 0", name="quantity"), nullable=False),
    _number("received", 0, BigInteger),
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
    _tenant(),
    Column("lines", JSONB, nullable=False),
    Column("received_at", TIME, nullable=False, server_default=NOW),
    comment="What came of a purchase order, once per receipt id.",
)

# --- durable work --------------------------------------------------------------------------------

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
    _number("attempts"),
    _number("token", 0, BigInteger),
    Column("lease_until", TIME),
    Column("not_before", TIME, nullable=False, server_default=NOW),
    Column("ring_after", TIME, nullable=False),
    Column("last_error", Text),
    _created(),
    Index("dispatch_lane_idx", "lane", "seq", postgresql_where=text("state IN ('ready','running')")),
    Index("dispatch_ring_idx", "ring_after", postgresql_where=text("state IN ('ready','running')")),
    Index("dispatch_dead_idx", "created_at", postgresql_where=text("state = 'dead'")),
    postgresql_with={"fillfactor": "50"},
    comment="Work that must be done: written with the business row, deleted with its last commit.",
)

# --- shopify ---------------------------------------------------------------------------------------

shopify_connection = Table(
    "shopify_connection",
    metadata,
    _uuid_key(),
    Column("tenant_id", Uuid, ForeignKey("tenant.id"), nullable=False, unique=True),
    Column("shop", Text, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("old_secret", LargeBinary),
    Column("old_secret_until", TIME),
    Column(
        "state",
        Text,
        CheckConstraint("state IN ('connected','uninstalled')", name="state"),
        nullable=False,
        server_default="connected",
    ),
    Column("location_id", Text, nullable=False),
    Column("location_name", Text, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    _number("reserve_percent", 10),
    Column("publish", Boolean, nullable=False, server_default=text("false")),
    Column("pull_interval_s", Integer),
    Column("pull_cursor", Text),
    _created(),
    Column("updated_at", TIME, nullable=False, server_default=NOW),
    comment="A tenant's shop; the secrets are encrypted (ENCRYPTION_KEYS).",
)

shopify_push_profile = Table(
    "shopify_push_profile",
    metadata,
    Column("tenant_id", Uuid, ForeignKey("tenant.id"), primary_key=True),
    Column("fields", JSONB, nullable=False),
    Column("changed_at", TIME, nullable=False, server_default=NOW),
    comment="What a push writes, by field; no row means the default.",
)

shopify_product_mapping = Table(
    "shopify_product_mapping",
    metadata,
    Column("item_id", BigInteger, ForeignKey("stock_item.id", ondelete="CASCADE"), primary_key=True),
    _tenant(),
    Column("product_id", Text),
    Column("variant_id", Text),
    Column("inventory_item_id", Text),
    Column("last_push_hash", Text),
    Column("last_pushed_at", TIME),
    Column("product_key", Uuid),
    Column("image_id", Text),
    Column("image_url", Text),
    Column("sending_key", Uuid),
    Column("sending_url", Text),
    Index(None, "tenant_id", "last_pushed_at"),
    Index(None, "tenant_id", "product_key"),
    Index(None, "tenant_id", "product_id"),
    Index(None, "tenant_id", "inventory_item_id"),
    comment="What an item became in the shop. product_key: the custom id of the product it was put into;"
    " sending_key, sending_url: the product and the picture that are on their way there.",
)

push_batch = Table(
    "push_batch",
    metadata,
    _uuid_key(),
    _tenant(),
    _created(),
    Column("requested_by", Text, nullable=False),
    Column("parts", Integer, nullable=False),
    Column("part_numbers", ARRAY(Text), nullable=False),
    Column("resellers", JSONB, nullable=False),
    _number("turns"),
    Column("refused", JSONB, nullable=False, server_default=text("'[]'")),
    Column("spread_at", TIME),
    Column("cancelled_at", TIME),
    Index(None, "tenant_id", "created_at", "id"),
    comment="A distributor's push to many shops; each shop's is a push of the reseller's. turns: how many of the"
    " resellers had theirs; refused: who got no push; part_numbers are dropped when all had their turn.",
)

push = Table(
    "push",
    metadata,
    _uuid_key(),
    _tenant(),
    Column("batch_id", Uuid, ForeignKey("push_batch.id")),
    Column(
        "status",
        Text,
        CheckConstraint(
            "status IN ('queued','running','paused','completed','cancelled','failed')", name="status"
        ),
        nullable=False,
        server_default="queued",
    ),
    Column("reason_code", Text),
    Column("reason", Text),
    Column("total", Integer, nullable=False),
    _number("succeeded"),
    _number("failed"),
    _number("skipped"),
    _number("version", 1, BigInteger),
    Column("cancel_requested", Boolean, nullable=False, server_default=text("false")),
    _created(),
    Column("started_at", TIME),
    Column("finished_at", TIME),
    _number("worked_s", 0, Double),
    Column("requested_by", Text, nullable=False),
    CheckConstraint("succeeded + failed + skipped <= total", name="counters"),
    UniqueConstraint("batch_id", "tenant_id"),
    Index(None, "tenant_id", "created_at", "id"),
    Index(
        "push_one_at_a_time_idx",
        "tenant_id",
        unique=True,
        postgresql_where=text("status IN ('queued','running','paused')"),
    ),
    postgresql_with={"fillfactor": "50"},
    comment="One motion of a tenant's items into its shop; kept for good.",
)

push_item = Table(
    "push_item",
    metadata,
    Column("push_id", Uuid, ForeignKey("push.id", ondelete="CASCADE"), primary_key=True),
    Column("ordinal", Integer, primary_key=True),
    _tenant(),
    Column("part_number", Text, nullable=False),
    Column("item_id", BigInteger),
    Column(
        "outcome",
        Text,
        CheckConstraint("outcome IN ('pending','succeeded','failed','skipped')", name="outcome"),
        nullable=False,
        server_default="pending",
    ),
    Column("code", Text),
    Column("message", Text),
    Index("push_item_pending_idx", "push_id", "ordinal", postgresql_where=text("outcome = 'pending'")),
    Index("push_item_wanted_idx", "push_id", "item_id", postgresql_where=text("outcome = 'pending'")),
    Index("push_item_failed_idx", "push_id", "ordinal", postgresql_where=text("outcome = 'failed'")),
    comment="A requested part number; failures are kept for good, what went well for 30 days.",
)

push_grant = Table(
    "push_grant",
    metadata,
    Column("tenant_id", Uuid, ForeignKey("tenant.id"), primary_key=True),
    Column("distributor_id", Uuid, ForeignKey("tenant.id"), primary_key=True),
    Column("brand_key", Text, primary_key=True),
    Column("brand", Text, nullable=False),
    Column("granted_at", TIME, nullable=False, server_default=NOW),
    Column("granted_by", Text, nullable=False),
    Index(None, "distributor_id"),
    comment="A reseller (tenant_id) lets a distributor push this brand, in any case, into its shop.",
)

push_grant_change = Table(
    "push_grant_change",
    metadata,
    _bigint_key(),
    _tenant(),
    Column("distributor_id", Uuid, ForeignKey("tenant.id"), nullable=False),
    Column("brand", Text, nullable=False),
    Column("granted", Boolean, nullable=False),
    Column("changed_at", TIME, nullable=False, server_default=NOW),
    Column("changed_by", Text, nullable=False),
    Index(None, "tenant_id", "id"),
    comment="Every grant and revocation, kept for good.",
)

webhook_event = Table(
    "webhook_event",
    metadata,
    _uuid_key(),
    _tenant(),
    Column("connection_id", Uuid, ForeignKey("shopify_connection.id", ondelete="CASCADE"), nullable=False),
    Column("event_id", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("triggered_at", TIME),
    Column("received_at", TIME, nullable=False, server_default=NOW),
    Column("payload", LargeBinary, nullable=False),
    Column("outcome", Text),
    Column("feed_id", Uuid),
    UniqueConstraint("connection_id", "event_id"),
    Index(None, "received_at"),
    comment="What a shop told us, once per event; kept 7 days.",
)

# --- activity ------------------------------------------------------------------------------------

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
    _number("calls"),
    _number("rows", 0, BigInteger),
    _number("errors"),
    Index(None, "minute"),
)
