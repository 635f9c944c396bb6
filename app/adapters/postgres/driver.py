"""The hot statements' way past SQLAlchemy's rows: the same connection and transaction, the driver's own cursor.

For a thousand rows, or one row of forty columns, SQLAlchemy's result costs several times what the rows do.
"""

from collections.abc import Sequence
from typing import Any, LiteralString, cast

import psycopg
from psycopg.rows import dict_row
from sqlalchemy import Connection


def rows(connection: Connection, statement: LiteralString, parameters: Sequence[Any]) -> list[Any]:
    """All rows as tuples."""
    with _driver(connection).cursor(binary=True) as cursor:
        return cursor.execute(statement, parameters).fetchall()


def named_row(
    connection: Connection, statement: LiteralString, parameters: Sequence[Any]
) -> dict[str, Any] | None:
    """The only row, by column name; None if there is none."""
    with _driver(connection).cursor(binary=True, row_factory=dict_row) as cursor:
        return cursor.execute(statement, parameters).fetchone()


def _driver(connection: Connection) -> psycopg.Connection[Any]:
    return cast("psycopg.Connection[Any]", connection.connection.driver_connection)
