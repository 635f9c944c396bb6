"""What feeds named and nobody knew, gathered by part number, so that a person can say what it is."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

PLATFORM = "(SELECT current_setting('app.platform', true) = 'on')"
TENANT = "(SELECT nullif(current_setting('app.tenant', true), '')::uuid)"


def upgrade() -> None:
    op.create_table(
        "not_found_part",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("part_number", sa.Text(), nullable=False),
        sa.Column("times", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("surface", sa.Text(), nullable=False),
        sa.Column("feed_id", sa.Uuid(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("dismissed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dismissed_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("not_found_part_tenant_id_fkey")),
        sa.PrimaryKeyConstraint("tenant_id", "part_number", name=op.f("not_found_part_pkey")),
        comment="A part number that feeds named and nobody knew; feed_id, ordinal: the chunk that had it last.",
        postgresql_with={"fillfactor": "70"},
    )
    op.execute("ALTER TABLE not_found_part ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE not_found_part FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY tenant_rows ON not_found_part USING (tenant_id = {TENANT} OR {PLATFORM})")
