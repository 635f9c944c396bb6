"""The hot statements' way past SQLAlchemy's rows: the same connection and transaction, the driver's own cursor.

For a thousand rows, or one row of forty columns, SQLAlchemy's result costs several times what the rows do.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final, LiteralString, cast

import psycopg
from psycopg.rows import dict_row, namedtuple_row
from sqlalchemy import Connection, TextClause
from sqlalchemy.dialects import postgresql

_DIALECT: Final = postgresql.dialect(paramstyle="pyformat")  # type: ignore[no-untyped-call]


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


def together(connection: Connection, *asked: tuple[TextClause, Mapping[str, Any]]) -> list[list[Any]]:
    """The rows of each statement as named tuples, all for one round trip."""
    driver = _driver(connection)
    with driver.pipeline():
        cursors = [
            driver.cursor(row_factory=namedtuple_row).execute(_compiled(statement), given)
            for statement, given in asked
        ]
    return [cursor.fetchall() for cursor in cursors]


@cache
def _compiled(statement: TextClause) -> Any:
    return str(statement.compile(dialect=_DIALECT))


def _driver(connection: Connection) -> psycopg.Connection[Any]:
    return cast("psycopg.Connection[Any]", connection.connection.driver_connection)
