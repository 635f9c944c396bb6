"""What the tables share: the names of constraints, and the columns that many have."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Integer,
    MetaData,
    Numeric,
    Text,
    Uuid,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ck": "%(table_name)s_%(constraint_name)s_check",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        "pk": "%(table_name)s_pkey",
    },
)

NOW = text("now()")
UUID7 = text("uuidv7()")
TIME = DateTime(timezone=True)
MONEY = Numeric(12, 2)


def uuid_key() -> Column[Any]:
    """Of a row that is named outside: version 7, so that rows that come together lie together."""
    return Column("id", Uuid, primary_key=True, server_default=UUID7)


def bigint_key() -> Column[Any]:
    """Of a row that stays inside."""
    return Column("id", BigInteger, Identity(always=True), primary_key=True)


def tenant_id() -> Column[Any]:
    """Whose row it is."""
    return Column("tenant_id", Uuid, ForeignKey("tenant.id"), nullable=False)


def created_at() -> Column[Any]:
    """When its transaction began."""
    return Column("created_at", TIME, nullable=False, server_default=NOW)


def text_of(name: str, default: str = "") -> Column[Any]:
    """A text that is never null."""
    return Column(name, Text, nullable=False, server_default=text(f"'{default}'"))


def number(name: str, default: int = 0, type_: Any = Integer) -> Column[Any]:
    """A number that is never null."""
    return Column(name, type_, nullable=False, server_default=text(str(default)))
