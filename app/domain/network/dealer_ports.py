"""What the use cases over dealers need from the database."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol
from uuid import UUID

from app.domain.network.dealer import Dealer
from app.domain.network.dealers import ListPlace, StoredDealer


class DealerTransaction(Protocol):
    """One transaction over one tenant's dealers; another tenant's do not exist in it.

    Writing raises the version of the tenant's network, which is what makes the change visible.
    """

    def exists(self) -> bool:
        """Whether there is such a tenant."""

    def take_turn(self) -> None:
        """Wait until nobody else changes this tenant's dealers, and let nobody else until the end."""

    def tenants_that_exist(self, tenant_ids: Collection[UUID]) -> Collection[UUID]:
        """Those of the ids that are tenants', active or not."""

    def with_codes(self, codes: Sequence[str]) -> Mapping[str, StoredDealer]:
        """The dealers that have these codes, by code; not placed."""

    def find(self, dealer_id: UUID) -> StoredDealer | None:
        """One dealer, placed."""

    def page(self, after: ListPlace, sought: str, limit: int) -> Sequence[StoredDealer]:
        """The next dealers of the list, placed.

        With `sought`, those that have it in name, city, code or postal code, in any case.
        """

    def add(self, dealers: Sequence[Dealer]) -> Sequence[UUID]:
        """New dealers, whose codes nobody has; their ids, in no order."""

    def rewrite(self, dealers: Mapping[UUID, Dealer]) -> None:
        """What these dealers are from now on."""

    def remove(self, dealer_id: UUID) -> bool:
        """The dealer and its stock; whether there was one."""


class Networks(Protocol):
    """Opens transactions."""

    def tenant(self, tenant_id: UUID) -> AbstractContextManager[DealerTransaction]:
        """In a tenant's scope."""

    def owner_of(self, dealer_id: UUID) -> UUID | None:
        """Whose the dealer is, among all tenants."""
