"""What grants need of the database."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol
from uuid import UUID

from app.domain.push.grants import Distributor, GrantChange, Standing
from app.domain.push.push import Push


class GrantTransaction(Protocol):
    """One transaction in the scope of a reseller."""

    def distributors(self, named: UUID | None = None) -> Sequence[Distributor]:
        """Those that have a grant, and the active one that the reseller names itself."""

    def standings(self) -> Mapping[UUID, Standing]:
        """By distributor, where there ever was a grant."""

    def replace(self, distributor_id: UUID, brands: Sequence[str], changed_by: str) -> None:
        """Let it push these brands and no others, and keep the changes; one that stands stays as it is."""

    def stop(self, distributor_id: UUID) -> Sequence[Push]:
        """Cancel what it still pushes of brands that it has no grant for."""

    def changes(
        self, distributor_id: UUID | None, limit: int, before_id: int | None
    ) -> Sequence[GrantChange]:
        """Newest first."""


class GrantTransactions(Protocol):
    """Opens transactions."""

    def tenant(self, tenant_id: UUID) -> AbstractContextManager[GrantTransaction]:
        """In the reseller's scope."""
