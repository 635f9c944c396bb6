"""The operator's use cases over the catalog: imports by batches, each one transaction; activation."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from app.domain.catalog.items import Source, no_such_item
from app.domain.catalog.kinds import ALIASES, CATALOG, ITEMS, OWN_PARTS
from app.domain.catalog.ports import Activation, Catalogs, Projection, Selection, TenantTransaction
from app.domain.errors import InvalidInputError, NotFoundError
from app.domain.imports.batches import Counts, Imported, import_rows
from app.domain.imports.reading import read
from app.domain.imports.rows import Refusal, Row, check
from app.domain.imports.values import unstorable


class CatalogService:
    """Imports and activation. A file is `name` (its ending tells the format) and its lines, see `reading`.

    Good lines go in though others are refused; a file that broke off is finished by importing it again.
    """

    def __init__(self, transactions: Catalogs, projection: Projection) -> None:
        self._transactions = transactions
        self._projection = projection

    def import_catalog(self, name: str, lines: Iterable[str]) -> Imported:
        """Central parts and their variant groups."""

        def write(rows: Sequence[Row]) -> Counts:
            with self._transactions.central() as tx:
                return tx.import_parts(rows)

        return import_rows(read(name, lines, CATALOG), write, self._projection.forget_all)

    def import_own_parts(self, tenant_id: UUID, name: str, lines: Iterable[str]) -> Imported:
        """The tenant's own SKUs."""
        return self._for_tenant(
            tenant_id, read(name, lines, OWN_PARTS), lambda tx, batch: tx.import_own_parts(batch)
        )

    def import_items(self, tenant_id: UUID, name: str, lines: Iterable[str]) -> Imported:
        """Price, stock, SEO and tags of what the tenant sells already."""
        return self._for_tenant(tenant_id, read(name, lines, ITEMS), lambda tx, batch: tx.import_items(batch))

    def import_aliases(self, tenant_id: UUID, name: str, lines: Iterable[str]) -> Imported:
        """Other names for what the tenant sells already."""
        return self._for_tenant(
            tenant_id, read(name, lines, ALIASES), lambda tx, batch: tx.import_aliases(batch)
        )

    def add_alias(self, tenant_id: UUID, alias: str, part_number: str) -> Imported:
        """One alias; raises InvalidInputError where a file's line would be refused."""
        row = check(ALIASES, 1, {"alias": alias, "partNumber": part_number})
        imported = self._for_tenant(tenant_id, iter([row]), lambda tx, batch: tx.import_aliases(batch))
        if imported.refused_sample:
            raise InvalidInputError(imported.refused_sample[0].reason)
        return imported

    def change_item(
        self, tenant_id: UUID, source: Source, part_number: str, given: Mapping[str, Any]
    ) -> None:
        """What a person enters for one item, by the imports' names: stock and prices, of an own part all it is.

        At once, at its place in the order of feeds: one that was accepted earlier does not turn it back.
        Raises NotFoundError, InvalidInputError where a file's line would be refused.
        """
        row = check(ITEMS if source is Source.CATALOG else OWN_PARTS, 1, {**given, "partNumber": part_number})
        if isinstance(row, Refusal):
            raise InvalidInputError(row.reason)
        with self._transactions.tenant(tenant_id) as tx:
            if not tx.sells(source, part_number):
                raise no_such_item(part_number)
            if source is Source.CATALOG:
                tx.import_items([row])
            else:
                tx.import_own_parts([row])
        self._projection.forget_items(tenant_id, [part_number])

    def activate(self, tenant_id: UUID, selection: Selection) -> Activation:
        """Let the tenant sell central parts; raises NotFoundError when the selection finds none."""
        for name in (*selection.brands, *selection.part_numbers):
            if unstorable(name):
                raise InvalidInputError(f"{name!r} has a NUL or a character that is not UTF-8")
        with self._transactions.tenant(tenant_id) as tx:
            _require(tx, tenant_id)
            activation = tx.activate(selection)
        if not activation.created and not activation.unchanged:
            raise NotFoundError("no part of the central catalog is selected by that; import it first")
        self._projection.forget_tenant(tenant_id)
        return activation

    def _for_tenant(
        self,
        tenant_id: UUID,
        rows: Iterator[Row | Refusal],
        verb: Callable[[TenantTransaction, Sequence[Row]], Counts],
    ) -> Imported:
        with self._transactions.tenant(tenant_id) as tx:
            _require(tx, tenant_id)

        def write(batch: Sequence[Row]) -> Counts:
            with self._transactions.tenant(tenant_id) as tx:
                return verb(tx, batch)

        return import_rows(rows, write, lambda: self._projection.forget_tenant(tenant_id))


def _require(tx: TenantTransaction, tenant_id: UUID) -> None:
    if not tx.exists():
        raise NotFoundError(f"there is no tenant {tenant_id}")
