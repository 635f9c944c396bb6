"""The use cases over a tenant's dealers, for the tenant itself and for the operator in its name.

Nothing is told after a commit: the database raises the network's version with every change, and the reads follow.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from app.domain.errors import ConflictError, InvalidInputError, NotFoundError
from app.domain.imports.batches import Counts, Imported, import_rows
from app.domain.imports.reading import read
from app.domain.imports.rows import Refusal, Row, check
from app.domain.network.dealer import DEALERS, ONE_DEALER, Dealer, merged
from app.domain.network.dealer_ports import DealerTransaction, Networks
from app.domain.network.dealers import LIST_START, ListPlace, StoredDealer, links, plan


class NetworkService:
    """Dealers by their tenant. `given` are fields as the API names them: absent leaves, null and empty clear.

    One dealer's use cases raise InvalidInputError for what breaks a rule, ConflictError for a code that another
    dealer of the tenant has, and NotFoundError for another tenant's dealer as for none.
    """

    def __init__(self, transactions: Networks) -> None:
        self._transactions = transactions

    def create_dealer(self, tenant_id: UUID, given: Mapping[str, Any]) -> StoredDealer:
        """A dealer, active unless `given` says otherwise; raises NotFoundError for a tenant that is none."""
        changes = _checked(given)
        with self._transactions.tenant(tenant_id) as tx:
            _require(tx, tenant_id)
            tx.take_turn()
            dealer = _merged(tx, None, changes)
            _require_free(tx, dealer.code)
            (dealer_id,) = tx.add([dealer])
            return _found(tx, dealer_id)

    def change_dealer(self, tenant_id: UUID, dealer_id: UUID, given: Mapping[str, Any]) -> StoredDealer:
        """The dealer with some fields changed; what changes nothing writes nothing."""
        changes = _checked(given)
        with self._transactions.tenant(tenant_id) as tx:
            tx.take_turn()
            standing = _found(tx, dealer_id)
            dealer = _merged(tx, standing.dealer, changes)
            if dealer == standing.dealer:
                return standing
            if dealer.code != standing.dealer.code:
                _require_free(tx, dealer.code)
            tx.rewrite({dealer_id: dealer})
            return _found(tx, dealer_id)

    def remove_dealer(self, tenant_id: UUID, dealer_id: UUID) -> None:
        """Remove a dealer and what it had in stock."""
        with self._transactions.tenant(tenant_id) as tx:
            tx.take_turn()
            if not tx.remove(dealer_id):
                raise _no_dealer(dealer_id)

    def dealer(self, tenant_id: UUID, dealer_id: UUID) -> StoredDealer:
        """One dealer."""
        with self._transactions.tenant(tenant_id) as tx:
            return _found(tx, dealer_id)

    def dealers(
        self, tenant_id: UUID, limit: int, *, after: ListPlace = LIST_START, sought: str = ""
    ) -> Sequence[StoredDealer]:
        """The next `limit` dealers by country, name and id; see `DealerTransaction.page` for `sought`."""
        with self._transactions.tenant(tenant_id) as tx:
            _require(tx, tenant_id)
            return tx.page(after, sought, limit)

    def owner_of(self, dealer_id: UUID) -> UUID:
        """Whose a dealer is, for the operator alone; raises NotFoundError."""
        owner = self._transactions.owner_of(dealer_id)
        if owner is None:
            raise _no_dealer(dealer_id)
        return owner

    def import_dealers(
        self, tenant_id: UUID, name: str, lines: Iterable[str], *, dry_run: bool = False
    ) -> Imported:
        """A file, see `reading`: dealers by their codes, by batches, each one transaction.

        Good lines go in though others are refused; a file that broke off is finished by importing it again.
        With `dry_run` the same is counted and nothing written.
        """
        with self._transactions.tenant(tenant_id) as tx:
            _require(tx, tenant_id)

        def write(rows: Sequence[Row]) -> Counts:
            with self._transactions.tenant(tenant_id) as tx:
                return _import(tx, rows, dry_run=dry_run)

        return import_rows(read(name, lines, DEALERS), write)


def _import(tx: DealerTransaction, rows: Sequence[Row], *, dry_run: bool) -> Counts:
    if not dry_run:
        tx.take_turn()
    linked = {tenant for row in rows for tenant in links(row.values)}
    standing = tx.with_codes([row.values["code"] for row in rows])
    made = plan(rows, standing, tx.tenants_that_exist(linked))
    if made.new and not dry_run:
        tx.add(made.new)
    if made.changed and not dry_run:
        tx.rewrite(made.changed)
    return made.counts


def _checked(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Checked values by Dealer's field names."""
    row = check(ONE_DEALER, 1, given)
    if isinstance(row, Refusal):
        raise InvalidInputError(row.reason)
    return row.values


def _merged(tx: DealerTransaction, standing: Dealer | None, changes: Mapping[str, Any]) -> Dealer:
    try:
        return merged(standing, changes, tx.tenants_that_exist(links(changes)))
    except ValueError as error:
        raise InvalidInputError(str(error)) from None


def _require(tx: DealerTransaction, tenant_id: UUID) -> None:
    if not tx.exists():
        raise NotFoundError(f"there is no tenant {tenant_id}")


def _require_free(tx: DealerTransaction, code: str | None) -> None:
    if code is not None and (holder := tx.with_codes([code]).get(code)):
        raise ConflictError(f"the dealer {holder.id} has the code {code!r} already")


def _found(tx: DealerTransaction, dealer_id: UUID) -> StoredDealer:
    found = tx.find(dealer_id)
    if found is None:
        raise _no_dealer(dealer_id)
    return found


def _no_dealer(dealer_id: UUID) -> NotFoundError:
    return NotFoundError(f"there is no dealer {dealer_id}")
