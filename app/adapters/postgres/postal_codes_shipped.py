"""The shipped postal codes, for the migration that fills their table and any later one that brings a newer file."""

import gzip
from pathlib import Path
from shutil import copyfileobj
from typing import Final

from sqlalchemy import Connection, text

from app.adapters.postgres.postal_codes import ONE_AT_A_TIME

FILE: Final = Path(__file__).parent / "data" / "postal-codes" / "europe.csv.gz"

_SCOPE: Final = text("SET LOCAL app.platform = 'on'")
_STAGE: Final = text("""
    CREATE TEMPORARY TABLE shipped (country text, code text, lat double precision, lng double precision)
    ON COMMIT DROP
""")
_COPY: Final = "COPY shipped FROM STDIN WITH (FORMAT csv)"
_LOAD: Final = text("""
    MERGE INTO postal_code p USING shipped s ON p.country = s.country AND p.code = s.code
    WHEN MATCHED AND p.approximate AND (p.lat, p.lng) IS DISTINCT FROM (s.lat, s.lng)
        THEN UPDATE SET lat = s.lat, lng = s.lng
    WHEN NOT MATCHED THEN INSERT (country, code, lat, lng, approximate)
        VALUES (s.country, s.code, s.lat, s.lng, true)
""")


def load(connection: Connection) -> int:
    """Bring the table to the file, leaving what an operator imported; how many codes are new or have moved.

    By way of a staging table, since COPY knows neither row level security nor rows that are there. Half a second.
    The connection keeps the platform's scope until its transaction ends.
    """
    for statement in (_SCOPE, ONE_AT_A_TIME, _STAGE):
        connection.execute(statement)
    driver = connection.connection.cursor()
    with gzip.open(FILE) as rows, driver.copy(_COPY) as copy:
        copyfileobj(rows, copy, 1 << 20)
    driver.close()
    return connection.execute(_LOAD).rowcount
