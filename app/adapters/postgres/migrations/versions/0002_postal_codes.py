"""Where postal codes are: the table, filled from the file that is shipped with the code."""

import sqlalchemy as sa
from alembic import op

from app.adapters.postgres import postal_codes_shipped

revision = "0002"
down_revision = "0001"

PLATFORM = "(SELECT current_setting('app.platform', true) = 'on')"


def upgrade() -> None:
    """Everybody reads the table, the platform writes it."""
    op.create_table(
        "postal_code",
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("lng", sa.Double(), nullable=False),
        sa.Column("approximate", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("country", "code", name=op.f("postal_code_pkey")),
        comment="Codes in their normal form; approximate: from the shipped file, by town and not by code.",
    )
    op.execute("ALTER TABLE postal_code ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE postal_code FORCE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY everybody_reads ON postal_code FOR SELECT USING (true)")
    op.execute(f"CREATE POLICY platform_writes ON postal_code USING ({PLATFORM})")
    postal_codes_shipped.load(op.get_bind())
