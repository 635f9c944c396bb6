"""Dealers that open and close, stock that resellers share, and the version of each tenant's network.

`network_version` rises in the transaction of every change that decides who may be shown to whom: dealers,
consents, aliases, a reseller's threshold, safety stock or activity. Triggers raise it, so that no way of
changing them, present or future, can forget to. What the storefront keeps ready carries the version it was
read at; a read at a newer one does not take it.

`network_stock` is the one place where a tenant's statement reaches another tenant's stock: it answers for the
tenant of its transaction's scope, consent, precision and safety stock are applied inside, and under LEVEL the
number does not come out of it.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from app.domain.network.collation import sort_key

revision = "0003"
down_revision = "0002"

PLATFORM = "(SELECT current_setting('app.platform', true) = 'on')"
TENANT = "(SELECT nullif(current_setting('app.tenant', true), '')::uuid)"


def as_the_platform(signature: str, returns: str, body: str, settings: str = "") -> str:
    """A function that sees every tenant while `body` runs, and gives its caller the caller's own scope back.

    By hand, since only a superuser may say it in the function's SET clause; an error ends the scope with the
    transaction. `caller` is the tenant of that scope. `settings` are the planner's, for the function alone.
    """
    return f"""
        CREATE FUNCTION {signature} RETURNS {returns} LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = pg_catalog, public {settings} AS $$
        DECLARE
            caller uuid := nullif(current_setting('app.tenant', true), '')::uuid;
            scope_before text := coalesce(current_setting('app.platform', true), '');
            answer {"boolean" if returns == "void" else returns};
        BEGIN
            PERFORM set_config('app.platform', 'on', true);
            {body}
            PERFORM set_config('app.platform', scope_before, true);
            RETURN{"" if returns == "void" else " answer"};
        END $$
    """


TOUCH_NETWORKS = as_the_platform(
    "touch_networks(tenants uuid[])",
    "void",
    """
    INSERT INTO network_version AS v (tenant_id, version)
    SELECT DISTINCT id, 1 FROM unnest(tenants) AS u(id) ORDER BY id
    ON CONFLICT (tenant_id) DO UPDATE SET version = v.version + 1;
    """,
)

NETWORK_READERS = as_the_platform(
    "network_readers(sharer uuid)",
    "uuid[]",
    """
    answer := ARRAY(
        SELECT manufacturer_id FROM stock_share_consent WHERE tenant_id = sharer AND precision <> 'NONE'
        UNION ALL
        SELECT id FROM tenant WHERE id = sharer AND type IN ('RETAIL', 'HYBRID'));
    """,
)

TOUCH_NETWORKS_OF = """
CREATE FUNCTION touch_networks_of(changed uuid) RETURNS void LANGUAGE sql AS $$
    SELECT touch_networks(network_readers(changed) || changed)
$$
"""

# To whom a reseller may give its consent: the manufacturers, whoever attached one of its dealers to it, whoever
# has its consent or had it, and the one it names. Nobody else's name is told.
NETWORK_PARTNERS = as_the_platform(
    "network_partners(named uuid)",
    "jsonb",
    """
    SELECT coalesce(jsonb_agg(jsonb_build_object('id', t.id, 'name', t.name, 'dealers', coalesce(d.dealers, 0))), '[]')
    INTO answer
    FROM tenant t
    LEFT JOIN (SELECT tenant_id, count(*) AS dealers FROM dealer
               WHERE linked_tenant_id = caller AND active GROUP BY tenant_id) AS d ON d.tenant_id = t.id
    WHERE t.active AND t.id <> caller
      AND (t.id = named OR t.type = 'MANUFACTURER' OR d.dealers > 0 OR EXISTS (
          SELECT FROM stock_share_consent c WHERE c.tenant_id = caller AND c.manufacturer_id = t.id));
    """,
)

# For whoever links dealers to others: the foreign key would refuse a wrong one too, but with it a whole batch of an
# import. Nothing but existence comes out; an id is not to be guessed, and who links to one was told it.
TENANTS_THAT_EXIST = as_the_platform(
    "tenants_that_exist(asked uuid[])",
    "uuid[]",
    "answer := ARRAY(SELECT id FROM tenant WHERE id = ANY(asked));",
)

TOUCH_ALL_NETWORKS = as_the_platform(
    "touch_all_networks()",
    "void",
    "PERFORM touch_networks(ARRAY(SELECT DISTINCT tenant_id FROM dealer));",
)

# A packed row: dealer (16 bytes), flags (1: 2 for in-stock, 1 for low, + 16 when the number follows), the number
# shown or -1 (int4), microseconds since 1970 of its confirmation or 0 (int8); all big-endian, ordered by dealer.
NETWORK_STOCK = as_the_platform(
    "network_stock(asked text)",
    "bytea",
    r"""
    SELECT coalesce(string_agg(
        uuid_send(shared.dealer_id)
        || set_byte('\x00'::bytea, 0,
                    CASE WHEN shown < threshold THEN 1 ELSE 2 END + CASE WHEN exact THEN 16 ELSE 0 END)
        || int4send(CASE WHEN exact THEN shown ELSE -1 END)
        || int8send(coalesce((extract(epoch FROM as_of) * 1000000)::bigint, 0)),
        '' ORDER BY shared.dealer_id), '')
    INTO answer
    FROM (
        SELECT d.id AS dealer_id, s.stock - r.safety_stock AS shown, r.low_stock_threshold AS threshold,
               c.precision = 'EXACT' AS exact, s.stock_as_of AS as_of
        FROM stock_item s
        JOIN stock_share_consent c
            ON c.tenant_id = s.tenant_id AND c.manufacturer_id = caller AND c.precision <> 'NONE'
        JOIN tenant r ON r.id = s.tenant_id AND r.active
        JOIN dealer d ON d.tenant_id = caller AND d.linked_tenant_id = s.tenant_id AND d.active
        WHERE s.part_number = asked AND s.source = 'catalog' AND s.stock > r.safety_stock
          AND s.tenant_id <> caller
        UNION ALL
        SELECT d.id, s.stock, t.low_stock_threshold, true, s.stock_as_of
        FROM dealer_stock s
        JOIN dealer d ON d.id = s.dealer_id AND d.tenant_id = caller AND d.active
        JOIN tenant t ON t.id = caller AND t.type IN ('RETAIL', 'HYBRID')
        WHERE s.tenant_id = caller AND s.part_number = asked AND s.stock > 0
          AND (d.linked_tenant_id IS NULL OR d.linked_tenant_id = caller)
    ) AS shared;
    """,
    # Planning it anew for every part takes as long as running it, whose cost goes by who has the part.
    settings="SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off"
    " SET enable_mergejoin = off",
)

NETWORK_CHANGED = """
CREATE FUNCTION network_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('SELECT touch_networks(ARRAY(SELECT DISTINCT %I FROM changed))', TG_ARGV[0]);
    RETURN NULL;
END $$
"""

SHARER_CHANGED = """
CREATE FUNCTION sharer_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM touch_networks_of(NEW.id);
    RETURN NULL;
END $$
"""

# The table, and the column that says whose network a row belongs to.
WATCHED = (
    ("dealer", "tenant_id"),
    ("stock_share_consent", "manufacturer_id"),
    ("tenant_sku_alias", "tenant_id"),
)
EVENTS = (("insert", "NEW"), ("update", "NEW"), ("delete", "OLD"))


def upgrade() -> None:
    """Expand only: the release before this one works on."""
    op.execute("SET LOCAL app.platform = 'on'")
    _columns()
    _tables()
    for function in (
        TOUCH_NETWORKS,
        NETWORK_READERS,
        TOUCH_NETWORKS_OF,
        TOUCH_ALL_NETWORKS,
        NETWORK_PARTNERS,
        TENANTS_THAT_EXIST,
        NETWORK_STOCK,
        NETWORK_CHANGED,
        SHARER_CHANGED,
    ):
        op.execute(function)
    # What reaches over tenants is for the application's role alone, which the release step lets in.
    op.execute("REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC")
    _triggers()


def _columns() -> None:
    op.add_column("tenant", sa.Column("safety_stock", sa.Integer(), server_default="0", nullable=False))
    op.add_column("dealer", sa.Column("timezone", sa.Text(), server_default="", nullable=False))
    op.add_column("dealer", sa.Column("opening_hours", JSONB(), nullable=True))
    op.add_column("dealer", sa.Column("name_key", sa.LargeBinary(), server_default="", nullable=False))
    connection = op.get_bind()
    for dealer_id, name in connection.execute(sa.text("SELECT id, name FROM dealer")).all():
        connection.execute(
            sa.text("UPDATE dealer SET name_key = :key WHERE id = :id"),
            {"key": sort_key(name), "id": dealer_id},
        )
    op.create_index(
        "tenant_shown_idx",
        "tenant",
        ["id"],
        postgresql_include=["safety_stock", "low_stock_threshold"],
        postgresql_where=sa.text("active"),
    )
    op.create_index(
        "dealer_shown_idx",
        "dealer",
        ["tenant_id", "linked_tenant_id"],
        postgresql_include=["id"],
        postgresql_where=sa.text("active"),
    )
    op.create_index(op.f("dealer_linked_tenant_id_idx"), "dealer", ["linked_tenant_id"])
    op.create_index(op.f("dealer_stock_tenant_id_part_number_idx"), "dealer_stock", ["tenant_id", "part_number"])
    op.create_index(op.f("stock_item_part_number_tenant_id_idx"), "stock_item", ["part_number", "tenant_id"])


def _tables() -> None:
    precision = "precision IN ('EXACT','LEVEL','NONE')"
    op.create_table(
        "stock_share_consent",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("manufacturer_id", sa.Uuid(), nullable=False),
        sa.Column("precision", sa.Text(), server_default="LEVEL", nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.CheckConstraint(precision, name=op.f("stock_share_consent_precision_check")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("stock_share_consent_tenant_id_fkey")),
        sa.ForeignKeyConstraint(
            ["manufacturer_id"], ["tenant.id"], name=op.f("stock_share_consent_manufacturer_id_fkey")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "manufacturer_id", name=op.f("stock_share_consent_pkey")),
        comment="What a reseller (tenant_id) shows of its stock to a manufacturer; no row means NONE.",
    )
    op.create_index(
        "stock_share_consent_shown_idx",
        "stock_share_consent",
        ["manufacturer_id", "tenant_id"],
        postgresql_include=["precision"],
        postgresql_where=sa.text("precision <> 'NONE'"),
    )
    op.create_table(
        "stock_share_consent_change",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("manufacturer_id", sa.Uuid(), nullable=False),
        sa.Column("precision_before", sa.Text(), nullable=False),
        sa.Column("precision", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("stock_share_consent_change_tenant_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["manufacturer_id"], ["tenant.id"], name=op.f("stock_share_consent_change_manufacturer_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("stock_share_consent_change_pkey")),
        comment="Every change of a consent, kept for good.",
    )
    op.create_index(
        op.f("stock_share_consent_change_tenant_id_id_idx"), "stock_share_consent_change", ["tenant_id", "id"]
    )
    op.create_table(
        "network_version",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("network_version_tenant_id_fkey")),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("network_version_pkey")),
        comment="Rises with every change of who a tenant may show, in the change's own transaction.",
    )
    for table in ("stock_share_consent", "stock_share_consent_change", "network_version"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY tenant_rows ON {table} USING (tenant_id = {TENANT} OR {PLATFORM})")


def _triggers() -> None:
    for table, column in WATCHED:
        for event, rows in EVENTS:
            op.execute(
                f"CREATE TRIGGER network_{event} AFTER {event} ON {table} REFERENCING {rows} TABLE AS changed"
                f" FOR EACH STATEMENT EXECUTE FUNCTION network_changed('{column}')"
            )
    columns = ("type", "active", "low_stock_threshold", "safety_stock")
    changed = " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in columns)
    op.execute(
        f"CREATE TRIGGER network_sharer AFTER UPDATE ON tenant FOR EACH ROW WHEN ({changed})"
        " EXECUTE FUNCTION sharer_changed()"
    )
