"""Other names for what a tenant sells: listed, added and taken away one by one; and what a name might mean."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from app.domain.catalog.ports import Projection
from app.domain.catalog.service import CatalogService
from app.domain.errors import ConflictError, InvalidInputError, NotFoundError
from app.domain.imports.values import unstorable

SUGGESTED_MAX = 10


@dataclass(frozen=True, slots=True)
class Alias:
    """A name, and the part number that it stands for."""

    alias: str
    part_number: str
    name: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Something that the tenant sells."""

    part_number: str
    name: str
    source: str


class AliasTransaction(Protocol):
    """One transaction in one tenant's scope."""

    def listed(self, limit: int, after: str, sought: str) -> Sequence[Alias]:
        """By alias; `sought`: that have this in the alias or in the part number, in any case."""

    def remove(self, alias: str) -> bool:
        """False when there is none."""

    def is_item(self, part_number: str) -> bool:
        """Whether the tenant sells something under this very number."""

    def like(self, sought: str, limit: int) -> Sequence[Suggestion]:
        """What begins so comes first, then what has it in its number or its name, in any case."""


class AliasTransactions(Protocol):
    """Opens transactions."""

    def tenant(self, tenant_id: UUID) -> AbstractContextManager[AliasTransaction]:
        """One transaction."""


class AliasDesk:
    """What a person does with aliases; files of them are the catalog's."""

    def __init__(
        self, transactions: AliasTransactions, catalog: CatalogService, projection: Projection
    ) -> None:
        self._transactions = transactions
        self._catalog = catalog
        self._projection = projection

    def list(self, tenant_id: UUID, limit: int, after: str = "", sought: str = "") -> Sequence[Alias]:
        """By alias."""
        with self._transactions.tenant(tenant_id) as tx:
            return tx.listed(limit, after, _storable(sought.strip()))

    def add(self, tenant_id: UUID, alias: str, part_number: str) -> None:
        """From the next feed on, `alias` means `part_number`; what it meant before is forgotten.

        Raises InvalidInputError where nothing is sold under the part number, and ConflictError where something is
        under the alias itself: feeds would find that first.
        """
        name = _storable(alias.strip())
        with self._transactions.tenant(tenant_id) as tx:
            if tx.is_item(name):
                raise ConflictError(
                    f"{name} is itself something that you sell; feeds find it without an alias"
                )
        self._catalog.add_alias(tenant_id, name, part_number)

    def remove(self, tenant_id: UUID, alias: str) -> None:
        """From the next feed on it means nothing. Raises NotFoundError."""
        with self._transactions.tenant(tenant_id) as tx:
            if not tx.remove(_storable(alias)):
                raise NotFoundError("there is no such alias; load the list again")
        self._projection.forget_tenant(tenant_id)

    def suggest(self, tenant_id: UUID, sought: str) -> Sequence[Suggestion]:
        """What somebody may mean who has typed this much."""
        if not (wanted := _storable(sought.strip())):
            return []
        with self._transactions.tenant(tenant_id) as tx:
            return tx.like(wanted, SUGGESTED_MAX)


def _storable(given: str) -> str:
    if unstorable(given):
        raise InvalidInputError("a part number has no NUL and no character that is not UTF-8")
    return given
