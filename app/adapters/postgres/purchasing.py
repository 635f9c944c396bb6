"""Purchase orders in PostgreSQL, as buyers see and change them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, text

from app.adapters.postgres.arrays import numbers, texts
from app.adapters.postgres.purchase_rows import ORDER_COLUMNS, ORDERS, lines_of, order_of, take_turns
from app.adapters.postgres.unit_of_work import UnitOfWork
from app.domain.errors import InvalidInputError, NotFoundError
from app.domain.purchasing.order import (
    AlreadyOrderedError,
    Line,
    OrderState,
    PurchaseOrder,
    ReceiptConflictError,
)
from app.domain.purchasing.ports import OrderTransaction
from app.domain.purchasing.receipt import Receipt
from app.domain.work.dispatch import Actor

_ORDERS: Final = text(f"""
    SELECT {ORDER_COLUMNS} FROM {ORDERS}
    WHERE o.tenant_id = :tenant_id
      AND (CAST(:state AS text) IS NULL OR o.state = :state)
      AND (CAST(:supplier_id AS uuid) IS NULL OR o.supplier_id = :supplier_id)
      AND (CAST(:created_at AS timestamptz) IS NULL OR (o.created_at, o.id) < (:created_at, CAST(:id AS uuid)))
    ORDER BY o.created_at DESC, o.id DESC LIMIT :limit
""")
_ORDER: Final = text(f"SELECT {ORDER_COLUMNS} FROM {ORDERS} WHERE o.tenant_id = :tenant_id AND o.id = :id")

# A SKU that the supplier has, with its open line wherever it is, and its line in this draft, taken out or not.
_SKUS: Final = text("""
    SELECT n.sku, n.quantity, s.id AS stock_id, l.purchase_order_id AS open_in
    FROM unnest(CAST(:skus AS text[]), CAST(:quantities AS int[])) AS n(sku, quantity)
    LEFT JOIN supplier_stock s ON s.supplier_id = :supplier_id AND s.sku = n.sku
    LEFT JOIN purchase_order_line l ON l.stock_id = s.id AND l.open
    ORDER BY s.id
""")
_SET: Final = text("""
    UPDATE purchase_order_line l SET quantity = n.quantity, fixed = true, open = true
    FROM unnest(CAST(:ids AS bigint[]), CAST(:quantities AS int[])) AS n(id, quantity)
    WHERE l.purchase_order_id = :id AND l.stock_id = n.id
    RETURNING l.stock_id
""")
_ADD: Final = text("""
    INSERT INTO purchase_order_line (tenant_id, purchase_order_id, stock_id, sku, part_number, quantity, price, fixed)
    SELECT s.tenant_id, :id, s.id, s.sku, s.part_number, n.quantity, s.price, true
    FROM unnest(CAST(:ids AS bigint[]), CAST(:quantities AS int[])) AS n(id, quantity)
    JOIN supplier_stock s ON s.id = n.id
""")
_TAKE_OUT: Final = text("""
    UPDATE purchase_order_line SET open = false, fixed = false
    WHERE purchase_order_id = :id AND stock_id = ANY(CAST(:ids AS bigint[]))
""")

_APPROVE: Final = text("""
    UPDATE purchase_order SET state = 'approved', approved_at = clock_timestamp(), approved_by = :approved_by
    WHERE tenant_id = :tenant_id AND id = :id
""")
_FORGET_TAKEN_OUT: Final = text("DELETE FROM purchase_order_line WHERE purchase_order_id = :id AND NOT open")

_ADDRESSED: Final = text("""
    SELECT p.order_email IS NOT NULL OR p.order_url IS NOT NULL
    FROM purchase_order o JOIN supplier p ON p.id = o.supplier_id WHERE o.tenant_id = :tenant_id AND o.id = :id
""")
_QUEUE: Final = text("""
    WITH o AS (
        UPDATE purchase_order SET send_tries = 0, last_error = NULL
        WHERE tenant_id = :tenant_id AND id = :id AND NOT EXISTS (SELECT FROM dispatch d WHERE d.id = :id)
        RETURNING id, tenant_id)
    INSERT INTO dispatch (id, actor, tenant_id, lane, seq, ring_after)
    SELECT id, :actor, tenant_id, 'purchase-order:' || id, nextval('accept_seq'), clock_timestamp() + interval '5 s'
    FROM o
""")

_RECEIPT: Final = text("""
    INSERT INTO purchase_receipt (purchase_order_id, receipt_id, tenant_id, lines, received_at, received_by)
    VALUES (:id, :receipt_id, :tenant_id, CAST(:lines AS jsonb), clock_timestamp(), :received_by)
    ON CONFLICT (purchase_order_id, receipt_id) DO NOTHING
""")
_SAME_RECEIPT: Final = text("""
    SELECT lines = CAST(:lines AS jsonb) FROM purchase_receipt WHERE purchase_order_id = :id AND receipt_id = :receipt_id
""")
_RECEIPTS: Final = text("""
    SELECT receipt_id, received_at, received_by, lines AS quantities FROM purchase_receipt
    WHERE tenant_id = :tenant_id AND purchase_order_id = :id
      AND (CAST(:received_at AS timestamptz) IS NULL
           OR (received_at, receipt_id) < (:received_at, CAST(:receipt_id AS text)))
    ORDER BY received_at DESC, receipt_id DESC LIMIT :limit
""")
_RECEIVE: Final = text("""
    UPDATE purchase_order_line l SET received = l.received + n.quantity, open = l.received + n.quantity < l.quantity
    FROM unnest(CAST(:skus AS text[]), CAST(:quantities AS int[])) AS n(sku, quantity)
    WHERE l.purchase_order_id = :id AND l.sku = n.sku
    RETURNING l.sku
""")
_RECEIVED: Final = text("""
    UPDATE purchase_order
    SET state = CASE WHEN EXISTS (SELECT FROM purchase_order_line WHERE purchase_order_id = :id AND open)
                     THEN 'partly-received' ELSE 'received' END
    WHERE tenant_id = :tenant_id AND id = :id
""")

_SETTLE: Final = text("""
    WITH l AS (UPDATE purchase_order_line SET open = false WHERE purchase_order_id = :id AND open)
    UPDATE purchase_order SET state = :state, closed_at = clock_timestamp(), last_error = NULL
    WHERE tenant_id = :tenant_id AND id = :id
""")


class PostgresPurchasing:
    """Opens transactions."""

    def __init__(self, unit_of_work: UnitOfWork) -> None:
        self._unit_of_work = unit_of_work

    @contextmanager
    def tenant(self, tenant_id: UUID) -> Iterator[OrderTransaction]:
        """One transaction in the tenant's scope."""
        with self._unit_of_work.tenant(tenant_id) as connection:
            yield _Transaction(connection, tenant_id)


class _Transaction:
    def __init__(self, connection: Connection, tenant_id: UUID) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    def orders(
        self,
        limit: int,
        before: tuple[datetime, UUID] | None,
        *,
        state: OrderState | None,
        supplier_id: UUID | None,
    ) -> Sequence[PurchaseOrder]:
        created_at, order_id = before or (None, None)
        place = {"limit": limit, "created_at": created_at, "state": state, "supplier_id": supplier_id}
        rows = self._connection.execute(_ORDERS, {**self._of(order_id), **place}).mappings()
        return [order_of(row) for row in rows]

    def order(self, order_id: UUID) -> PurchaseOrder:
        row = self._connection.execute(_ORDER, self._of(order_id)).mappings().one_or_none()
        if row is None:
            raise NotFoundError(f"there is no purchase order {order_id}")
        return order_of(row)

    def hold(self, order_id: UUID) -> PurchaseOrder:
        take_turns(self._connection, self._tenant_id)
        return self.order(order_id)

    def lines(self, order_id: UUID) -> Sequence[Line]:
        return lines_of(self._connection, self._tenant_id, order_id)

    def set_lines(self, order: PurchaseOrder, quantities: Mapping[str, int]) -> None:
        given = {**_named(quantities), "supplier_id": order.supplier_id}
        skus = self._connection.execute(_SKUS, given).all()
        for one in skus:
            if one.stock_id is None:
                raise InvalidInputError(f"{order.supplier_code} has no SKU {one.sku!r}; see its stock")
            if one.open_in not in {None, order.id} and one.quantity:
                raise AlreadyOrderedError(
                    f"{one.sku} is on another purchase order that is open; change that one"
                )
        self._take_out(order.id, [one.stock_id for one in skus if one.quantity == 0])
        self._set(order.id, {one.stock_id: one.quantity for one in skus if one.quantity})

    def _take_out(self, order_id: UUID, stock_ids: Sequence[int]) -> None:
        self._connection.execute(_TAKE_OUT, {"id": order_id, "ids": numbers(stock_ids)})

    def _set(self, order_id: UUID, wanted: dict[int, int]) -> None:
        set_ = set(self._connection.execute(_SET, {"id": order_id, **_pairs(wanted)}).scalars())
        new = {stock_id: many for stock_id, many in wanted.items() if stock_id not in set_}
        self._connection.execute(_ADD, {"id": order_id, **_pairs(new)})

    def approve(self, order_id: UUID, approved_by: str) -> None:
        self._connection.execute(_APPROVE, {**self._of(order_id), "approved_by": approved_by})
        self._connection.execute(_FORGET_TAKEN_OUT, {"id": order_id})

    def addressed(self, order_id: UUID) -> bool:
        return bool(self._connection.execute(_ADDRESSED, self._of(order_id)).scalar_one())

    def queue(self, order_id: UUID) -> None:
        self._connection.execute(_QUEUE, {**self._of(order_id), "actor": Actor.PURCHASING_SEND})

    def receipt(
        self, order_id: UUID, receipt_id: str, quantities: Mapping[str, int], received_by: str
    ) -> bool:
        lines = json.dumps(dict(sorted(quantities.items())))
        given = {**self._of(order_id), "receipt_id": receipt_id, "lines": lines, "received_by": received_by}
        if self._connection.execute(_RECEIPT, given).rowcount == 1:
            return True
        if not self._connection.execute(_SAME_RECEIPT, given).scalar_one():
            raise ReceiptConflictError(
                f"receipt {receipt_id!r} came before with other lines; give this one its own id"
            )
        return False

    def receipts(
        self, order_id: UUID, limit: int, before: tuple[datetime, str] | None = None
    ) -> Sequence[Receipt]:
        received_at, receipt_id = before or (None, None)
        place = {"received_at": received_at, "receipt_id": receipt_id, "limit": limit}
        rows = self._connection.execute(_RECEIPTS, {**self._of(order_id), **place}).mappings()
        return [Receipt(**row) for row in rows]

    def receive(self, order_id: UUID, quantities: Mapping[str, int]) -> None:
        done = self._connection.execute(_RECEIVE, {"id": order_id, **_named(quantities)}).scalars()
        unknown = sorted(set(quantities) - set(done))
        if unknown:
            raise InvalidInputError(f"this purchase order has no line of {unknown[0]!r}; see its lines")
        self._connection.execute(_RECEIVED, self._of(order_id))

    def settle(self, order_id: UUID, state: OrderState) -> None:
        self._connection.execute(_SETTLE, {**self._of(order_id), "state": state})

    def _of(self, order_id: UUID | None) -> dict[str, Any]:
        return {"tenant_id": self._tenant_id, "id": order_id}


def _named(quantities: Mapping[str, int]) -> dict[str, str]:
    return {"skus": texts(list(quantities)), "quantities": numbers(quantities.values())}


def _pairs(quantities: Mapping[int, int]) -> dict[str, str]:
    return {"ids": numbers(quantities), "quantities": numbers(quantities.values())}
