"""Aliases one by one, and what a tenant sells that begins with what somebody types."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, text

from app.adapters.postgres.unit_of_work import UnitOfWork
from app.domain.catalog.aliases import Alias, Suggestion

_NAMED: Final = """
    LEFT JOIN tenant_catalog_item c ON c.item_id = i.id LEFT JOIN part p ON p.id = c.part_id
    LEFT JOIN tenant_part o ON o.item_id = i.id
"""
_LISTED: Final = text(f"""
    SELECT a.alias, i.part_number, COALESCE(p.name, o.name, '') AS name
    FROM tenant_sku_alias a JOIN stock_item i ON i.id = a.item_id {_NAMED}
    WHERE a.tenant_id = :tenant_id AND a.alias > :after
      AND (:sought = '' OR position(lower(:sought) IN lower(a.alias)) > 0
           OR position(lower(:sought) IN lower(i.part_number)) > 0)
    ORDER BY a.alias LIMIT :limit
""")
_REMOVE: Final = text("DELETE FROM tenant_sku_alias WHERE tenant_id = :tenant_id AND alias = :alias")
_IS_ITEM: Final = text(
    "SELECT EXISTS (SELECT FROM stock_item WHERE tenant_id = :tenant_id AND part_number = :part_number)"
)

_PUNCTUATION: Final = " -_./"
"""People and systems write one number with and without it."""
_PLAIN: Final = str.maketrans("", "", _PUNCTUATION)

# What begins so is found by the index alone, and for most that is enough; the rest looks at every item's words.
_BEGINS: Final = text(f"""
    SELECT i.part_number, COALESCE(p.name, o.name, '') AS name, i.source
    FROM (SELECT * FROM stock_item
          WHERE tenant_id = :tenant_id AND part_number >= :sought AND starts_with(part_number, :sought)
          ORDER BY part_number, source LIMIT :limit) i {_NAMED}
    ORDER BY i.part_number, i.source
""")
_HAS: Final = text(f"""
    SELECT i.part_number, COALESCE(p.name, o.name, '') AS name, i.source
    FROM stock_item i {_NAMED}
    WHERE i.tenant_id = :tenant_id AND NOT starts_with(i.part_number, :sought)
      AND (position(lower(:sought) IN lower(i.part_number)) > 0
           OR :plain <> '' AND position(:plain IN translate(lower(i.part_number), '{_PUNCTUATION}', '')) > 0
           OR position(lower(:sought) IN lower(COALESCE(p.name, o.name, ''))) > 0)
    LIMIT :limit
""")


class PostgresAliases:
    """Opens transactions."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    @contextmanager
    def tenant(self, tenant_id: UUID) -> Iterator["PostgresAliasTransaction"]:
        """One transaction in the tenant's scope."""
        with self._uow.tenant(tenant_id) as connection:
            yield PostgresAliasTransaction(connection, tenant_id)


class PostgresAliasTransaction:
    """See the port for every verb."""

    def __init__(self, connection: Connection, tenant_id: UUID) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    def listed(self, limit: int, after: str, sought: str) -> Sequence[Alias]:
        given = {"tenant_id": self._tenant_id, "limit": limit, "after": after, "sought": sought}
        return [Alias(**row) for row in self._connection.execute(_LISTED, given).mappings()]

    def remove(self, alias: str) -> bool:
        given = {"tenant_id": self._tenant_id, "alias": alias}
        return self._connection.execute(_REMOVE, given).rowcount == 1

    def is_item(self, part_number: str) -> bool:
        given = {"tenant_id": self._tenant_id, "part_number": part_number}
        found: bool = self._connection.execute(_IS_ITEM, given).scalar_one()
        return found

    def like(self, sought: str, limit: int) -> Sequence[Suggestion]:
        plain = sought.lower().translate(_PLAIN)
        given = {"tenant_id": self._tenant_id, "sought": sought, "plain": plain, "limit": limit}
        found = [Suggestion(**row) for row in self._connection.execute(_BEGINS, given).mappings()]
        if len(found) < limit:
            given["limit"] = limit - len(found)
            found += [Suggestion(**row) for row in self._connection.execute(_HAS, given).mappings()]
        return found
