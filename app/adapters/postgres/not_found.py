"""What feeds named and nobody knew: noted with the chunk that named it, read without what is known by now."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, text

from app.adapters.postgres.arrays import texts
from app.adapters.postgres.unit_of_work import UnitOfWork
from app.domain.stock.feed import Feed, recorded_under
from app.domain.stock.not_found import NotFoundPart, Order

COUNTED_EACH_TIME: Final = 100
"""Of a chunk's unknown names. A catalog that was never activated names thousands in every feed: beyond these a
name that is known as unknown is counted once an hour, so that such a feed writes next to nothing."""

COUNT_MAX: Final = 1_000

# Sorted, so that two lanes that name the same never wait for each other in a circle. The look is a LATERAL with a
# LIMIT, so that it stays one probe of the key a name: joined, a table without statistics was walked for each name.
_NOTE: Final = text("""
    INSERT INTO not_found_part AS p
        (tenant_id, part_number, first_seen_at, last_seen_at, surface, feed_id, ordinal)
    SELECT :tenant_id, n.name, :at, :at, :surface, :feed_id, :ordinal
    FROM unnest(CAST(:names AS text[])) WITH ORDINALITY AS n(name, place)
    LEFT JOIN LATERAL (
        SELECT k.last_seen_at FROM not_found_part k
        WHERE k.tenant_id = :tenant_id AND k.part_number = n.name LIMIT 1) k ON n.place > :counted
    WHERE k.last_seen_at IS NULL OR k.last_seen_at < :at - interval '1 hour'
    ORDER BY n.name
    ON CONFLICT (tenant_id, part_number) DO UPDATE
    SET times = p.times + CASE WHEN p.feed_id = excluded.feed_id THEN 0 ELSE 1 END,
        last_seen_at = GREATEST(p.last_seen_at, excluded.last_seen_at),
        surface = excluded.surface, feed_id = excluded.feed_id, ordinal = excluded.ordinal
""")

_COLUMNS: Final = """
    p.part_number, p.times, p.first_seen_at, p.last_seen_at, p.surface, p.feed_id, p.ordinal,
    p.dismissed_at, p.dismissed_by
"""
_UNKNOWN: Final = """
    NOT EXISTS (SELECT FROM stock_item i WHERE i.tenant_id = p.tenant_id AND i.part_number = p.part_number)
    AND NOT EXISTS (SELECT FROM tenant_sku_alias a WHERE a.tenant_id = p.tenant_id AND a.alias = p.part_number)
"""
_SORTED_BY: Final = {Order.TIMES: "times", Order.LAST: "last_seen_at"}
_TYPES: Final = {Order.TIMES: "int", Order.LAST: "timestamptz"}
_LISTED: Final = """
    SELECT {columns} FROM not_found_part p
    WHERE p.tenant_id = :tenant_id AND (p.dismissed_at IS NOT NULL) = :dismissed AND {unknown}
      AND (:sought = '' OR position(lower(:sought) IN lower(p.part_number)) > 0)
      AND (CAST(:value AS {type}) IS NULL OR p.{by} < CAST(:value AS {type})
           OR p.{by} = CAST(:value AS {type}) AND p.part_number > :name)
    ORDER BY p.{by} DESC, p.part_number LIMIT :limit
"""
_LISTS: Final = {
    order: text(_LISTED.format(columns=_COLUMNS, unknown=_UNKNOWN, by=by, type=_TYPES[order]))
    for order, by in _SORTED_BY.items()
}
_ONE: Final = text(
    f"SELECT {_COLUMNS} FROM not_found_part p WHERE p.tenant_id = :tenant_id AND p.part_number = :part_number"
)

# Asked every few seconds: probes of the keys that end with the thousandth, where an anti-join reads all tables first.
_COUNT: Final = text(f"""
    SELECT count(*) FROM (
        SELECT FROM not_found_part p
        LEFT JOIN LATERAL (SELECT true AS known FROM stock_item i
            WHERE i.tenant_id = p.tenant_id AND i.part_number = p.part_number LIMIT 1) i ON true
        LEFT JOIN LATERAL (SELECT true AS known FROM tenant_sku_alias a
            WHERE a.tenant_id = p.tenant_id AND a.alias = p.part_number LIMIT 1) a ON true
        WHERE p.tenant_id = :tenant_id AND p.dismissed_at IS NULL AND i.known IS NULL AND a.known IS NULL
        LIMIT {COUNT_MAX}) counted
""")
_DISMISS: Final = text("""
    UPDATE not_found_part SET dismissed_at = COALESCE(dismissed_at, now()), dismissed_by = COALESCE(dismissed_by, :by)
    WHERE tenant_id = :tenant_id AND part_number = :part_number
""")
_RESTORE: Final = text("""
    UPDATE not_found_part SET dismissed_at = NULL, dismissed_by = NULL
    WHERE tenant_id = :tenant_id AND part_number = :part_number AND dismissed_at IS NOT NULL
""")

# Rows that a worker is about to count are left for the next time.
_PRUNE: Final = text(f"""
    DELETE FROM not_found_part d USING (
        SELECT p.tenant_id, p.part_number FROM not_found_part p
        WHERE p.last_seen_at < now() - interval '30 days' OR NOT ({_UNKNOWN})
        FOR UPDATE SKIP LOCKED) gone
    WHERE d.tenant_id = gone.tenant_id AND d.part_number = gone.part_number
""")


def note(connection: Connection, feed: Feed, ordinal: int, names: Sequence[str]) -> None:
    """These names of a chunk reach nothing; each once. In the chunk's own transaction."""
    given = {
        "tenant_id": feed.tenant_id,
        "names": texts(names),
        "at": feed.accepted_at,
        "surface": recorded_under(feed.kind, feed.surface),
        "feed_id": feed.id,
        "ordinal": ordinal,
        "counted": COUNTED_EACH_TIME,
    }
    connection.execute(_NOTE, given)


def prune(connection: Connection) -> None:
    """Drop what was not named for 30 days, and what is known by now."""
    connection.execute(_PRUNE)


class PostgresNotFound:
    """Opens transactions."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    @contextmanager
    def tenant(self, tenant_id: UUID) -> Iterator["PostgresNotFoundTransaction"]:
        """One transaction in the tenant's scope."""
        with self._uow.tenant(tenant_id) as connection:
            yield PostgresNotFoundTransaction(connection, tenant_id)


class PostgresNotFoundTransaction:
    """See the port for every verb."""

    def __init__(self, connection: Connection, tenant_id: UUID) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    def listed(
        self, order: Order, limit: int, after: tuple[Any, str] | None, sought: str, *, dismissed: bool
    ) -> Sequence[NotFoundPart]:
        value, name = after or (None, "")
        given = {"tenant_id": self._tenant_id, "value": value, "name": name, "limit": limit}
        rows = self._connection.execute(_LISTS[order], {**given, "sought": sought, "dismissed": dismissed})
        return [NotFoundPart(**row) for row in rows.mappings()]

    def one(self, part_number: str) -> NotFoundPart | None:
        given = {"tenant_id": self._tenant_id, "part_number": part_number}
        row = self._connection.execute(_ONE, given).mappings().one_or_none()
        return None if row is None else NotFoundPart(**row)

    def count(self) -> int:
        count: int = self._connection.execute(_COUNT, {"tenant_id": self._tenant_id}).scalar_one()
        return count

    def dismiss(self, part_number: str, by: str) -> bool:
        given = {"tenant_id": self._tenant_id, "part_number": part_number, "by": by}
        return self._connection.execute(_DISMISS, given).rowcount == 1

    def restore(self, part_number: str) -> bool:
        given = {"tenant_id": self._tenant_id, "part_number": part_number}
        return self._connection.execute(_RESTORE, given).rowcount == 1
