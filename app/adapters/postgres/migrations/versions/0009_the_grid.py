"""What people look through 100,000 items by: words within a part, its name, its brand and category.

Words are found by trigrams where PostgreSQL has pg_trgm, which comes with its contrib modules; elsewhere the parts are
read through, which is slower and finds the same. An own part is under row level security, which lets no index of words
be asked before it: those of one tenant are read through.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

WORDS = """
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_trgm') THEN
        CREATE EXTENSION IF NOT EXISTS pg_trgm;
        CREATE INDEX part_words_idx ON part
            USING gin ((part_number || ' ' || name || ' ' || COALESCE(brand, '')) gin_trgm_ops);
    END IF;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE NOTICE 'pg_trgm may not be installed by this role: parts are searched without an index of words';
END $$
"""


def upgrade() -> None:
    """The release before this one neither needs nor minds the indexes."""
    op.execute(WORDS)
    op.create_index("part_name_idx", "part", [sa.text("lower(name)"), "part_number"])
    op.create_index("part_brand_category_idx", "part", [sa.text("lower(brand)"), sa.text("lower(category)")])
    op.create_index("tenant_part_name_idx", "tenant_part", ["tenant_id", sa.text("lower(name)")])
