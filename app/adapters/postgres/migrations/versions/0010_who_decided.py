"""Who decided about a feed, and who noted what came of a purchase order."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

PLATFORM = "(SELECT current_setting('app.platform', true) = 'on')"
TENANT = "(SELECT nullif(current_setting('app.tenant', true), '')::uuid)"


def upgrade() -> None:
    """The release before this one writes neither; what it decides has no name."""
    op.create_table(
        "feed_decision",
        sa.Column("feed_id", sa.Uuid(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["feed_id"], ["feed.id"], name=op.f("feed_decision_feed_id_fkey"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("feed_decision_tenant_id_fkey")),
        sa.PrimaryKeyConstraint("feed_id", "decided_at", name=op.f("feed_decision_pkey")),
        comment="What a person decided about a feed: released, discarded or replayed it.",
    )
    op.execute("ALTER TABLE feed_decision ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE feed_decision FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY tenant_rows ON feed_decision USING (tenant_id = {TENANT} OR {PLATFORM})")
    op.add_column("purchase_receipt", sa.Column("received_by", sa.Text(), nullable=True))
