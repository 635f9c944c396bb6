"""The catalog's transactions in PostgreSQL: each batch is a handful of set-based statements."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, text

from app.adapters.postgres.catalog_groups import CENTRAL, TENANT, merge_groups
from app.adapters.postgres.catalog_incoming import (
    MONEY,
    PART_CONTENT,
    STOREFRONT_CONTENT,
    assignments,
    differ,
    given,
    load,
)
from app.adapters.postgres.lanes import take_all_turns
from app.adapters.postgres.unit_of_work import UnitOfWork
from app.domain.catalog.items import Source
from app.domain.catalog.ports import Activation, CentralTransaction, Selection, TenantTransaction
from app.domain.imports.batches import Counts
from app.domain.imports.rows import Refusal, Row

_ONE_AT_A_TIME: Final = text("SELECT pg_advisory_xact_lock(hashtextextended('catalog import ' || :whose, 0))")
_PART: Final = list(PART_CONTENT)
_OWN_PART: Final = [*PART_CONTENT, *STOREFRONT_CONTENT]
_NO_ITEM: Final = "no activated part and no own part has the partNumber {!r}"


class PostgresCatalogs:
    """Opens transactions."""

    def __init__(self, unit_of_work: UnitOfWork) -> None:
        self._unit_of_work = unit_of_work

    @contextmanager
    def central(self) -> Iterator[CentralTransaction]:
        """In the platform's scope, which alone may write the central catalog."""
        with self._unit_of_work.platform() as connection:
            yield _Central(connection)

    @contextmanager
    def tenant(self, tenant_id: UUID) -> Iterator[TenantTransaction]:
        """In the tenant's scope."""
        with self._unit_of_work.tenant(tenant_id) as connection:
            yield _Tenant(connection, tenant_id)


class _Central:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def import_parts(self, rows: Sequence[Row]) -> Counts:
        self._connection.execute(_ONE_AT_A_TIME, {"whose": "central"})
        load(self._connection, rows)
        merge = f"""
            MERGE INTO part p USING incoming i ON p.part_number = i.part_number
            WHEN MATCHED AND {differ("p", _PART)} THEN UPDATE SET {assignments("p", _PART)}
            WHEN NOT MATCHED THEN INSERT (part_number, {", ".join(_PART)})
                VALUES (i.part_number, coalesce(i.name, i.part_number), {_values(_PART[1:])})
            RETURNING merge_action(), i.line
        """
        created, changed = _by_action(self._connection, merge)
        if any("variant_group" in row.values for row in rows):
            link = "UPDATE incoming i SET item_id = p.id FROM part p WHERE p.part_number = i.part_number"
            self._connection.execute(text(link))
            changed |= merge_groups(self._connection, CENTRAL)
        return _counts(rows, created, changed)


class _Tenant:
    def __init__(self, connection: Connection, tenant_id: UUID) -> None:
        self._connection = connection
        self._tenant_id = tenant_id
        self._whose = {"tenant": tenant_id}

    def exists(self) -> bool:
        found = text("SELECT EXISTS (SELECT FROM tenant WHERE id = :tenant)")
        return bool(self._connection.execute(found, self._whose).scalar_one())

    def sells(self, source: Source, part_number: str) -> bool:
        found = text(
            "SELECT EXISTS (SELECT FROM stock_item WHERE tenant_id = :tenant AND source = :source"
            " AND part_number = :part_number)"
        )
        item = {**self._whose, "source": source, "part_number": part_number}
        return bool(self._connection.execute(found, item).scalar_one())

    def activate(self, selection: Selection) -> Activation:
        self._one_at_a_time()
        parameters = {
            **self._whose,
            "everything": selection.everything,
            "brands": [brand.lower() for brand in selection.brands],
            "part_numbers": list(selection.part_numbers),
        }
        wanted = "(:everything OR lower(p.brand) = ANY(:brands) OR p.part_number = ANY(:part_numbers))"
        selected = self._connection.execute(
            text(f"SELECT count(*) FROM part p WHERE {wanted}"), parameters
        ).scalar_one()
        created = self._connection.execute(text(_ACTIVATE.format(wanted=wanted)), parameters).rowcount
        if created:
            self._names_taken()
        unknown = text(
            "SELECT u.part_number FROM unnest(CAST(:part_numbers AS text[])) WITH ORDINALITY u(part_number, place)"
            " WHERE NOT EXISTS (SELECT FROM part p WHERE p.part_number = u.part_number) ORDER BY u.place",
        )
        missing = tuple(self._connection.execute(unknown, parameters).scalars())
        return Activation(created=created, unchanged=selected - created, unknown=missing)

    def import_own_parts(self, rows: Sequence[Row]) -> Counts:
        self._one_at_a_time()
        take_all_turns(self._connection, self._tenant_id)
        load(self._connection, rows)
        self._find("source = 'own'")
        self._run(
            "INSERT INTO stock_item (tenant_id, source, part_number)"
            " SELECT :tenant, 'own', part_number FROM incoming WHERE item_id IS NULL ORDER BY line",
        )
        self._find("source = 'own'")
        changed = self._set_values()
        merge = f"""
            MERGE INTO tenant_part p USING incoming i ON p.item_id = i.item_id
            WHEN MATCHED AND {differ("p", _OWN_PART)} THEN UPDATE SET {assignments("p", _OWN_PART)}
            WHEN NOT MATCHED THEN INSERT (item_id, tenant_id, {", ".join(_OWN_PART)})
                VALUES (i.item_id, :tenant, coalesce(i.name, i.part_number), {_values(_OWN_PART[1:])})
            RETURNING merge_action(), i.line
        """
        created, merged_lines = _by_action(self._connection, merge, self._tenant_id)
        self._stock_shown_anew(rows)
        if created:
            self._names_taken()
        if any("variant_group" in row.values for row in rows):
            changed |= merge_groups(self._connection, TENANT, self._tenant_id)
        return _counts(rows, created, changed | merged_lines)

    def import_items(self, rows: Sequence[Row]) -> Counts:
        self._one_at_a_time()
        take_all_turns(self._connection, self._tenant_id)
        load(self._connection, rows)
        self._find()
        changed = self._set_values()
        for table in ("tenant_catalog_item", "tenant_part"):
            changed |= self._lines(
                f"UPDATE {table} t SET {assignments('t', STOREFRONT_CONTENT)} FROM incoming i"
                f" WHERE t.item_id = i.item_id AND {differ('t', list(STOREFRONT_CONTENT))} RETURNING i.line",
            )
        self._stock_shown_anew(rows)
        return _counts(rows, set(), changed, self._refused())

    def import_aliases(self, rows: Sequence[Row]) -> Counts:
        self._one_at_a_time()
        load(self._connection, rows)
        self._find()
        merge = """
            MERGE INTO tenant_sku_alias a USING (SELECT * FROM incoming WHERE item_id IS NOT NULL) i
            ON a.tenant_id = :tenant AND a.alias = i.alias
            WHEN MATCHED AND a.item_id <> i.item_id THEN UPDATE SET item_id = i.item_id
            WHEN NOT MATCHED THEN INSERT (tenant_id, alias, item_id) VALUES (:tenant, i.alias, i.item_id)
            RETURNING merge_action(), i.line
        """
        created, changed = _by_action(self._connection, merge, self._tenant_id)
        return _counts(rows, created, changed, self._refused())

    def _one_at_a_time(self) -> None:
        """Imports of one tenant wait for each other, so that none meets the other's half-made rows."""
        self._connection.execute(_ONE_AT_A_TIME, {"whose": str(self._tenant_id)})

    def _run(self, sql: str) -> None:
        self._connection.execute(text(sql), self._whose)

    def _lines(self, sql: str) -> set[int]:
        return set(self._connection.execute(text(sql), self._whose).scalars())

    def _find(self, restriction: str = "true") -> None:
        """Link lines to items, 'catalog' sorting before 'own', and lock the items in id order as feeds do."""
        self._run(f"""
            UPDATE incoming i SET item_id = found.id FROM (
                SELECT DISTINCT ON (s.part_number) s.part_number, s.id FROM stock_item s
                JOIN incoming USING (part_number) WHERE s.tenant_id = :tenant AND {restriction}
                ORDER BY s.part_number, s.source
            ) found WHERE found.part_number = i.part_number
        """)
        self._run("""
            SELECT count(*) FROM (
                SELECT FROM stock_item s WHERE s.id IN (SELECT item_id FROM incoming)
                ORDER BY s.id FOR NO KEY UPDATE
            ) locked
        """)

    def _set_values(self) -> set[int]:
        """Set stock and prices with a place in the feeds' order drawn now, after the locks; the lines changed.

        Whatever feed had these items before was accepted earlier; a later one compares itself to this.
        """
        return self._lines(f"""
            WITH place AS MATERIALIZED (SELECT clock_timestamp() AS at, nextval('accept_seq') AS seq)
            UPDATE stock_item s SET {assignments("s", ["stock", *MONEY])}, {_place("stock", "stock")},
                {_place("price", *MONEY)}
            FROM incoming i, place WHERE s.id = i.item_id AND {given("stock", *MONEY)}
            RETURNING CASE WHEN ROW({_all("old")}) IS DISTINCT FROM ROW({_all("new")}) THEN i.line END
        """) - {None}

    def _stock_shown_anew(self, rows: Sequence[Row]) -> None:
        """In the import's own transaction, unlike after a feed: rare enough to void all that is kept of it.

        Under a lock of the tenant that a consent's change waits for (see sharing.py).
        """
        if any("stock" in row.values for row in rows):
            self._run("SELECT FROM tenant WHERE id = :tenant FOR NO KEY UPDATE")
            self._run("SELECT touch_networks_of(:tenant)")

    def _names_taken(self) -> None:
        """An item goes before an alias of the same name, for those too who ask who has the part."""
        self._run("SELECT touch_networks(ARRAY[CAST(:tenant AS uuid)])")

    def _refused(self) -> list[Refusal]:
        rows = self._connection.execute(text("SELECT line, part_number FROM incoming WHERE item_id IS NULL"))
        return [Refusal(line, _NO_ITEM.format(part_number)) for line, part_number in rows]


_ACTIVATE: Final = """
    WITH wanted AS MATERIALIZED (
        SELECT p.id, p.part_number FROM part p WHERE {wanted} AND NOT EXISTS (
            SELECT FROM tenant_catalog_item c WHERE c.tenant_id = :tenant AND c.part_id = p.id)
    ), item AS (
        INSERT INTO stock_item (tenant_id, source, part_number)
        SELECT :tenant, 'catalog', part_number FROM wanted ORDER BY id RETURNING id, part_number
    )
    INSERT INTO tenant_catalog_item (item_id, tenant_id, part_id)
    SELECT item.id, :tenant, wanted.id FROM item JOIN wanted USING (part_number)
"""


def _values(columns: Sequence[str]) -> str:
    return ", ".join(f"i.{column}" for column in columns)


def _all(row: str) -> str:
    return ", ".join(f"{row}.{column}" for column in ("stock", *MONEY))


def _place(value: str, *columns: str) -> str:
    return ", ".join(
        f"{value}_{column} = CASE WHEN {given(*columns)} THEN place.{source} ELSE s.{value}_{column} END"
        for column, source in (("as_of", "at"), ("seq", "seq"))
    )


def _by_action(
    connection: Connection, merge: str, tenant_id: UUID | None = None
) -> tuple[set[int], set[int]]:
    """The lines that inserted and those that updated."""
    lines: dict[str, set[int]] = {"INSERT": set(), "UPDATE": set()}
    for action, line in connection.execute(text(merge), {"tenant": tenant_id} if tenant_id else {}):
        lines[action].add(line)
    return lines["INSERT"], lines["UPDATE"]


def _counts(
    rows: Sequence[Row], created: set[int], changed: set[int], refused: Sequence[Refusal] = ()
) -> Counts:
    updated = len(changed - created)
    unchanged = len(rows) - len(refused) - len(created) - updated
    return Counts(created=len(created), updated=updated, unchanged=unchanged, refused=list(refused))
