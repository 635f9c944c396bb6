"""Recomputes what is reserved, shipped and short from the reservations, and tells of any drift."""

from typing import Any
from uuid import UUID

from app.domain.orders.ports import Drift, ReservationBooks


def reconcile(books: ReservationBooks, tenant_id: UUID | None, *, repair: bool) -> dict[str, Any]:
    """What was compared and what differed; with `repair` each is set right under its own lock, by the sums of then."""
    checked, drift = books.check(tenant_id)
    told: dict[str, Any] = {"checked": checked, "drift": [shown(one) for one in drift]}
    if repair:
        told["repaired"] = sum(books.repair(one.stock_id) for one in drift)
    return told


def shown(one: Drift) -> dict[str, Any]:
    """As the operator sees it."""
    names = ("reserved", "shipped", "shortage")
    return {
        "tenantId": one.tenant_id,
        "supplierId": one.supplier_id,
        "stockId": one.stock_id,
        "sku": one.sku,
        **dict(zip(names, one.counted, strict=True)),
        "expected": dict(zip(names, one.expected, strict=True)),
    }
