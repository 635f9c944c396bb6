"""Use cases of a reseller that lets distributors push into its shop, and takes it back."""

from collections.abc import Sequence
from uuid import UUID

from app.domain.errors import InvalidInputError, NotFoundError
from app.domain.push.grant_ports import GrantTransaction, GrantTransactions
from app.domain.push.grants import Grant, GrantChange, Standing, brands_of
from app.domain.push.ports import ProgressBoard


class GrantService:
    """A reseller's grants. What is taken back stops at once: nothing new begins, and what runs is cancelled."""

    def __init__(self, transactions: GrantTransactions, board: ProgressBoard) -> None:
        self._transactions = transactions
        self._board = board

    def grants(
        self, reseller_id: UUID, limit: int, after: tuple[bytes, UUID] | None = None
    ) -> Sequence[Grant]:
        """Those that stand, by the distributors' names, that come after a place."""
        with self._transactions.tenant(reseller_id) as tx:
            distributors, standings = tx.distributors(), tx.standings()
        standing = [Grant(one, standings[one.id]) for one in distributors]
        grants = sorted(standing, key=lambda grant: grant.place)
        return [grant for grant in grants if after is None or grant.place > after][:limit]

    def grant(self, reseller_id: UUID, distributor_id: UUID) -> Grant:
        """What stands with one. Raises NotFoundError."""
        with self._transactions.tenant(reseller_id) as tx:
            return _grant(tx, distributor_id)

    def set(
        self, reseller_id: UUID, distributor_id: UUID, brands: Sequence[str], *, changed_by: str
    ) -> Grant:
        """Let it push these brands and no others; none revokes. `changed_by` is who did it, for the history.

        What it pushes at this moment is cancelled if a brand of it is taken back. Raises NotFoundError,
        InvalidInputError.
        """
        if distributor_id == reseller_id:
            raise InvalidInputError("a tenant needs no grant to push into its own shop")
        wanted = brands_of(brands)
        with self._transactions.tenant(reseller_id) as tx:
            distributor = _grant(tx, distributor_id).distributor
            if wanted and not distributor.eligible:
                raise _nobody(distributor_id)
            tx.replace(distributor_id, wanted, changed_by)
            stopped = tx.stop(distributor_id)
            grant = Grant(distributor, tx.standings().get(distributor_id, Standing()))
        for push in stopped:
            self._board.tell(push, None)
        return grant

    def changes(
        self, reseller_id: UUID, distributor_id: UUID | None, limit: int, before_id: int | None = None
    ) -> Sequence[GrantChange]:
        """Newest first, of one distributor or of all."""
        with self._transactions.tenant(reseller_id) as tx:
            return tx.changes(distributor_id, limit, before_id)


def _grant(tx: GrantTransaction, distributor_id: UUID) -> Grant:
    for distributor in tx.distributors(distributor_id):
        if distributor.id == distributor_id:
            return Grant(distributor, tx.standings().get(distributor_id, Standing()))
    raise _nobody(distributor_id)


def _nobody(distributor_id: UUID) -> NotFoundError:
    return NotFoundError(f"there is no active distributor {distributor_id}")
