"""Refused orders in PostgreSQL, ranked by what is at stake."""

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, text

from app.adapters.postgres.arrays import numbers, texts
from app.adapters.postgres.order_rows import REFUSAL, refusal_of
from app.domain.imports.values import MONEY_MAX
from app.domain.orders.refusal import NewRefusal, Refusal, RefusalState

# A part costs what we sell it for, else what the channel did, else what the supplier asks.
_NOTE: Final = text(f"""
    WITH v AS (
        SELECT COALESCE(sum(n.quantity * COALESCE(i.price, n.price, s.price, 0)), 0) AS stake,
               COALESCE(sum(n.quantity), 0) AS units
        FROM unnest(CAST(:names AS text[]), CAST(:quantities AS int[]), CAST(:prices AS numeric[]))
             AS n(name, quantity, price)
        LEFT JOIN LATERAL (
            SELECT price FROM stock_item WHERE tenant_id = :tenant_id AND part_number = n.name AND price IS NOT NULL
            ORDER BY source LIMIT 1) i ON true
        LEFT JOIN LATERAL (
            SELECT max(price) AS price FROM supplier_stock
            WHERE tenant_id = :tenant_id AND part_number = n.name) s ON true)
    INSERT INTO order_refusal AS f (tenant_id, channel, order_id, account, code, message, details, payload, stake, units)
    SELECT :tenant_id, :channel, :order_id, :account, :code, :message, CAST(:details AS jsonb),
           CAST(:payload AS jsonb), LEAST(v.stake, :stake_max), v.units
    FROM v
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
    given = {
        "tenant_id": tenant_id,
        "channel": refusal.channel,
        "order_id": refusal.order_id,
        "account": refusal.account,
        "code": refusal.code,
        "message": refusal.message,
        "details": json.dumps(list(refusal.details)),
        "payload": json.dumps(refusal.payload),
        "names": texts([line.part_number for line in refusal.lines]),
        "quantities": numbers(line.quantity for line in refusal.lines),
        "prices": texts_of_prices([line.price for line in refusal.lines]),
        "stake_max": MONEY_MAX,
    }
    return refusal_of(connection.execute(_NOTE, given).mappings().one())


def texts_of_prices(prices: Sequence[Decimal | None]) -> str:
    """For CAST(:x AS numeric[])."""
    return "{" + ",".join("NULL" if price is None else format(price, "f") for price in prices) + "}"


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
