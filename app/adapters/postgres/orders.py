"""Orders in PostgreSQL: taken and settled by the use cases' transactions, and read back."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, text

from app.adapters.postgres import activity, driver, order_refusals, order_stock, work
from app.adapters.postgres.arrays import texts
from app.adapters.postgres.order_rows import ORDER, order_of
from app.adapters.postgres.unit_of_work import UnitOfWork
from app.domain.errors import LeaseLostError
from app.domain.orders.allocation import Grant, Offer
from app.domain.orders.order import Line, NewOrder, Order, Status
from app.domain.orders.ports import OrderFilter, OrderTransaction, Promise, Seen, Shortage
from app.domain.orders.refusal import NewRefusal, Refusal, RefusalState
from app.domain.orders.rules import Action, Rule, RuleName
from app.domain.work.dispatch import Claim, State

SURFACE: Final = "orders"
_WAITS_AT_MOST: Final = "lock_timeout = '500ms'"

_RULES: Final = text("""
    SELECT rule, action, channel, account, value FROM order_rule WHERE tenant_id = :tenant_id
    ORDER BY channel, account, rule
""")
_DROP_RULES: Final = text("DELETE FROM order_rule WHERE tenant_id = :tenant_id")
_ADD_RULE: Final = text("""
    INSERT INTO order_rule (tenant_id, channel, account, rule, action, value)
    VALUES (:tenant_id, :channel, :account, :rule, :action, :value)
""")
# Two who set the rules take turns, or both would find nothing to drop and meet in adding.
_RULES_IN_TURN: Final = text("""
    SELECT pg_advisory_xact_lock(hashtextextended('order rules ' || CAST(:tenant_id AS uuid), 0))
""")
_ORDER: Final = text(f"""
    SELECT {ORDER} FROM stock_order o
    WHERE o.tenant_id = :tenant_id AND o.channel = :channel AND o.order_id = :order_id
""")
_ORDERS_OF: Final = text(f"""
    SELECT {ORDER}
    FROM unnest(CAST(:channels AS text[]), CAST(:order_ids AS text[])) AS k(channel, order_id)
    CROSS JOIN LATERAL (
        SELECT * FROM stock_order s
        WHERE s.tenant_id = :tenant_id AND s.channel = k.channel AND s.order_id = k.order_id LIMIT 1) o
""")
_BY_ID: Final = text(f"SELECT {ORDER} FROM stock_order o WHERE o.tenant_id = :tenant_id AND o.id = :id")
_ORDERS: Final = text(f"""
    SELECT {ORDER} FROM stock_order o
    WHERE o.tenant_id = :tenant_id
      AND (CAST(:status AS text) IS NULL OR o.status = :status)
      AND (CAST(:channel AS text) IS NULL OR o.channel = :channel)
      AND (CAST(:created_at AS timestamptz) IS NULL OR (o.created_at, o.id) < (:created_at, CAST(:id AS uuid)))
    ORDER BY o.created_at DESC, o.id DESC LIMIT :limit
""")
_BURY: Final = text("""
    INSERT INTO stock_order (tenant_id, channel, order_id, account, asked, status, settled_at)
    VALUES (:tenant_id, :channel, :order_id, :account, CAST(:asked AS jsonb), 'cancelled', clock_timestamp())
    ON CONFLICT (tenant_id, channel, order_id) DO NOTHING
""")
_PARTS: Final = text("""
    SELECT m.variant_id, i.part_number
    FROM shopify_product_mapping m JOIN stock_item i ON i.id = m.item_id
    WHERE m.tenant_id = :tenant_id AND m.product_id = ANY(CAST(:products AS text[]))
      AND m.variant_id = ANY(CAST(:variants AS text[]))
""")
_SHORTAGES: Final = text("""
    SELECT s.id AS stock_id, s.supplier_id, p.code AS supplier_code, s.sku, s.part_number, s.quantity, s.reserved,
           s.shipped, s.shortage,
           COALESCE((SELECT json_agg(json_build_array(o.channel, o.order_id, r.state, r.quantity, o.created_at)
                                     ORDER BY o.created_at, o.id)
                     FROM reservation r JOIN stock_order o ON o.id = r.order_id
                     WHERE r.stock_id = s.id AND r.state IN ('open', 'shipped')), '[]') AS promises
    FROM supplier_stock s JOIN supplier p ON p.id = s.supplier_id
    WHERE s.tenant_id = :tenant_id AND s.shortage > 0 AND s.id > :after
    ORDER BY s.id LIMIT :limit
""")
_DUE: Final = text("DELETE FROM dispatch WHERE id = :id AND token = :token AND state = 'running'")


class PostgresOrders:
    """Opens transactions."""

    def __init__(self, unit_of_work: UnitOfWork) -> None:
        self._unit_of_work = unit_of_work

    @contextmanager
    def tenant(self, tenant_id: UUID) -> Iterator[OrderTransaction]:
        """One transaction in the tenant's scope."""
        with self._unit_of_work.tenant(tenant_id) as connection:
            yield PostgresOrderTransaction(connection, tenant_id)

    @contextmanager
    def joint(self, tenant_id: UUID) -> Iterator[OrderTransaction]:
        """One for many callers: who holds a row for long keeps back only who wants it."""
        with self._unit_of_work.tenant(tenant_id, _WAITS_AT_MOST) as connection:
            yield PostgresOrderTransaction(connection, tenant_id)


class PostgresOrderTransaction:
    """The verbs of `app.domain.orders.ports.OrderTransaction`."""

    def __init__(self, connection: Connection, tenant_id: UUID) -> None:
        self._connection = connection
        self._tenant_id = tenant_id
        self._mine: dict[str, Any] = {"tenant_id": tenant_id}

    def rules(self) -> Sequence[Rule]:
        rows = self._connection.execute(_RULES, self._mine)
        return [_rule(row) for row in rows]

    def take_rules(self) -> None:
        self._connection.execute(_RULES_IN_TURN, self._mine)

    def save_rules(self, rules: Sequence[Rule]) -> None:
        self.take_rules()
        self._connection.execute(_DROP_RULES, self._mine)
        if rules:
            self._connection.execute(_ADD_RULE, [{**self._mine, **asdict(one)} for one in rules])

    def offers(self, lines: Sequence[Line]) -> Sequence[Offer]:
        return order_stock.offers(self._connection, self._tenant_id, lines)

    def lock(self, offers: Sequence[Offer]) -> Sequence[Offer]:
        return order_stock.lock(self._connection, offers)

    def create(self, grants: Sequence[Grant]) -> Sequence[Order]:
        return order_stock.create(self._connection, self._tenant_id, grants)

    def bury(self, order: NewOrder) -> bool:
        given = {
            **self._mine,
            "channel": order.channel,
            "order_id": order.order_id,
            "account": order.account,
            "asked": json.dumps(order.asked),
        }
        return self._connection.execute(_BURY, given).rowcount == 1

    def order(self, channel: str, order_id: str) -> Order | None:
        return self._one(_ORDER, {"channel": channel, "order_id": order_id})

    def _one(self, statement: Any, given: dict[str, Any]) -> Order | None:
        row = self._connection.execute(statement, {**self._mine, **given}).mappings().one_or_none()
        return None if row is None else order_of(row)

    def seen(self, orders: Sequence[NewOrder]) -> Seen:
        keys = {
            **self._mine,
            "channels": texts([one.channel for one in orders]),
            "order_ids": texts([one.order_id for one in orders]),
        }
        names = {line.part_number for one in orders for line in one.lines}
        # What stands is read last: an order that a rival takes meanwhile is there, and not short of its own units.
        offers, rules, standing = driver.together(
            self._connection,
            order_stock.asking(self._tenant_id, names),
            (_RULES, self._mine),
            (_ORDERS_OF, keys),
        )
        return Seen(
            [order_of(row._asdict()) for row in standing],
            [Offer(*row) for row in offers],
            [_rule(row) for row in rules],
        )

    def settle(self, order: Order, status: Status) -> Order | None:
        if not order_stock.settle(self._connection, self._tenant_id, order.id, status):
            return None
        return self._one(_BY_ID, {"id": order.id})

    def orders(
        self, wanted: OrderFilter, limit: int, before: tuple[datetime, UUID] | None
    ) -> Sequence[Order]:
        created_at, order_id = before or (None, None)
        given = {
            **self._mine,
            "status": wanted.status,
            "channel": wanted.channel,
            "limit": limit,
            "created_at": created_at,
            "id": order_id,
        }
        return [order_of(row) for row in self._connection.execute(_ORDERS, given).mappings()]

    def shortages(self, limit: int, after: int) -> Sequence[Shortage]:
        rows = self._connection.execute(_SHORTAGES, {**self._mine, "limit": limit, "after": after})
        return [_shortage(row) for row in rows.mappings()]

    def parts_of(self, products: Sequence[str], variants: Sequence[str]) -> Mapping[str, str]:
        given = {**self._mine, "products": texts(products), "variants": texts(variants)}
        return {row.variant_id: row.part_number for row in self._connection.execute(_PARTS, given)}

    def refusals(
        self, state: RefusalState, limit: int, after: tuple[Decimal, int, UUID] | None
    ) -> Sequence[Refusal]:
        return order_refusals.ranked(self._connection, self._tenant_id, state, limit, after)

    def refusal(self, refusal_id: UUID) -> Refusal | None:
        return order_refusals.one(self._connection, self._tenant_id, refusal_id)

    def refusal_of(self, channel: str, order_id: str) -> Refusal | None:
        return order_refusals.open_of(self._connection, self._tenant_id, channel, order_id)

    def note_refusal(self, refusal: NewRefusal) -> Refusal:
        return order_refusals.note(self._connection, self._tenant_id, refusal)

    def note_refusals(self, refusals: Sequence[NewRefusal]) -> None:
        order_refusals.note_all(self._connection, self._tenant_id, refusals)

    def close_refusal(self, refusal_id: UUID, state: RefusalState) -> bool:
        return order_refusals.close(self._connection, self._tenant_id, refusal_id, state)

    def synced(self, orders: Sequence[Order]) -> None:
        lines = sum(len(one.lines) for one in orders)
        last = {"lines": len(orders[-1].lines), "units": sum(line.quantity for line in orders[-1].lines)}
        activity.synced(self._connection, self._tenant_id, SURFACE, last, lines, calls=len(orders))

    def erred(self, reason: str) -> None:
        activity.erred(self._connection, self._tenant_id, SURFACE, reason)

    def expiring(self, claim: Claim) -> Order | None:
        if self._connection.execute(_DUE, {"id": claim.id, "token": claim.token}).rowcount != 1:
            raise LeaseLostError(f"the lease on {claim.id} went to another worker")
        return self._one(_BY_ID, {"id": claim.id})

    def park(self, claim: Claim, reason: str) -> None:
        work.park(self._connection, claim, State.DEAD, reason)

    def revive(self, dispatch_id: UUID) -> bool:
        return work.revive(self._connection, dispatch_id, State.DEAD)


def _rule(row: Any) -> Rule:
    return Rule(RuleName(row[0]), Action(row[1]), *row[2:])


def _shortage(row: Mapping[Any, Any]) -> Shortage:
    promises = [
        Promise(channel, order_id, state, quantity, datetime.fromisoformat(created_at))
        for channel, order_id, state, quantity, created_at in row["promises"]
    ]
    return Shortage(**{**row, "promises": promises})
