"""Orders from their rows."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from app.domain.orders.order import Order, Reserved, Status
from app.domain.orders.refusal import Refusal, RefusalState

ORDER: Final = """
    o.id, o.channel, o.order_id, o.status, o.account, o.asked, o.flags, o.created_at, o.expires_at, o.settled_at,
    COALESCE((SELECT json_agg(json_build_array(r.part_number, r.quantity, r.supplier_id) ORDER BY r.line)
              FROM reservation r WHERE r.order_id = o.id), '[]') AS lines
"""
REFUSAL: Final = """
    f.id, f.channel, f.order_id, f.account, f.code, f.message, f.details, f.payload, f.stake, f.units, f.times, f.state,
    f.created_at, f.refused_at
"""


def order_of(row: Mapping[Any, Any]) -> Order:
    """An order from a row of ORDER."""
    values = dict(row)
    values["status"] = Status(values["status"])
    values["lines"] = [
        Reserved(name, quantity, UUID(supplier)) for name, quantity, supplier in values["lines"]
    ]
    return Order(**values)


def refusal_of(row: Mapping[Any, Any]) -> Refusal:
    """A refusal from a row of REFUSAL."""
    return Refusal(**{**row, "state": RefusalState(row["state"])})
