"""Brings a database to the newest schema: `python -m app.adapters.postgres.migrate`, the release step."""

import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from app.adapters.postgres.unit_of_work import engine_for

MIGRATIONS = Path(__file__).parent / "migrations"
POSTGRES_VERSION_MIN = 180000
_RELEASE_LOCK = 7_236_401


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    return config


def upgrade(owner_url: str, app_url: str) -> None:
    """Migrate as the owner, one at a time however many releases run, and let the application's role in."""
    engine = create_engine(
        engine_for(owner_url, pool_size=1, application_name="release").url, poolclass=NullPool
    )
    with engine.connect() as connection:
        version = connection.execute(text("SELECT current_setting('server_version_num')::int")).scalar_one()
        if version < POSTGRES_VERSION_MIN:
            raise SystemExit(f"stockline: PostgreSQL 18 or newer is needed, this is {version // 10000}")
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _RELEASE_LOCK})
        connection.commit()
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        _let_in(
            connection, unquote(urlsplit(app_url).username or ""), unquote(urlsplit(owner_url).username or "")
        )
        connection.commit()


def _let_in(connection: Connection, role: str, owner: str) -> None:
    """Give the application's role the rows, not the tables; roll the partitions once."""
    if role and role != owner:
        name = connection.dialect.identifier_preparer.quote(role)
        for grant in (
            f"GRANT USAGE ON SCHEMA public TO {name}",
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {name}",
            f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {name}",
            f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {name}",
        ):
            connection.execute(text(grant))
    connection.execute(text("SELECT roll_feed_chunks()"))


def main() -> None:
    """The release step of the Procfile."""
    from app.settings import load_or_exit  # noqa: PLC0415 - only this entry point reads the environment

    settings = load_or_exit()
    try:
        upgrade(settings.database_owner_url, settings.database_url)
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[0]
        sys.exit(f"stockline: cannot reach the database to migrate it: {reason}; check DATABASE_OWNER_URL")


if __name__ == "__main__":
    main()
