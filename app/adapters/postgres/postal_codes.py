"""Postal codes in PostgreSQL: looked up one by one or by the thousand, imported by way of a staging table."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import psycopg
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from app.adapters.postgres.arrays import numbers, texts
from app.adapters.postgres.unit_of_work import UnitOfWork
from app.domain.imports.batches import Counts
from app.domain.network.geonames import CodeLine
from app.domain.network.postal import Place, country_code, lookup_keys
from app.domain.network.postal_codes import PostalCodeImport

_FIND: Final = text("""
    SELECT lat, lng, approximate FROM postal_code
    WHERE country = :country AND code = ANY(CAST(:keys AS text[]))
    ORDER BY array_position(CAST(:keys AS text[]), code) LIMIT 1
""")
_PLACES: Final = text("""
    SELECT DISTINCT ON (w.asked) w.asked, p.lat, p.lng, p.approximate
    FROM unnest(CAST(:asked AS int[]), CAST(:countries AS text[]), CAST(:codes AS text[]))
        WITH ORDINALITY AS w(asked, country, code, rank)
    JOIN postal_code p ON p.country = w.country AND p.code = w.code
    ORDER BY w.asked, w.rank
""")
# The largest of GeoNames' files, 1.8 million lines, merges in half a minute.
_ROOM: Final = text("SET LOCAL statement_timeout = '10min'")
ONE_AT_A_TIME: Final = text("SELECT pg_advisory_xact_lock(hashtextextended('postal code import', 0))")
_STAGE: Final = text("""
    CREATE TEMPORARY TABLE incoming (country text, code text, lat numeric, lng numeric, accuracy smallint)
    ON COMMIT DROP
""")
_COPY: Final = "COPY incoming (country, code, lat, lng, accuracy) FROM STDIN"
_ANALYZE: Final = text("ANALYZE incoming")
# Means of exact numbers, rounded to a tenth of a metre: the same file makes the same place in whatever order.
# Where the lines of a code lie on both sides of the antimeridian, the western ones count on beyond 180 degrees.
_MERGE: Final = text("""
    WITH mean AS (
        SELECT country, code, accuracy, avg(lat) AS lat, max(lng) - min(lng) > 180 AS around,
            avg(lng) AS lng, avg(CASE WHEN lng < 0 THEN lng + 360 ELSE lng END) AS eastward
        FROM incoming GROUP BY country, code, accuracy
    ), best AS MATERIALIZED (
        SELECT DISTINCT ON (country, code) country, code, CAST(round(lat, 6) AS double precision) AS lat,
            CAST(round(CASE WHEN NOT around THEN lng WHEN eastward > 180 THEN eastward - 360 ELSE eastward END, 6)
                AS double precision) AS lng
        FROM mean ORDER BY country, code, accuracy DESC
    ), merged AS (
        MERGE INTO postal_code p USING best b ON p.country = b.country AND p.code = b.code
        WHEN MATCHED AND (p.lat, p.lng, p.approximate) IS DISTINCT FROM (b.lat, b.lng, false)
            THEN UPDATE SET lat = b.lat, lng = b.lng, approximate = false
        WHEN NOT MATCHED THEN INSERT (country, code, lat, lng, approximate)
            VALUES (b.country, b.code, b.lat, b.lng, false)
        RETURNING merge_action() AS action
    )
    SELECT (SELECT count(*) FROM best), count(*) FILTER (WHERE action = 'INSERT'),
        count(*) FILTER (WHERE action = 'UPDATE')
    FROM merged
""")
_TOUCH: Final = text("SELECT touch_all_networks()")


class PostgresPostalCodes:
    """The table and its imports."""

    def __init__(self, unit_of_work: UnitOfWork) -> None:
        self._unit_of_work = unit_of_work

    def find(self, country: str, keys: Sequence[str]) -> Place | None:
        with self._unit_of_work.platform() as connection:
            found = connection.execute(_FIND, {"country": country, "keys": list(keys)}).one_or_none()
        return Place(*found) if found else None

    @contextmanager
    def importing(self) -> Iterator[PostalCodeImport]:
        with self._unit_of_work.platform() as connection:
            for statement in (_ROOM, ONE_AT_A_TIME, _STAGE):
                connection.execute(statement)
            yield _Import(connection)


def places(connection: Connection, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Place]:
    """Where (country, postal code) pairs are, as people wrote them; unknown ones are left out. One statement."""
    asked = list(set(wanted))
    keys = [
        (place, country_code(country) or "", key)
        for place, (country, postal_code) in enumerate(asked)
        for key in lookup_keys(country, postal_code)
    ]
    if not keys:
        return {}
    indexes, countries, codes = zip(*keys, strict=True)
    parameters = {"asked": numbers(indexes), "countries": texts(countries), "codes": texts(codes)}
    return {asked[row[0]]: Place(*row[1:]) for row in connection.execute(_PLACES, parameters)}


class _Import:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def stage(self, lines: Sequence[CodeLine]) -> None:
        """By COPY's own text form: no cell of a checked line has anything in it to escape."""
        driver = self._connection.connection.cursor()
        try:
            with driver.copy(_COPY) as copy:
                copy.write("".join(["\t".join(line) + "\n" for line in lines]))
        except psycopg.Error as error:
            raise DBAPIError.instance(_COPY, None, error, psycopg.Error) from error
        finally:
            driver.close()

    def merge(self) -> Counts:
        self._connection.execute(_ANALYZE)
        codes, created, updated = self._connection.execute(_MERGE).one()
        if created or updated:
            self._connection.execute(_TOUCH)
        return Counts(created=created, updated=updated, unchanged=codes - created - updated)
