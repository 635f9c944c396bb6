"""Use cases of whoever buys: look at purchase orders, change drafts, approve, send, receive, close, cancel."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from app.domain.purchasing import sheet
from app.domain.purchasing.order import (
    Act,
    EmptyOrderError,
    NoOrderAddressError,
    OrderState,
    PurchaseOrder,
)
from app.domain.purchasing.ports import OrderTransaction, OrderTransactions
from app.domain.purchasing.receipt import RECEIPTS_SHOWN, Receipt
from app.domain.work.dispatch import Actor
from app.domain.work.ports import Bell


class PurchasingDesk:
    """Each use case is one transaction. Raises NotFoundError and PurchaseOrderStateError where they apply."""

    def __init__(self, transactions: OrderTransactions, bell: Bell) -> None:
        self._transactions = transactions
        self._bell = bell

    def orders(
        self,
        tenant_id: UUID,
        limit: int,
        before: tuple[datetime, UUID] | None = None,
        *,
        state: OrderState | None = None,
        supplier_id: UUID | None = None,
    ) -> Sequence[PurchaseOrder]:
        """Newest first."""
        with self._transactions.tenant(tenant_id) as tx:
            return tx.orders(limit, before, state=state, supplier_id=supplier_id)

    def order(self, tenant_id: UUID, order_id: UUID) -> dict[str, Any]:
        """One with its lines, by the API's names."""
        with self._transactions.tenant(tenant_id) as tx:
            return _shown(tx, order_id)

    def sheet(self, tenant_id: UUID, order_id: UUID) -> tuple[str, bytes]:
        """Its lines as the CSV that the supplier gets, with a name for the file."""
        with self._transactions.tenant(tenant_id) as tx:
            order = tx.order(order_id)
            return sheet.filename(order), sheet.csv_of(order, tx.lines(order_id))

    def set_lines(self, tenant_id: UUID, order_id: UUID, quantities: Mapping[str, int]) -> dict[str, Any]:
        """Change a draft: a quantity by SKU, new ones too; 0 takes a SKU out. The watch leaves both alone.

        Raises InvalidInputError for a SKU that the supplier does not have, AlreadyOrderedError.
        """
        with self._transactions.tenant(tenant_id) as tx:
            order = tx.hold(order_id)
            order.require(Act.EDIT)
            tx.set_lines(order, quantities)
            return _shown(tx, order_id)

    def approve(self, tenant_id: UUID, order_id: UUID, *, approved_by: str) -> dict[str, Any]:
        """From now on it is as it is; what falls low next goes into a new draft. Raises EmptyOrderError."""
        with self._transactions.tenant(tenant_id) as tx:
            order = tx.hold(order_id)
            order.require(Act.APPROVE)
            if order.lines == 0:
                raise EmptyOrderError(
                    f"purchase order {order.number} has no lines; add one before you approve"
                )
            tx.approve(order_id, approved_by)
            return _shown(tx, order_id)

    def send(self, tenant_id: UUID, order_id: UUID) -> dict[str, Any]:
        """Have it sent; once more while it is on its way changes nothing. Raises NoOrderAddressError."""
        with self._transactions.tenant(tenant_id) as tx:
            order = tx.hold(order_id)
            order.require(Act.SEND)
            if not tx.addressed(order_id):
                raise NoOrderAddressError(
                    f"nothing says where {order.supplier_code} takes orders; set orderEmail or orderUrl in its file"
                )
            tx.queue(order_id)
            answer = _shown(tx, order_id)
        self._bell.ring(Actor.PURCHASING_SEND, order_id)
        return answer

    def receive(
        self,
        tenant_id: UUID,
        order_id: UUID,
        receipt_id: str,
        quantities: Mapping[str, int],
        *,
        received_by: str,
    ) -> dict[str, Any]:
        """Note what came, in part or whole; the same receipt again changes nothing, be it noted by another.

        More than was ordered is kept and shown. Raises InvalidInputError, ReceiptConflictError.
        """
        with self._transactions.tenant(tenant_id) as tx:
            order = tx.hold(order_id)
            if tx.receipt(order_id, receipt_id, quantities, received_by):
                order.require(Act.RECEIVE)
                tx.receive(order_id, quantities)
            return _shown(tx, order_id)

    def receipts(
        self, tenant_id: UUID, order_id: UUID, limit: int, before: tuple[datetime, str] | None = None
    ) -> Sequence[Receipt]:
        """What came, newest first."""
        with self._transactions.tenant(tenant_id) as tx:
            tx.order(order_id)
            return tx.receipts(order_id, limit, before)

    def close(self, tenant_id: UUID, order_id: UUID) -> dict[str, Any]:
        """Done; what has not come is not awaited any more."""
        return self._settle(tenant_id, order_id, Act.CLOSE, OrderState.CLOSED)

    def cancel(self, tenant_id: UUID, order_id: UUID) -> dict[str, Any]:
        """Never mind. A supplier that has it already must be told by a person."""
        return self._settle(tenant_id, order_id, Act.CANCEL, OrderState.CANCELLED)

    def _settle(self, tenant_id: UUID, order_id: UUID, act: Act, state: OrderState) -> dict[str, Any]:
        with self._transactions.tenant(tenant_id) as tx:
            tx.hold(order_id).require(act)
            tx.settle(order_id, state)
            return _shown(tx, order_id)


def _shown(tx: OrderTransaction, order_id: UUID) -> dict[str, Any]:
    order = tx.order(order_id).shown()
    receipts = tx.receipts(order_id, RECEIPTS_SHOWN)
    return {
        **order,
        "lines": [line.shown() for line in tx.lines(order_id)],
        "receipts": [one.shown() for one in receipts],
    }
