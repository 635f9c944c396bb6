"""What was put aside after three tries: listed, replayed or discarded by the operator."""

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from app.domain.errors import NotFoundError
from app.domain.work.dispatch import Actor, DeadLetter
from app.domain.work.ports import WorkTransactions

Replay = Callable[[UUID, UUID], None]
"""(tenant id, dispatch id): put the business row back as well as the work."""


class DeadLetters:
    """The operator's view on work that needs a person."""

    def __init__(self, transactions: WorkTransactions, replays: Mapping[Actor, Replay]) -> None:
        self._transactions = transactions
        self._replays = replays

    def list(self) -> list[DeadLetter]:
        """Oldest first."""
        with self._transactions.platform() as tx:
            return list(tx.dead_letters())

    def replay(self, ids: Sequence[UUID]) -> None:
        """Try each again from its checkpoint on. Raises NotFoundError before anything is replayed."""
        for letter in self._named(ids):
            self._replays[Actor(letter.actor)](letter.tenant_id, letter.id)

    def discard(self, ids: Sequence[UUID]) -> None:
        """Never try again; what it was for keeps its failed state. Raises NotFoundError before any is dropped."""
        letters = self._named(ids)
        with self._transactions.platform() as tx:
            for letter in letters:
                tx.discard(letter.id)

    def _named(self, ids: Sequence[UUID]) -> Sequence[DeadLetter]:
        found = {letter.id: letter for letter in self.list()}
        missing = [str(one) for one in ids if one not in found]
        if missing:
            raise NotFoundError(f"no dead letter {', '.join(missing)}; see dead-letter list")
        return [found[one] for one in ids]
