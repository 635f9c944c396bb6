"""Use cases of those who clear refusals: see what is most at stake, try again, let go."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

from app.domain.errors import ConflictError, NotFoundError
from app.domain.orders.errors import RefusalStateError
from app.domain.orders.intake import Placed, hear, nothing_of, place
from app.domain.orders.order import Order
from app.domain.orders.ports import OrderTransaction, OrderTransactions
from app.domain.orders.refusal import NewRefusal, Refusal, RefusalState, order_of, payload_of

REPLAYED_AT_ONCE_MAX: Final = 200
Rank = tuple[Decimal, int, UUID]


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay came to: the order, or the refusal with its new reason."""

    refusal: Refusal
    order: Order | None


class RefusalDesk:
    """The list of orders that could not be taken."""

    def __init__(self, transactions: OrderTransactions) -> None:
        self._transactions = transactions

    def list(self, tenant_id: UUID, state: RefusalState, limit: int, after: Rank | None) -> Sequence[Refusal]:
        """What is most at stake first, then the most units."""
        with self._transactions.tenant(tenant_id) as tx:
            return tx.refusals(state, limit, after)

    def replay(self, tenant_id: UUID, refusal_id: UUID) -> Replayed:
        """Try it again under the rules and the data of now; refused again it stays, and says why.

        Raises NotFoundError, RefusalStateError, StockMovedError.
        """
        with self._transactions.tenant(tenant_id) as tx:
            refusal = _open(tx, refusal_id)
            done = _again(tx, refusal)
            if isinstance(done, NewRefusal):
                return Replayed(tx.note_refusal(done), None)
            tx.close_refusal(refusal.id, RefusalState.RESOLVED)
            return Replayed(tx.refusal(refusal.id) or refusal, done)

    def replay_all(self, tenant_id: UUID) -> Sequence[Replayed]:
        """Those with most at stake, each by itself: what one comes to is no other's business."""
        replayed = []
        for one in self.list(tenant_id, RefusalState.OPEN, REPLAYED_AT_ONCE_MAX, None):
            try:
                replayed.append(self.replay(tenant_id, one.id))
            except (NotFoundError, ConflictError):  # somebody else saw to it
                continue
        return replayed

    def dismiss(self, tenant_id: UUID, refusal_id: UUID) -> Refusal:
        """Let it go. Raises NotFoundError, RefusalStateError."""
        with self._transactions.tenant(tenant_id) as tx:
            refusal = _open(tx, refusal_id)
            tx.close_refusal(refusal.id, RefusalState.DISMISSED)
            return tx.refusal(refusal_id) or refusal


def _open(tx: OrderTransaction, refusal_id: UUID) -> Refusal:
    refusal = tx.refusal(refusal_id)
    if refusal is None:
        raise NotFoundError("there is no such refusal")
    if refusal.state is not RefusalState.OPEN:
        raise RefusalStateError(
            f"the refusal is {refusal.state}; only an open one can be replayed or dismissed"
        )
    return refusal


def _again(tx: OrderTransaction, refusal: Refusal) -> Order | NewRefusal | None:
    topic = refusal.payload.get("topic")
    if topic is not None:
        return hear(tx, topic, refusal.payload["body"], refusal.account, refusal.order_id)
    wanted = order_of(refusal)
    placed = place(tx, wanted, payload_of(wanted))
    if placed is None:
        return nothing_of(wanted)
    return placed.order if isinstance(placed, Placed) else placed
