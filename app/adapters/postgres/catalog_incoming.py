"""A batch of import lines as a temporary table, and SQL that merges its columns into others.

Bit n of `given` says that the n-th column was on the line: it is set, or cleared where null;
a column that was not is left as it stands.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import psycopg
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from app.domain.imports.rows import Row

PART_CONTENT: Final = {
    "name": "text",
    "description": "text",
    "brand": "text",
    "category": "text",
    "oem_part_number": "text",
    "ean": "text",
    "weight_kg": "numeric(10, 4)",
    "hs_code": "text",
    "country_of_origin": "text",
    "image_url": "text",
    "manual_url": "text",
}
STOREFRONT_CONTENT: Final = {"seo_title": "text", "seo_description": "text", "tags": "text[]"}
MONEY: Final = {
    "price": "numeric(12, 2)",
    "compare_at_price": "numeric(12, 2)",
    "cost_price": "numeric(12, 2)",
}
_COLUMNS: Final = {
    "part_number": "text",
    "alias": "text",
    **PART_CONTENT,
    "variant_group": "text",
    "variant_group_name": "text",
    "option1_name": "text",
    "option1_value": "text",
    "position": "integer",
    **STOREFRONT_CONTENT,
    **MONEY,
    "stock": "integer",
}
_BIT: Final = {column: 1 << number for number, column in enumerate(_COLUMNS)}
_CREATE: Final = text(
    "CREATE TEMPORARY TABLE incoming (line integer, given integer, item_id bigint, group_id bigint, "
    + ", ".join(f"{column} {type_}" for column, type_ in _COLUMNS.items())
    + ") ON COMMIT DROP",
)


def load(connection: Connection, rows: Sequence[Row]) -> None:
    """Make the table `incoming` of this transaction."""
    connection.execute(_CREATE)
    present = [column for column in _COLUMNS if any(column in row.values for row in rows)]
    copy_sql = f"COPY incoming (line, given, {', '.join(present)}) FROM STDIN"
    driver = connection.connection.cursor()
    try:
        with driver.copy(copy_sql) as copy:
            for line, values in rows:
                bits = sum(_BIT[column] for column in values)
                copy.write_row((line, bits, *map(values.get, present)))
    except psycopg.Error as error:
        raise DBAPIError.instance(copy_sql, None, error, psycopg.Error) from error
    finally:
        driver.close()
    connection.execute(text("ANALYZE incoming"))


def given(*columns: str) -> str:
    """SQL: whether the line `i` has any of these columns."""
    return f"i.given & {sum(_BIT[column] for column in columns)} <> 0"


def merged(target: str, column: str, source: str = "") -> str:
    """SQL: what a column of `target` becomes."""
    source = source or column
    return f"CASE WHEN {given(source)} THEN i.{source} ELSE {target}.{column} END"


def assignments(target: str, columns: Iterable[str]) -> str:
    """SQL: the SET list over these columns."""
    return ", ".join(f"{column} = {merged(target, column)}" for column in columns)


def differ(target: str, columns: Sequence[str]) -> str:
    """SQL: whether any of these columns becomes another value."""
    now = ", ".join(f"{target}.{column}" for column in columns)
    then = ", ".join(merged(target, column) for column in columns)
    return f"ROW({now}) IS DISTINCT FROM ROW({then})"
