"""Refused orders in PostgreSQL, ranked by what is at stake."""

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, CursorResult, text

from app.adapters.postgres.order_rows import REFUSAL, refusal_of
from app.domain.imports.values import MONEY_MAX
from app.domain.orders.refusal import NewRefusal, Refusal, RefusalState

# A part costs what we sell it for, else what the channel did, else what the supplier asks.
_NOTE: Final = text(f"""
    INSERT INTO order_refusal AS f (tenant_id, channel, order_id, account, code, message, details, payload, stake, units)
    SELECT :tenant_id, r.channel, r.order_id, r.account, r.code, r.message, r.details, r.payload,
           LEAST(v.stake, :stake_max), v.units
    FROM jsonb_to_recordset(CAST(:refusals AS jsonb))
         AS r(channel text, order_id text, account text, code text, message text, details jsonb, payload jsonb,
              lines jsonb)
    CROSS JOIN LATERAL (
        SELECT COALESCE(sum(n.quantity * COALESCE(i.price, n.price, s.price, 0)), 0) AS stake,
               COALESCE(sum(n.quantity), 0) AS units
        FROM jsonb_to_recordset(r.lines) AS n(name text, quantity int, price numeric)
        LEFT JOIN LATERAL (
            SELECT price FROM stock_item WHERE tenant_id = :tenant_id AND part_number = n.name AND price IS NOT NULL
            ORDER BY source LIMIT 1) i ON true
        LEFT JOIN LATERAL (
            SELECT max(price) AS price FROM supplier_stock
            WHERE tenant_id = :tenant_id AND part_number = n.name) s ON true) v
    ORDER BY r.channel, r.order_id
    ON CONFLICT (tenant_id, channel, order_id) DO UPDATE
    SET account = excluded.account, code = excluded.code, message = excluded.message, details = excluded.details,
        payload = excluded.payload, stake = excluded.stake, units = excluded.units, times = f.times + 1,
        state = 'open', refused_at = clock_timestamp()
    RETURNING {REFUSAL}
""")
_ONE: Final = text(f"SELECT {REFUSAL} FROM order_refusal f WHERE f.tenant_id = :tenant_id AND f.id = :id")
_OPEN: Final = text(f"""
    SELECT {REFUSAL} FROM order_refusal f
    WHERE f.tenant_id = :tenant_id AND f.channel = :channel AND f.order_id = :order_id AND f.state = 'open'
""")
_RANKED: Final = text(f"""
    SELECT {REFUSAL} FROM order_refusal f
    WHERE f.tenant_id = :tenant_id AND f.state = :state
      AND (CAST(:id AS uuid) IS NULL OR (f.stake, f.units, f.id) < (CAST(:stake AS numeric), :units, :id))
    ORDER BY f.stake DESC, f.units DESC, f.id DESC LIMIT :limit
""")
_CLOSE: Final = text("""
    UPDATE order_refusal SET state = :state WHERE tenant_id = :tenant_id AND id = :id AND state = 'open'
""")


def note(connection: Connection, tenant_id: UUID, refusal: NewRefusal) -> Refusal:
    """Keep it, in the place of the order's last one."""
    return refusal_of(_noted(connection, tenant_id, [refusal]).mappings().one())


def note_all(connection: Connection, tenant_id: UUID, refusals: Sequence[NewRefusal]) -> None:
    """Keep them all, of an order one at most, in the order of their keys: two who do it do not wait in a circle."""
    if refusals:
        _noted(connection, tenant_id, refusals).close()


def _noted(connection: Connection, tenant_id: UUID, refusals: Sequence[NewRefusal]) -> CursorResult[Any]:
    document = json.dumps([_document(one) for one in refusals])
    given = {"tenant_id": tenant_id, "refusals": document, "stake_max": MONEY_MAX}
    return connection.execute(_NOTE, given)


def _document(refusal: NewRefusal) -> dict[str, Any]:
    lines = [
        {"name": line.part_number, "quantity": line.quantity, "price": _price(line.price)}
        for line in refusal.lines
    ]
    return {
        "channel": refusal.channel,
        "order_id": refusal.order_id,
        "account": refusal.account,
        "code": refusal.code,
        "message": refusal.message,
        "details": list(refusal.details),
        "payload": refusal.payload,
        "lines": lines,
    }


def _price(price: Decimal | None) -> str | None:
    return None if price is None else format(price, "f")


def one(connection: Connection, tenant_id: UUID, refusal_id: UUID) -> Refusal | None:
    """By its id."""
    row = connection.execute(_ONE, {"tenant_id": tenant_id, "id": refusal_id}).mappings().one_or_none()
    return None if row is None else refusal_of(row)


def open_of(connection: Connection, tenant_id: UUID, channel: str, order_id: str) -> Refusal | None:
    """The order's, while it is open."""
    given = {"tenant_id": tenant_id, "channel": channel, "order_id": order_id}
    row = connection.execute(_OPEN, given).mappings().one_or_none()
    return None if row is None else refusal_of(row)


def ranked(
    connection: Connection,
    tenant_id: UUID,
    state: RefusalState,
    limit: int,
    after: tuple[Decimal, int, UUID] | None,
) -> list[Refusal]:
    """Most at stake first."""
    stake, units, refusal_id = after or (None, 0, None)
    given = {
        "tenant_id": tenant_id,
        "state": state,
        "limit": limit,
        "stake": stake,
        "units": units,
        "id": refusal_id,
    }
    return [refusal_of(row) for row in connection.execute(_RANKED, given).mappings()]


def close(connection: Connection, tenant_id: UUID, refusal_id: UUID, state: RefusalState) -> bool:
    """Out of the list."""
    given = {"tenant_id": tenant_id, "id": refusal_id, "state": state}
    return connection.execute(_CLOSE, given).rowcount == 1
