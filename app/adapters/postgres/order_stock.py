"""Reserves, ships and releases suppliers' units: short statements over rows that are locked by id."""

import json
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, TextClause, text

from app.adapters.postgres.arrays import numbers, texts
from app.domain.orders.allocation import Grant, Offer
from app.domain.orders.errors import StockMovedError
from app.domain.orders.order import Line, Order, Reserved, Status
from app.domain.work.dispatch import Actor

# A name is the part number under which a supplier's SKU is known, else an alias of the tenant's. Each name is looked up
# by itself (OFFSET 0 keeps it so): a planner without statistics would rather read all of the tenant's SKUs at once. CASE
# and not COALESCE, which is not leakproof: under row level security it would find no index.
_OFFERS: Final = text("""
    SELECT n.name, s.*
    FROM unnest(CAST(:names AS text[])) AS n(name)
    LEFT JOIN LATERAL (
        SELECT k.part_number FROM supplier_stock k
        WHERE k.tenant_id = :tenant_id AND k.part_number = n.name LIMIT 1) k ON true
    LEFT JOIN LATERAL (
        SELECT i.part_number FROM tenant_sku_alias t JOIN stock_item i ON i.id = t.item_id
        WHERE t.tenant_id = :tenant_id AND t.alias = n.name LIMIT 1) a ON true
    CROSS JOIN LATERAL (
        SELECT s.id, s.supplier_id, p.code, s.sku, CASE WHEN p.active THEN s.available ELSE 0 END AS available
        FROM supplier_stock s JOIN supplier p ON p.id = s.supplier_id
        WHERE s.tenant_id = :tenant_id
          AND s.part_number = CASE WHEN k.part_number IS NULL THEN a.part_number ELSE k.part_number END
        OFFSET 0) s
""")
_LOCK: Final = text("""
    SELECT s.id, s.available FROM supplier_stock s
    WHERE s.id = ANY(CAST(:ids AS bigint[])) ORDER BY s.id FOR NO KEY UPDATE
""")

# In the order of their keys, so that two who take the same orders do not wait in a circle.
_CREATE: Final = text("""
    WITH g AS (
        SELECT * FROM jsonb_to_recordset(CAST(:orders AS jsonb))
            AS g(channel text, order_id text, account text, asked jsonb, flags jsonb, expires_in_s int)),
    o AS (
        INSERT INTO stock_order (tenant_id, channel, order_id, account, asked, flags, expires_at)
        SELECT :tenant_id, g.channel, g.order_id, g.account, g.asked, g.flags,
               clock_timestamp() + make_interval(secs => g.expires_in_s)
        FROM g ORDER BY g.channel, g.order_id
        ON CONFLICT (tenant_id, channel, order_id) DO NOTHING
        RETURNING id, channel, order_id, created_at, expires_at),
    n AS (
        SELECT o.id, n.line, n.stock_id, n.quantity, n.part_number
        FROM unnest(CAST(:channels AS text[]), CAST(:order_ids AS text[]), CAST(:lines AS int[]),
                    CAST(:stock_ids AS bigint[]), CAST(:quantities AS int[]), CAST(:names AS text[]))
             AS n(channel, order_id, line, stock_id, quantity, part_number)
        JOIN o ON o.channel = n.channel AND o.order_id = n.order_id),
    u AS (
        UPDATE supplier_stock s SET reserved = s.reserved + q.quantity
        FROM (SELECT stock_id, sum(quantity)::int AS quantity FROM n GROUP BY stock_id) q
        WHERE s.id = q.stock_id AND s.tenant_id = :tenant_id
          AND s.quantity - s.reserved - s.shipped >= q.quantity
        RETURNING s.id, s.supplier_id),
    r AS (
        INSERT INTO reservation (tenant_id, order_id, line, part_number, quantity, stock_id, supplier_id)
        SELECT :tenant_id, n.id, n.line, n.part_number, n.quantity, u.id, u.supplier_id
        FROM n JOIN u ON u.id = n.stock_id
        RETURNING order_id),
    d AS (
        INSERT INTO dispatch (id, actor, tenant_id, lane, seq, not_before, ring_after)
        SELECT o.id, :actor, :tenant_id, 'order:' || o.id, nextval('accept_seq'), o.expires_at, o.expires_at
        FROM o WHERE o.expires_at IS NOT NULL),
    f AS (
        UPDATE order_refusal f SET state = 'resolved'
        FROM o
        WHERE f.tenant_id = :tenant_id AND f.channel = o.channel AND f.order_id = o.order_id AND f.state = 'open')
    SELECT o.channel, o.order_id, o.id, o.created_at, o.expires_at, (SELECT count(*) FROM r) AS reserved
    FROM o
""")

_LOCK_PROMISED: Final = text("""
    SELECT id FROM supplier_stock
    WHERE id IN (SELECT stock_id FROM reservation WHERE tenant_id = :tenant_id AND order_id = :id)
    ORDER BY id
    FOR NO KEY UPDATE
""")
_SETTLE: Final = text("""
    WITH o AS (
        UPDATE stock_order SET status = :status, settled_at = clock_timestamp()
        WHERE tenant_id = :tenant_id AND id = :id AND status = 'reserved'
        RETURNING id, settled_at),
    q AS (
        SELECT stock_id, sum(quantity)::int AS quantity,
               CASE WHEN :ships THEN sum(quantity)::int ELSE 0 END AS ships
        FROM reservation WHERE order_id = :id AND state = 'open' GROUP BY stock_id),
    r AS (
        UPDATE reservation r
        SET state = CASE WHEN :ships THEN 'shipped' ELSE 'released' END,
            fulfilled_at = CASE WHEN :ships THEN o.settled_at END
        FROM o WHERE r.order_id = o.id AND r.state = 'open'),
    u AS (
        UPDATE supplier_stock s
        SET reserved = s.reserved - q.quantity, shipped = s.shipped + q.ships,
            shortage = GREATEST(0, s.reserved - q.quantity + s.shipped + q.ships - s.quantity)
        FROM q CROSS JOIN o WHERE s.id = q.stock_id),
    d AS (DELETE FROM dispatch d USING o WHERE d.id = o.id AND d.state = 'ready')
    SELECT settled_at FROM o
""")


def offers(connection: Connection, tenant_id: UUID, lines: Sequence[Line]) -> list[Offer]:
    """All of the parts' rows, not locked."""
    return [
        Offer(*row) for row in connection.execute(*asking(tenant_id, [line.part_number for line in lines]))
    ]


def asking(tenant_id: UUID, names: Collection[str]) -> tuple[TextClause, dict[str, Any]]:
    """The statement of `offers` and its parameters."""
    return _OFFERS, {"tenant_id": tenant_id, "names": texts(list(names))}


def lock(connection: Connection, found: Sequence[Offer]) -> list[Offer]:
    """The same as they stand now, and until the transaction ends."""
    ids = numbers(sorted({offer.stock_id for offer in found}))
    available = {row.id: row.available for row in connection.execute(_LOCK, {"ids": ids})}
    return [replace(one, available=available[one.stock_id]) for one in found if one.stock_id in available]


def create(connection: Connection, tenant_id: UUID, grants: Sequence[Grant]) -> list[Order]:
    """The orders, their reservations and the units, together. Raises StockMovedError rather than miss a row."""
    rows = connection.execute(
        _CREATE, {"tenant_id": tenant_id, "actor": Actor.ORDERS_EXPIRE, **_given(grants)}
    )
    created = {(row.channel, row.order_id): row for row in rows}
    made = [(one, created[one.order.key]) for one in grants if one.order.key in created]
    if made and made[0][1].reserved != sum(len(one.taken) for one, _ in made):
        raise StockMovedError("stock changed while the order was placed; send it again")
    return [_order(one, row) for one, row in made]


def _given(grants: Sequence[Grant]) -> dict[str, str]:
    """A document of orders, and their lines column by column."""
    orders = [
        {
            "channel": one.order.channel,
            "order_id": one.order.order_id,
            "account": one.order.account,
            "asked": one.order.asked,
            "flags": list(one.flags),
            "expires_in_s": one.order.expires_in_s,
        }
        for one in grants
    ]
    lines = [(one.order, at, taken) for one in grants for at, taken in enumerate(one.taken, 1)]
    return {
        "orders": json.dumps(orders),
        "channels": texts([order.channel for order, _, _ in lines]),
        "order_ids": texts([order.order_id for order, _, _ in lines]),
        "lines": numbers(at for _, at, _ in lines),
        "stock_ids": numbers(taken.offer.stock_id for _, _, taken in lines),
        "quantities": numbers(taken.line.quantity for _, _, taken in lines),
        "names": texts([taken.line.part_number for _, _, taken in lines]),
    }


def _order(one: Grant, row: Any) -> Order:
    return Order(
        row.id,
        one.order.channel,
        one.order.order_id,
        Status.RESERVED,
        one.order.account,
        one.order.asked,
        one.flags,
        row.created_at,
        row.expires_at,
        None,
        [
            Reserved(taken.line.part_number, taken.line.quantity, taken.offer.supplier_id)
            for taken in one.taken
        ],
    )


def settle(connection: Connection, tenant_id: UUID, order_id: UUID, status: Status) -> bool:
    """Ship its units or let them go, once; False when the order is reserved no more."""
    given = {"tenant_id": tenant_id, "id": order_id}
    connection.execute(_LOCK_PROMISED, given)
    ships = status is Status.FULFILLED
    return connection.execute(_SETTLE, {**given, "status": status, "ships": ships}).one_or_none() is not None
