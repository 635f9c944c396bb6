"""The operator's use cases over dealers."""

from contextlib import AbstractContextManager
from typing import Protocol
from uuid import UUID

from app.domain.catalog.ports import Projection
from app.domain.errors import NotFoundError
from app.domain.network.dealer import NewDealer


class NetworkTransaction(Protocol):
    """One transaction over all tenants, since a dealer may be linked to another one."""

    def tenant_exists(self, tenant_id: UUID) -> bool:
        """Whether there is such a tenant."""

    def add_dealer(self, tenant_id: UUID, dealer: NewDealer) -> UUID:
        """An active dealer of the tenant's."""


class Networks(Protocol):
    """Opens transactions."""

    def platform(self) -> AbstractContextManager[NetworkTransaction]:
        """In the platform's scope."""


class NetworkService:
    """Dealers, as the operator handles them."""

    def __init__(self, transactions: Networks, projection: Projection) -> None:
        self._transactions = transactions
        self._projection = projection

    def create_dealer(self, tenant_id: UUID, dealer: NewDealer) -> UUID:
        """A dealer; raises NotFoundError unless its tenant, and the one it is linked to, exist."""
        with self._transactions.platform() as tx:
            for needed in (tenant_id, dealer.linked_tenant_id):
                if needed is not None and not tx.tenant_exists(needed):
                    raise NotFoundError(f"there is no tenant {needed}")
            dealer_id = tx.add_dealer(tenant_id, dealer)
        self._projection.forget_tenant(tenant_id)
        return dealer_id
