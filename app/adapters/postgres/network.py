"""Dealers in PostgreSQL: one statement for any number of them."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final, LiteralString
from uuid import UUID

import msgspec
from sqlalchemy import Connection

from app.adapters.postgres import driver
from app.adapters.postgres.arrays import texts
from app.adapters.postgres.postal_codes import places
from app.adapters.postgres.unit_of_work import UnitOfWork
from app.domain.network.collation import sort_key
from app.domain.network.dealer import Dealer
from app.domain.network.dealer_ports import DealerTransaction
from app.domain.network.dealers import ListPlace, StoredDealer, homeless

# Dealer's fields as a record's, so that any number of dealers crosses as one JSON document.
_TYPES: Final = {
    "name": "text",
    "code": "text",
    "address": "text",
    "city": "text",
    "postal_code": "text",
    "country": "text",
    "phone": "text",
    "website": "text",
    "lat": "double precision",
    "lng": "double precision",
    "linked_tenant_id": "uuid",
    "timezone": "text",
    "opening_hours": "jsonb",
    "active": "boolean",
}
_COLUMNS: Final = ", ".join(_TYPES)
_RECORDS: Final = (
    "jsonb_to_recordset(%s::jsonb) AS r(id uuid, name_key bytea, "
    + ", ".join(f"{name} {type_}" for name, type_ in _TYPES.items())
    + ")"
)
_STORED: Final = f"SELECT id, created_at, name_key, {_COLUMNS} FROM dealer WHERE tenant_id = %s"
_WITH_CODES: Final = f"{_STORED} AND code = ANY(%s::text[])"
_ONE: Final = f"{_STORED} AND id = %s"
_PAGE: Final = f"""
    {_STORED} AND (country, name_key, id) > (%s, %s, %s)
      AND strpos(
          casefold(concat_ws(E'\\n', name, city, code, postal_code, replace(postal_code, ' ', ''))
                   COLLATE pg_unicode_fast),
          casefold(%s::text COLLATE pg_unicode_fast)) > 0
    ORDER BY country, name_key, id LIMIT %s
"""
_ADD: Final = f"""
    INSERT INTO dealer (tenant_id, name_key, {_COLUMNS}) SELECT %s, name_key, {_COLUMNS} FROM {_RECORDS}
    RETURNING id
"""
_REWRITE: Final = f"""
    UPDATE dealer SET (name_key, {_COLUMNS}) = (r.name_key, {", ".join(f"r.{name}" for name in _TYPES)})
    FROM {_RECORDS} WHERE dealer.tenant_id = %s AND dealer.id = r.id
    RETURNING dealer.id
"""
_REMOVE: Final[LiteralString] = "DELETE FROM dealer WHERE tenant_id = %s AND id = %s RETURNING id"
_TURN: Final[LiteralString] = "SELECT pg_advisory_xact_lock(hashtextextended('dealers of ' || %s::text, 0))"
_EXISTS: Final[LiteralString] = "SELECT id FROM tenant WHERE id = %s"
_TENANTS: Final[LiteralString] = "SELECT unnest(tenants_that_exist(%s::uuid[]))"
_OWNER: Final[LiteralString] = "SELECT tenant_id FROM dealer WHERE id = %s"


class PostgresNetworks:
    """Opens transactions."""

    def __init__(self, unit_of_work: UnitOfWork) -> None:
        self._unit_of_work = unit_of_work

    @contextmanager
    def tenant(self, tenant_id: UUID) -> Iterator[DealerTransaction]:
        with self._unit_of_work.tenant(tenant_id) as connection:
            yield _Transaction(connection, tenant_id)

    def owner_of(self, dealer_id: UUID) -> UUID | None:
        with self._unit_of_work.platform() as connection:
            found = driver.rows(connection, _OWNER, (dealer_id,))
        return found[0][0] if found else None


class _Transaction:
    def __init__(self, connection: Connection, tenant_id: UUID) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    def exists(self) -> bool:
        return bool(self._rows(_EXISTS, self._tenant_id))

    def take_turn(self) -> None:
        """By a lock of the transaction's: two who add the same codes would else wait for each other."""
        self._rows(_TURN, self._tenant_id)

    def tenants_that_exist(self, tenant_ids: Collection[UUID]) -> Collection[UUID]:
        if not tenant_ids:
            return ()
        return {row[0] for row in self._rows(_TENANTS, texts([str(one) for one in tenant_ids]))}

    def with_codes(self, codes: Sequence[str]) -> Mapping[str, StoredDealer]:
        found = map(_stored, self._rows(_WITH_CODES, self._tenant_id, texts(codes)))
        return {one.dealer.code: one for one in found if one.dealer.code is not None}

    def find(self, dealer_id: UUID) -> StoredDealer | None:
        found = self._placed(self._rows(_ONE, self._tenant_id, dealer_id))
        return found[0] if found else None

    def page(self, after: ListPlace, sought: str, limit: int) -> Sequence[StoredDealer]:
        return self._placed(self._rows(_PAGE, self._tenant_id, *after, sought, limit))

    def add(self, dealers: Sequence[Dealer]) -> Sequence[UUID]:
        records = _records((None, dealer) for dealer in dealers)
        return [row[0] for row in self._rows(_ADD, self._tenant_id, records)]

    def rewrite(self, dealers: Mapping[UUID, Dealer]) -> None:
        self._rows(_REWRITE, _records(dealers.items()), self._tenant_id)

    def remove(self, dealer_id: UUID) -> bool:
        return bool(self._rows(_REMOVE, self._tenant_id, dealer_id))

    def _rows(self, statement: Any, *parameters: Any) -> list[Any]:
        return driver.rows(self._connection, statement, parameters)

    def _placed(self, rows: Sequence[Any]) -> list[StoredDealer]:
        """The dealers, with the places that their postal codes tell where no coordinates are given."""
        found = [_stored(row) for row in rows]
        wanted = {_postal_code(one.dealer) for one in found if homeless(one.dealer)}
        known = places(self._connection, wanted) if wanted else {}
        return [
            replace(one, place=known.get(_postal_code(one.dealer))) if homeless(one.dealer) else one
            for one in found
        ]


def _postal_code(dealer: Dealer) -> tuple[str, str]:
    return dealer.country, dealer.postal_code


def _stored(row: Sequence[Any]) -> StoredDealer:
    dealer_id, created_at, name_key, *columns = row
    dealer = Dealer(**dict(zip(_TYPES, columns, strict=True)))
    return StoredDealer(dealer_id, created_at, ListPlace(dealer.country, name_key, dealer_id), dealer)


def _records(dealers: Iterable[tuple[UUID | None, Dealer]]) -> str:
    """The dealers as _RECORDS reads them; each with its name's sort key."""
    records = [
        {
            "id": dealer_id,
            "name_key": "\\x" + sort_key(dealer.name).hex(),
            **{name: getattr(dealer, name) for name in _TYPES},
        }
        for dealer_id, dealer in dealers
    ]
    return msgspec.json.encode(records).decode()
