"""The schema of the stock feeds: tenants, catalog, feeds, durable work, activity; and who sees which row.

Row level security holds for the owner too. A transaction names its scope with app.tenant or
app.platform; without either it sees no tenant's row.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None

TENANT = "(SELECT nullif(current_setting('app.tenant', true), '')::uuid)"
PLATFORM = "(SELECT current_setting('app.platform', true) = 'on')"
TENANT_TABLES = (
    "tenant",
    "api_key",
    "stock_item",
    "tenant_catalog_item",
    "tenant_part",
    "tenant_part_variant_group",
    "tenant_part_variant_group_member",
    "tenant_sku_alias",
    "dealer",
    "dealer_stock",
    "shopify_product_mapping",
    "feed",
    "feed_chunk",
    "feed_lane",
    "idempotency_key",
    "dispatch",
    "sync_activity",
    "sync_activity_minute",
)
CENTRAL_TABLES = ("part", "part_variant_group", "part_variant_group_member")

TENANT_TYPES = "'STANDARD','MANUFACTURER','RESELLER','HYBRID','RETAIL','DISTRIBUTOR','DATA_PROVIDER'"
CHECKS = (
    ("tenant", "type", f"type IN ({TENANT_TYPES})"),
    ("stock_item", "source", "source IN ('catalog','own')"),
    ("stock_item", "stock", "stock >= 0"),
    ("dealer_stock", "stock", "stock >= 0"),
    ("dispatch", "state", "state IN ('ready','running','held','dead')"),
)

# Partitions by the UTC day of acceptance, made two weeks ahead; the oldest go after 7 whole days. Before a day
# goes, what its feeds confirmed without a write is written down, so that no later row can slip in between.
ROLL_FEED_CHUNKS = """
CREATE FUNCTION roll_feed_chunks() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public SET lock_timeout = '5s' AS $$
DECLARE
    today date := (now() AT TIME ZONE 'UTC')::date;
    oldest timestamptz := (today - 7)::timestamp AT TIME ZONE 'UTC';
    day date;
    partition text;
    target text[];
BEGIN
    PERFORM set_config('app.platform', 'on', true);
    PERFORM pg_advisory_xact_lock(7236402);
    FOR ahead IN 0..14 LOOP
        day := today + ahead;
        partition := 'feed_chunk_' || to_char(day, 'YYYYMMDD');
        IF to_regclass('public.' || partition) IS NULL THEN
            BEGIN
                EXECUTE format(
                    'CREATE TABLE public.%I PARTITION OF public.feed_chunk FOR VALUES FROM (%L) TO (%L)',
                    partition, day::timestamp AT TIME ZONE 'UTC', (day + 1)::timestamp AT TIME ZONE 'UTC');
                EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', partition);
            EXCEPTION WHEN check_violation THEN
                NULL;  -- nobody rolled for two weeks: that day's chunks are in the default partition already
            END;
        END IF;
    END LOOP;
    FOR partition IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'public.feed_chunk'::regclass
          AND (c.relname = 'feed_chunk_other'
               OR c.relname ~ '^feed_chunk_[0-9]{8}$'
                  AND c.relname < 'feed_chunk_' || to_char(today - 7, 'YYYYMMDD'))
    LOOP
        FOREACH target SLICE 1 IN ARRAY ARRAY[
            ['stock-feed', 'stock_item', 'stock_as_of'],
            ['price-feed', 'stock_item', 'price_as_of'],
            ['location-stock', 'dealer_stock', 'stock_as_of']]
        LOOP
            EXECUTE format($sql$
                UPDATE public.%2$I t SET %3$I = c.as_of FROM (
                    SELECT u.id, max(COALESCE(u.as_of, k.accepted_at)) AS as_of
                    FROM public.%1$I k JOIN public.feed f ON f.id = k.feed_id,
                         LATERAL unnest(k.confirmed, k.confirmed_as_of) AS u(id, as_of)
                    WHERE k.confirmed IS NOT NULL AND f.kind = %4$L
                      AND k.accepted_at < %5$L GROUP BY u.id) c
                WHERE t.id = c.id AND t.%3$I < c.as_of
            $sql$, partition, target[2], target[3], target[1], oldest);
        END LOOP;
        IF partition = 'feed_chunk_other' THEN
            DELETE FROM public.feed_chunk_other WHERE accepted_at < oldest;
        ELSE
            EXECUTE format('DROP TABLE public.%I', partition);
        END IF;
    END LOOP;
END $$
"""


def upgrade() -> None:
    op.execute("CREATE SEQUENCE accept_seq")
    op.create_table(
        "part",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("part_number", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("brand", sa.Text(), nullable=True),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("oem_part_number", sa.Text(), nullable=True),
        sa.Column("ean", sa.Text(), nullable=True),
        sa.Column("weight_kg", sa.Numeric(precision=10, scale=4), nullable=True),
        sa.Column("hs_code", sa.Text(), nullable=True),
        sa.Column("country_of_origin", sa.Text(), nullable=True),
        sa.Column("image_url", sa.Text(), nullable=True),
        sa.Column("manual_url", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("part_pkey")),
        sa.UniqueConstraint("part_number", name=op.f("part_part_number_key")),
    )
    op.create_table(
        "part_variant_group",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("option1_name", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("part_variant_group_pkey")),
        sa.UniqueConstraint("code", name=op.f("part_variant_group_code_key")),
    )
    op.create_table(
        "tenant",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("allowed_domains", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("low_stock_threshold", sa.Integer(), server_default=sa.text("10"), nullable=False),
        sa.Column("currency", sa.Text(), server_default=sa.text("'EUR'"), nullable=False),
        sa.Column("mapbox_token", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("shrink_guard_percent", sa.Numeric(precision=5, scale=2), nullable=True),
        sa.Column("echo_guard_s", sa.Integer(), server_default=sa.text("300"), nullable=False),
        sa.Column("feed_wait_s", sa.Double(), nullable=True),
        sa.Column("expected_interval_s", sa.Integer(), server_default=sa.text("86400"), nullable=False),
        sa.Column("rate_limit_per_s", sa.Double(), nullable=True),
        sa.Column("rate_limit_burst", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("tenant_pkey")),
    )
    op.create_table(
        "api_key",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("api_key_tenant_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("api_key_pkey")),
        sa.UniqueConstraint("prefix", name=op.f("api_key_prefix_key")),
    )
    op.create_index(op.f("api_key_tenant_id_idx"), "api_key", ["tenant_id"], unique=False)
    op.create_table(
        "dealer",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("city", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("postal_code", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("country", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("phone", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("website", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lng", sa.Double(), nullable=True),
        sa.Column("linked_tenant_id", sa.Uuid(), nullable=True),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["linked_tenant_id"], ["tenant.id"], name=op.f("dealer_linked_tenant_id_fkey")
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("dealer_tenant_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("dealer_pkey")),
        sa.UniqueConstraint("tenant_id", "code", name=op.f("dealer_tenant_id_code_key")),
    )
    op.create_table(
        "dispatch",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), server_default="ready", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("token", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("not_before", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ring_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("dispatch_tenant_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("dispatch_pkey")),
        comment="Work that must be done: written with the business row, deleted with its last commit.",
        postgresql_with={"fillfactor": "50"},
    )
    op.create_index(
        "dispatch_dead_idx",
        "dispatch",
        ["created_at"],
        unique=False,
        postgresql_where=sa.text("state = 'dead'"),
    )
    op.create_index(
        "dispatch_lane_idx",
        "dispatch",
        ["lane", "seq"],
        unique=False,
        postgresql_where=sa.text("state IN ('ready','running')"),
    )
    op.create_index(
        "dispatch_ring_idx",
        "dispatch",
        ["ring_after"],
        unique=False,
        postgresql_where=sa.text("state IN ('ready','running')"),
    )
    op.create_table(
        "feed",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="queued", nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("chunks", sa.Integer(), nullable=False),
        sa.Column("next_chunk", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("rows_applied", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("updated", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("changed", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("resolved_via_alias", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("echo_skipped", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("not_found", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("duplicates", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("stale", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("invalid_dealers", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "rejected_sample",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
        sa.Column(
            "not_found_sample",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
        sa.Column(
            "invalid_dealer_ids",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
        sa.Column("settled", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("guard_waived", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("feed_tenant_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("feed_pkey")),
        comment="One accepted payload; its rows are in feed_chunk.",
        postgresql_with={"fillfactor": "50"},
    )
    op.create_index(
        op.f("feed_tenant_id_accepted_at_id_idx"), "feed", ["tenant_id", "accepted_at", "id"], unique=False
    )
    op.create_table(
        "feed_chunk",
        sa.Column("feed_id", sa.Uuid(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("first_index", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("superseded", sa.ARRAY(sa.Integer()), nullable=True),
        sa.Column("outcomes", sa.LargeBinary(), nullable=True),
        sa.Column("confirmed", sa.ARRAY(sa.BigInteger()), nullable=True),
        sa.Column("confirmed_as_of", sa.ARRAY(sa.DateTime(timezone=True)), nullable=True),
        sa.Column("confirmed_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("feed_chunk_tenant_id_fkey")),
        sa.PrimaryKeyConstraint("feed_id", "ordinal", "accepted_at", name=op.f("feed_chunk_pkey")),
        comment="A feed's rows in packed columns and, once applied, one outcome byte per row; kept 7 days.",
        postgresql_partition_by="RANGE (accepted_at)",
    )
    op.create_index(
        op.f("feed_chunk_tenant_id_confirmed_until_idx"),
        "feed_chunk",
        ["tenant_id", "confirmed_until"],
        unique=False,
    )
    op.create_table(
        "feed_lane",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("newest_seq", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("confirmed_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("feed_lane_tenant_id_fkey")),
        sa.PrimaryKeyConstraint("tenant_id", "kind", name=op.f("feed_lane_pkey")),
        comment="Per tenant and kind: the newest feed begun, and how far unchanged rows were confirmed unwritten.",
    )
    op.create_table(
        "idempotency_key",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("surface", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("feed_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("idempotency_key_tenant_id_fkey")),
        sa.PrimaryKeyConstraint("tenant_id", "surface", "key", name=op.f("idempotency_key_pkey")),
    )
    op.create_index(op.f("idempotency_key_created_at_idx"), "idempotency_key", ["created_at"], unique=False)
    op.create_table(
        "part_variant_group_member",
        sa.Column("part_id", sa.BigInteger(), nullable=False),
        sa.Column("group_id", sa.BigInteger(), nullable=False),
        sa.Column("option1_value", sa.Text(), nullable=True),
        sa.Column("position", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["part_variant_group.id"],
            name=op.f("part_variant_group_member_group_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["part_id"], ["part.id"], name=op.f("part_variant_group_member_part_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("part_id", name=op.f("part_variant_group_member_pkey")),
    )
    op.create_index(
        op.f("part_variant_group_member_group_id_idx"),
        "part_variant_group_member",
        ["group_id"],
        unique=False,
    )
    op.create_table(
        "stock_item",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("part_number", sa.Text(), nullable=False),
        sa.Column("stock", sa.Integer(), server_default="0", nullable=False),
        sa.Column("stock_as_of", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stock_seq", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("price", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("compare_at_price", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("cost_price", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("price_as_of", sa.DateTime(timezone=True), nullable=True),
        sa.Column("price_seq", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("stock_item_tenant_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("stock_item_pkey")),
        sa.UniqueConstraint(
            "tenant_id", "part_number", "source", name=op.f("stock_item_tenant_id_part_number_source_key")
        ),
        comment="What a tenant sells under one part number: the columns that feeds write, kept narrow.",
        postgresql_with={"fillfactor": "80"},
    )
    op.create_table(
        "sync_activity",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("surface", sa.Text(), nullable=False),
        sa.Column("last_sync_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_result", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("last_error_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("sync_activity_tenant_id_fkey")),
        sa.PrimaryKeyConstraint("tenant_id", "surface", name=op.f("sync_activity_pkey")),
    )
    op.create_table(
        "sync_activity_minute",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("surface", sa.Text(), nullable=False),
        sa.Column("minute", sa.DateTime(timezone=True), nullable=False),
        sa.Column("calls", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("rows", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("errors", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("sync_activity_minute_tenant_id_fkey")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "surface", "minute", name=op.f("sync_activity_minute_pkey")),
    )
    op.create_index(op.f("sync_activity_minute_minute_idx"), "sync_activity_minute", ["minute"], unique=False)
    op.create_table(
        "tenant_part_variant_group",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("option1_name", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("tenant_part_variant_group_tenant_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("tenant_part_variant_group_pkey")),
        sa.UniqueConstraint("tenant_id", "code", name=op.f("tenant_part_variant_group_tenant_id_code_key")),
    )
    op.create_table(
        "dealer_stock",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("dealer_id", sa.Uuid(), nullable=False),
        sa.Column("part_number", sa.Text(), nullable=False),
        sa.Column("stock", sa.Integer(), nullable=False),
        sa.Column("stock_as_of", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stock_seq", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(
            ["dealer_id"], ["dealer.id"], name=op.f("dealer_stock_dealer_id_fkey"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("dealer_stock_tenant_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("dealer_stock_pkey")),
        sa.UniqueConstraint("dealer_id", "part_number", name=op.f("dealer_stock_dealer_id_part_number_key")),
        postgresql_with={"fillfactor": "80"},
    )
    op.create_table(
        "shopify_product_mapping",
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Text(), nullable=True),
        sa.Column("variant_id", sa.Text(), nullable=True),
        sa.Column("inventory_item_id", sa.Text(), nullable=True),
        sa.Column("last_push_hash", sa.Text(), nullable=True),
        sa.Column("last_pushed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["stock_item.id"],
            name=op.f("shopify_product_mapping_item_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("shopify_product_mapping_tenant_id_fkey")
        ),
        sa.PrimaryKeyConstraint("item_id", name=op.f("shopify_product_mapping_pkey")),
    )
    op.create_index(
        op.f("shopify_product_mapping_tenant_id_last_pushed_at_idx"),
        "shopify_product_mapping",
        ["tenant_id", "last_pushed_at"],
        unique=False,
    )
    op.create_table(
        "tenant_catalog_item",
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("part_id", sa.BigInteger(), nullable=False),
        sa.Column("seo_title", sa.Text(), nullable=True),
        sa.Column("seo_description", sa.Text(), nullable=True),
        sa.Column("tags", sa.ARRAY(sa.Text()), nullable=True),
        sa.ForeignKeyConstraint(
            ["item_id"], ["stock_item.id"], name=op.f("tenant_catalog_item_item_id_fkey"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["part_id"], ["part.id"], name=op.f("tenant_catalog_item_part_id_fkey")),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("tenant_catalog_item_tenant_id_fkey")
        ),
        sa.PrimaryKeyConstraint("item_id", name=op.f("tenant_catalog_item_pkey")),
        sa.UniqueConstraint("tenant_id", "part_id", name=op.f("tenant_catalog_item_tenant_id_part_id_key")),
        comment="A central part that the tenant activated; shares its id with its stock_item.",
    )
    op.create_index(op.f("tenant_catalog_item_part_id_idx"), "tenant_catalog_item", ["part_id"], unique=False)
    op.create_table(
        "tenant_part",
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("brand", sa.Text(), nullable=True),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("oem_part_number", sa.Text(), nullable=True),
        sa.Column("ean", sa.Text(), nullable=True),
        sa.Column("weight_kg", sa.Numeric(precision=10, scale=4), nullable=True),
        sa.Column("hs_code", sa.Text(), nullable=True),
        sa.Column("country_of_origin", sa.Text(), nullable=True),
        sa.Column("image_url", sa.Text(), nullable=True),
        sa.Column("manual_url", sa.Text(), nullable=True),
        sa.Column("seo_title", sa.Text(), nullable=True),
        sa.Column("seo_description", sa.Text(), nullable=True),
        sa.Column("tags", sa.ARRAY(sa.Text()), nullable=True),
        sa.ForeignKeyConstraint(
            ["item_id"], ["stock_item.id"], name=op.f("tenant_part_item_id_fkey"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("tenant_part_tenant_id_fkey")),
        sa.PrimaryKeyConstraint("item_id", name=op.f("tenant_part_pkey")),
        comment="A SKU of the tenant's own; shares its id with its stock_item.",
    )
    op.create_index(op.f("tenant_part_tenant_id_idx"), "tenant_part", ["tenant_id"], unique=False)
    op.create_table(
        "tenant_sku_alias",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("alias", sa.Text(), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["stock_item.id"], name=op.f("tenant_sku_alias_item_id_fkey"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("tenant_sku_alias_tenant_id_fkey")),
        sa.PrimaryKeyConstraint("tenant_id", "alias", name=op.f("tenant_sku_alias_pkey")),
    )
    op.create_index(op.f("tenant_sku_alias_item_id_idx"), "tenant_sku_alias", ["item_id"], unique=False)
    op.create_table(
        "tenant_part_variant_group_member",
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("group_id", sa.BigInteger(), nullable=False),
        sa.Column("option1_value", sa.Text(), nullable=True),
        sa.Column("position", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["tenant_part_variant_group.id"],
            name=op.f("tenant_part_variant_group_member_group_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["tenant_part.item_id"],
            name=op.f("tenant_part_variant_group_member_item_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("tenant_part_variant_group_member_tenant_id_fkey")
        ),
        sa.PrimaryKeyConstraint("item_id", name=op.f("tenant_part_variant_group_member_pkey")),
    )
    op.create_index(
        op.f("tenant_part_variant_group_member_group_id_idx"),
        "tenant_part_variant_group_member",
        ["group_id"],
        unique=False,
    )
    for table, name, rule in CHECKS:
        op.create_check_constraint(op.f(f"{table}_{name}_check"), table, rule)
    op.execute(ROLL_FEED_CHUNKS)
    op.execute("REVOKE EXECUTE ON FUNCTION roll_feed_chunks() FROM PUBLIC")
    for column in ("payload", "outcomes", "confirmed", "confirmed_as_of"):
        op.execute(f"ALTER TABLE feed_chunk ALTER COLUMN {column} SET STORAGE EXTERNAL")
    op.execute("CREATE TABLE feed_chunk_other PARTITION OF feed_chunk DEFAULT")
    op.execute("ALTER TABLE feed_chunk_other ENABLE ROW LEVEL SECURITY")
    for table in TENANT_TABLES:
        column = "id" if table == "tenant" else "tenant_id"
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY tenant_rows ON {table} USING ({column} = {TENANT} OR {PLATFORM})")
    for table in CENTRAL_TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY everybody_reads ON {table} FOR SELECT USING (true)")
        op.execute(f"CREATE POLICY platform_writes ON {table} USING ({PLATFORM})")
