"""Which of some ids are tenants', answered to a tenant that links its dealers to others.

The foreign key would refuse a wrong link too, but with the whole batch of an import, and not line by line. Nothing
but existence comes out: an id is not to be guessed, and whoever links to one was told it.
"""

from alembic import op

revision = "0004"
down_revision = "0003"

# The scope is set by hand, as in 0003 and for its reason.
TENANTS_THAT_EXIST = """
    CREATE FUNCTION tenants_that_exist(asked uuid[]) RETURNS uuid[] LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public AS $$
    DECLARE
        scope_before text := coalesce(current_setting('app.platform', true), '');
        answer uuid[];
    BEGIN
        PERFORM set_config('app.platform', 'on', true);
        answer := ARRAY(SELECT id FROM tenant WHERE id = ANY(asked));
        PERFORM set_config('app.platform', scope_before, true);
        RETURN answer;
    END $$
"""


def upgrade() -> None:
    """Expand only: the release before this one works on."""
    op.execute(TENANTS_THAT_EXIST)
    op.execute("REVOKE EXECUTE ON FUNCTION tenants_that_exist(uuid[]) FROM PUBLIC")
