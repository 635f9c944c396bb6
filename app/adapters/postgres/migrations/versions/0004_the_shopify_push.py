"""Shops, pushes with their items, what shops tell by themselves, and who may push for whom."""

from importlib import import_module
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0004"
down_revision = "0003"

PLATFORM = "(SELECT current_setting('app.platform', true) = 'on')"
TENANT = "(SELECT nullif(current_setting('app.tenant', true), '')::uuid)"

as_the_platform = import_module(
    "app.adapters.postgres.migrations.versions.0003_the_dealer_network"
).as_the_platform

# Brands are the same in any case and either form of their accents, whatever the database's own collation knows of case.
BRAND_KEY = """
CREATE FUNCTION brand_key(brand text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN normalize(casefold(normalize(brand) COLLATE pg_unicode_fast))
"""

# Whom a reseller may let push: the active distributor that it names itself, and whoever it has let already.
PUSH_DISTRIBUTORS = as_the_platform(
    "push_distributors(named uuid)",
    "jsonb",
    """
    SELECT coalesce(jsonb_agg(jsonb_build_object(
        'id', t.id, 'name', t.name, 'eligible', t.active AND t.type = 'DISTRIBUTOR')), '[]')
    INTO answer
    FROM tenant t
    WHERE t.id <> caller
      AND (t.id = named AND t.active AND t.type = 'DISTRIBUTOR' OR EXISTS (
          SELECT FROM push_grant g WHERE g.tenant_id = caller AND g.distributor_id = t.id));
    """,
)

# Who lets the caller push, for as long as it is an active distributor.
PUSH_RIGHTS = as_the_platform(
    "push_rights()",
    "jsonb",
    """
    SELECT coalesce(jsonb_agg(jsonb_build_object('reseller', jsonb_build_object('id', r.id, 'name', r.name),
                                                 'brands', g.brands, 'since', g.since)), '[]')
    INTO answer
    FROM (SELECT tenant_id, array_agg(brand ORDER BY brand_key) AS brands, min(granted_at) AS since
          FROM push_grant WHERE distributor_id = caller GROUP BY tenant_id) AS g
    JOIN tenant r ON r.id = g.tenant_id AND r.active
    WHERE EXISTS (SELECT FROM tenant WHERE id = caller AND active AND type = 'DISTRIBUTOR');
    """,
)

# The pushes of the caller's own batches, which are other tenants' rows: how far they are, and nothing of what they hold.
PUSH_BATCH_PUSHES = as_the_platform(
    "push_batch_pushes(asked uuid[])",
    "jsonb",
    """
    SELECT coalesce(jsonb_agg(jsonb_build_object(
        'id', p.id, 'tenant_id', p.tenant_id, 'batch_id', p.batch_id, 'status', p.status,
        'reason_code', p.reason_code, 'reason', p.reason, 'total', p.total, 'succeeded', p.succeeded,
        'failed', p.failed, 'skipped', p.skipped, 'version', p.version, 'cancel_requested', p.cancel_requested,
        'created_at', p.created_at, 'started_at', p.started_at, 'finished_at', p.finished_at,
        'worked_s', p.worked_s, 'requested_by', p.requested_by) ORDER BY p.id), '[]')
    INTO answer
    FROM push_batch b JOIN push p ON p.batch_id = b.id
    WHERE b.id = ANY(asked) AND b.tenant_id = caller;
    """,
)

PUSH_BATCH_FAILURES = as_the_platform(
    "push_batch_failures(asked uuid, most int)",
    "jsonb",
    """
    SELECT coalesce(jsonb_agg(jsonb_build_object(
        'reseller_id', f.tenant_id, 'part_number', f.part_number, 'code', f.code, 'message', f.message)
        ORDER BY f.id, f.ordinal), '[]')
    INTO answer
    FROM (SELECT p.id, p.tenant_id, i.ordinal, i.part_number, i.code, i.message
          FROM push_batch b JOIN push p ON p.batch_id = b.id
          JOIN push_item i ON i.push_id = p.id AND i.outcome = 'failed'
          WHERE b.id = asked AND b.tenant_id = caller
          ORDER BY p.id, i.ordinal LIMIT most) AS f;
    """,
)

TIME = sa.DateTime(timezone=True)
NOW = sa.text("now()")
TABLES = (
    "shopify_connection",
    "shopify_push_profile",
    "push_batch",
    "push",
    "push_item",
    "push_grant",
    "push_grant_change",
    "webhook_event",
)


def upgrade() -> None:
    """Expand only: the release before this one works on."""
    op.add_column("tenant", sa.Column("new_product_status", sa.Text(), server_default="ACTIVE", nullable=False))
    op.add_column("feed", sa.Column("surface", sa.Text()))
    _mapping()
    _shops()
    _pushes()
    _grants()
    _webhooks()
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY tenant_rows ON {table} USING (tenant_id = {TENANT} OR {PLATFORM})")
    for function in (BRAND_KEY, PUSH_DISTRIBUTORS, PUSH_RIGHTS, PUSH_BATCH_PUSHES, PUSH_BATCH_FAILURES):
        op.execute(function)
    op.execute("REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC")


def _mapping() -> None:
    table = "shopify_product_mapping"
    op.add_column(table, sa.Column("product_key", sa.Uuid()))
    op.add_column(table, sa.Column("image_id", sa.Text()))
    op.add_column(table, sa.Column("image_url", sa.Text()))
    op.add_column(table, sa.Column("sending_key", sa.Uuid()))
    op.add_column(table, sa.Column("sending_url", sa.Text()))
    for column in ("product_key", "product_id", "inventory_item_id"):
        op.create_index(op.f(f"{table}_tenant_id_{column}_idx"), table, ["tenant_id", column])
    op.create_table_comment(
        table,
        "What an item became in the shop. product_key: the custom id of the product it was put into;"
        " sending_key, sending_url: the product and the picture that are on their way there.",
    )


def _id() -> sa.Column[Any]:
    return sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False)


def _tenant(table: str) -> tuple[sa.Column[Any], sa.ForeignKeyConstraint]:
    return (
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f(f"{table}_tenant_id_fkey")),
    )


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"{table}_pkey"))


def _shops() -> None:
    table = "shopify_connection"
    op.create_table(
        table,
        _id(),
        *_tenant(table),
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("old_secret", sa.LargeBinary()),
        sa.Column("old_secret_until", TIME),
        sa.Column("state", sa.Text(), server_default="connected", nullable=False),
        sa.Column("location_id", sa.Text(), nullable=False),
        sa.Column("location_name", sa.Text(), nullable=False),
        sa.Column("scopes", ARRAY(sa.Text()), nullable=False),
        sa.Column("reserve_percent", sa.Integer(), server_default="10", nullable=False),
        sa.Column("publish", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("pull_interval_s", sa.Integer()),
        sa.Column("pull_cursor", sa.Text()),
        sa.Column("created_at", TIME, server_default=NOW, nullable=False),
        sa.Column("updated_at", TIME, server_default=NOW, nullable=False),
        sa.CheckConstraint("state IN ('connected','uninstalled')", name=op.f(f"{table}_state_check")),
        sa.UniqueConstraint("tenant_id", name=op.f(f"{table}_tenant_id_key")),
        _key(table, "id"),
        comment="A tenant's shop; the secrets are encrypted (ENCRYPTION_KEYS).",
    )
    table = "shopify_push_profile"
    op.create_table(
        table,
        *_tenant(table),
        sa.Column("fields", JSONB(), nullable=False),
        sa.Column("changed_at", TIME, server_default=NOW, nullable=False),
        _key(table, "tenant_id"),
        comment="What a push writes, by field; no row means the default.",
    )


def _pushes() -> None:
    table = "push_batch"
    op.create_table(
        table,
        _id(),
        *_tenant(table),
        sa.Column("created_at", TIME, server_default=NOW, nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("part_numbers", ARRAY(sa.Text()), nullable=False),
        sa.Column("resellers", JSONB(), nullable=False),
        sa.Column("turns", sa.Integer(), server_default="0", nullable=False),
        sa.Column("refused", JSONB(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("spread_at", TIME),
        sa.Column("cancelled_at", TIME),
        _key(table, "id"),
        comment="A distributor's push to many shops; each shop's is a push of the reseller's. turns: how many of the"
        " resellers had theirs; refused: who got no push; part_numbers are dropped when all had their turn.",
    )
    op.create_index(op.f("push_batch_tenant_id_created_at_id_idx"), table, ["tenant_id", "created_at", "id"])
    table = "push"
    op.create_table(
        table,
        _id(),
        *_tenant(table),
        sa.Column("batch_id", sa.Uuid()),
        sa.Column("status", sa.Text(), server_default="queued", nullable=False),
        sa.Column("reason_code", sa.Text()),
        sa.Column("reason", sa.Text()),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("succeeded", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("skipped", sa.Integer(), server_default="0", nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("cancel_requested", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", TIME, server_default=NOW, nullable=False),
        sa.Column("started_at", TIME),
        sa.Column("finished_at", TIME),
        sa.Column("worked_s", sa.Double(), server_default="0", nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["push_batch.id"], name=op.f("push_batch_id_fkey")),
        sa.CheckConstraint(
            "status IN ('queued','running','paused','completed','cancelled','failed')",
            name=op.f("push_status_check"),
        ),
        sa.CheckConstraint("succeeded + failed + skipped <= total", name=op.f("push_counters_check")),
        sa.UniqueConstraint("batch_id", "tenant_id", name=op.f("push_batch_id_tenant_id_key")),
        _key(table, "id"),
        comment="One motion of a tenant's items into its shop; kept for good.",
        postgresql_with={"fillfactor": "50"},
    )
    op.create_index(op.f("push_tenant_id_created_at_id_idx"), table, ["tenant_id", "created_at", "id"])
    op.create_index(
        "push_one_at_a_time_idx",
        table,
        ["tenant_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('queued','running','paused')"),
    )
    table = "push_item"
    op.create_table(
        table,
        sa.Column("push_id", sa.Uuid(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        *_tenant(table),
        sa.Column("part_number", sa.Text(), nullable=False),
        sa.Column("item_id", sa.BigInteger()),
        sa.Column("outcome", sa.Text(), server_default="pending", nullable=False),
        sa.Column("code", sa.Text()),
        sa.Column("message", sa.Text()),
        sa.ForeignKeyConstraint(
            ["push_id"], ["push.id"], name=op.f("push_item_push_id_fkey"), ondelete="CASCADE"
        ),
        sa.CheckConstraint(
            "outcome IN ('pending','succeeded','failed','skipped')", name=op.f("push_item_outcome_check")
        ),
        _key(table, "push_id", "ordinal"),
        comment="A requested part number; failures are kept for good, what went well for 30 days.",
    )
    pending = sa.text("outcome = 'pending'")
    op.create_index("push_item_pending_idx", table, ["push_id", "ordinal"], postgresql_where=pending)
    op.create_index("push_item_wanted_idx", table, ["push_id", "item_id"], postgresql_where=pending)
    op.create_index(
        "push_item_failed_idx", table, ["push_id", "ordinal"], postgresql_where=sa.text("outcome = 'failed'")
    )


def _grants() -> None:
    table = "push_grant"
    op.create_table(
        table,
        *_tenant(table),
        sa.Column("distributor_id", sa.Uuid(), nullable=False),
        sa.Column("brand_key", sa.Text(), nullable=False),
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("granted_at", TIME, server_default=NOW, nullable=False),
        sa.Column("granted_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["distributor_id"], ["tenant.id"], name=op.f("push_grant_distributor_id_fkey")
        ),
        _key(table, "tenant_id", "distributor_id", "brand_key"),
        comment="A reseller (tenant_id) lets a distributor push this brand, in any case, into its shop.",
    )
    op.create_index(op.f("push_grant_distributor_id_idx"), table, ["distributor_id"])
    table = "push_grant_change"
    op.create_table(
        table,
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        *_tenant(table),
        sa.Column("distributor_id", sa.Uuid(), nullable=False),
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("granted", sa.Boolean(), nullable=False),
        sa.Column("changed_at", TIME, server_default=NOW, nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["distributor_id"], ["tenant.id"], name=op.f("push_grant_change_distributor_id_fkey")
        ),
        _key(table, "id"),
        comment="Every grant and revocation, kept for good.",
    )
    op.create_index(op.f("push_grant_change_tenant_id_id_idx"), table, ["tenant_id", "id"])


def _webhooks() -> None:
    table = "webhook_event"
    op.create_table(
        table,
        _id(),
        *_tenant(table),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("triggered_at", TIME),
        sa.Column("received_at", TIME, server_default=NOW, nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("outcome", sa.Text()),
        sa.Column("feed_id", sa.Uuid()),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["shopify_connection.id"],
            name=op.f("webhook_event_connection_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.UniqueConstraint("connection_id", "event_id", name=op.f("webhook_event_connection_id_event_id_key")),
        _key(table, "id"),
        comment="What a shop told us, once per event; kept 7 days.",
    )
    op.create_index(op.f("webhook_event_received_at_idx"), table, ["received_at"])
