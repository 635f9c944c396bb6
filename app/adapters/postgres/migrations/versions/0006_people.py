"""People, their sessions and invitations; what a key is called, and when it was last used."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

PLATFORM = "(SELECT current_setting('app.platform', true) = 'on')"
TENANT = "(SELECT nullif(current_setting('app.tenant', true), '')::uuid)"
ROLES = "role IN ('viewer','operator','owner')"


def upgrade() -> None:
    for column in (
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("created_by", sa.Text(), server_default="", nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
    ):
        op.add_column("api_key", column)
    _users()
    _sessions()
    _invitations()
    for table in ("app_user", "app_session", "app_invitation"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY tenant_rows ON {table} USING (tenant_id = {TENANT} OR {PLATFORM})")


def _users() -> None:
    op.create_table(
        "app_user",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("platform", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_sign_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(ROLES, name=op.f("app_user_role_check")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("app_user_tenant_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("app_user_pkey")),
        sa.UniqueConstraint("tenant_id", "email", name=op.f("app_user_tenant_id_email_key")),
        comment="A person at a tenant. email: in lower case; one person may be at several tenants.",
    )
    op.create_index(op.f("app_user_email_idx"), "app_user", ["email"], unique=False)


def _sessions() -> None:
    op.create_table(
        "app_session",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agent", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("app_session_tenant_id_fkey")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["app_user.id"], name=op.f("app_session_user_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("app_session_pkey")),
        comment="A browser that is signed in, by the SHA-256 of its token. expires_at: at the latest.",
    )
    op.create_index(op.f("app_session_user_id_idx"), "app_session", ["user_id"], unique=False)
    op.create_index(op.f("app_session_expires_at_idx"), "app_session", ["expires_at"], unique=False)


def _invitations() -> None:
    op.create_table(
        "app_invitation",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("invited_by", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(ROLES, name=op.f("app_invitation_role_check")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("app_invitation_tenant_id_fkey")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["app_user.id"], name=op.f("app_invitation_user_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("app_invitation_pkey")),
        sa.UniqueConstraint("digest", name=op.f("app_invitation_digest_key")),
        sa.UniqueConstraint("tenant_id", "email", name=op.f("app_invitation_tenant_id_email_key")),
        comment="A link that lets somebody choose a password, once. user_id: of one that forgot it.",
    )
    op.create_index(op.f("app_invitation_user_id_idx"), "app_invitation", ["user_id"], unique=False)
