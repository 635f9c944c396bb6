"""The schema as it is migrated: who sees which row, and that the tables in the code are those in the database."""

from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from app.adapters.postgres.tables import metadata
from app.adapters.postgres.unit_of_work import UnitOfWork, engine_for
from app.local.engines import Engines

TENANT_TABLES = sorted(
    table.name for table in metadata.tables.values() if table.name == "tenant" or "tenant_id" in table.columns
)
CENTRAL_TABLES = ["part", "part_variant_group", "part_variant_group_member", "postal_code"]


@pytest.fixture(scope="module")
def unit_of_work(engines: Engines):
    engine = engine_for(engines.app_url, pool_size=2, application_name="test")
    yield UnitOfWork(engine)
    engine.dispose()


def test_the_chain_of_migrations_leads_to_the_tables_in_the_code(engines: Engines):
    engine = engine_for(engines.owner_url, pool_size=1, application_name="test")

    def ours(name, kind, parents):
        table = name if kind == "table" else parents.get("table_name")
        return not (table or "").startswith("feed_chunk_") and table != "alembic_version"

    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"include_name": ours, "compare_type": True, "compare_server_default": True},
        )
        difference = compare_metadata(context, metadata)
    engine.dispose()
    assert difference == []


def test_every_table_with_a_tenant_is_under_forced_row_level_security(engines: Engines):
    with psycopg.connect(engines.owner_url) as connection:
        unguarded = connection.execute(
            """
            SELECT c.relname FROM pg_class c
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
              AND (c.relname = 'tenant' OR EXISTS (
                  SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND a.attnum > 0))
              AND NOT (c.relrowsecurity AND c.relforcerowsecurity
                       AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid))
            """,
        ).fetchall()
    assert unguarded == []


def test_no_table_is_without_row_level_security_at_all(engines: Engines):
    with psycopg.connect(engines.owner_url) as connection:
        open_tables = connection.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
            " AND NOT relrowsecurity AND relname <> 'alembic_version'",
        ).fetchall()
    assert open_tables == []


def fill_every_table(connection, tenant_id):
    """One row each, from what the columns demand; a foreign key takes the row made before."""
    keys = {}
    for table in metadata.sorted_tables:
        if table.name == "network_version":
            continue  # comes with the dealer, by its trigger
        values = {column.name: demanded(column, keys) for column in table.columns if is_demanded(column)}
        if table.name == "tenant":
            values["id"] = tenant_id
        made = connection.execute(table.insert().values(values).returning(*table.primary_key.columns)).one()
        keys[table.name] = made[0]


def is_demanded(column):
    return not (column.nullable or column.server_default or column.identity)


def demanded(column, keys):
    for reference in column.foreign_keys:
        return keys[reference.column.table.name]
    special = {
        "tenant.type": "RETAIL",
        "stock_item.source": "own",
        "dispatch.actor": "feeds.apply",
        "alert_channel.kind": "email",
        "app_user.role": "viewer",
        "app_invitation.role": "viewer",
        "reservation.quantity": 1,
        "purchase_order_line.quantity": 1,
    }
    if str(column) in special:
        return special[str(column)]
    kind = column.type.python_type
    return {
        str: lambda: str(uuid4()),
        UUID: uuid4,
        bytes: lambda: uuid4().bytes,
        datetime: lambda: datetime.now(UTC),
        date: lambda: datetime.now(UTC).date(),
        object: dict,
    }.get(kind, kind)()


@pytest.mark.usefixtures("clean_database")
class TestRowsOfTwoTenants:
    """Each has one row in every table, those included that are added after this was written."""

    @pytest.fixture
    def tenants(self, unit_of_work):
        ids = [uuid4(), uuid4()]
        with unit_of_work.platform() as connection:
            for tenant_id in ids:
                fill_every_table(connection, tenant_id)
        return ids

    @pytest.mark.parametrize("table", TENANT_TABLES)
    def test_a_tenant_sees_its_own_rows_and_no_others(self, unit_of_work, tenants, table):
        column = "id" if table == "tenant" else "tenant_id"
        with unit_of_work.tenant(tenants[0]) as connection:
            seen = set(connection.execute(text(f"SELECT {column} FROM {table}")).scalars())
        assert seen == {tenants[0]}

    @pytest.mark.parametrize("table", TENANT_TABLES)
    def test_without_a_scope_nobody_sees_anything(self, unit_of_work, tenants, table):
        with unit_of_work.engine.connect() as connection:
            assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 0

    @pytest.mark.parametrize("table", TENANT_TABLES)
    def test_a_scope_ends_with_its_transaction(self, unit_of_work, tenants, table):
        with unit_of_work.tenant(tenants[0]):
            pass
        with unit_of_work.engine.connect() as connection:
            assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 0

    def test_a_tenant_changes_no_other_tenants_row(self, unit_of_work, tenants):
        with unit_of_work.tenant(tenants[0]) as connection:
            changed = connection.execute(
                text("UPDATE stock_item SET stock = 9 WHERE tenant_id = :t"), {"t": tenants[1]}
            )
            assert changed.rowcount == 0

    def test_a_tenant_writes_no_row_in_anothers_name(self, unit_of_work, tenants):
        with (
            pytest.raises(Exception, match="row-level security"),
            unit_of_work.tenant(tenants[0]) as connection,
        ):
            connection.execute(
                text("INSERT INTO stock_item (tenant_id, source, part_number) VALUES (:t, 'own', 'X')"),
                {"t": tenants[1]},
            )

    @pytest.mark.parametrize("table", CENTRAL_TABLES)
    def test_every_tenant_reads_the_central_catalog_and_none_writes_it(self, unit_of_work, tenants, table):
        with unit_of_work.tenant(tenants[0]) as connection:
            assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() > 0
            assert connection.execute(text(f"DELETE FROM {table}")).rowcount == 0
