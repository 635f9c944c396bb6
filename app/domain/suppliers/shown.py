"""Suppliers, their readings and their SKUs as the portal and the operator get them: no secrets."""

from typing import Any

from app.domain.suppliers.inventory import Gap, Line
from app.domain.suppliers.ports import Kept, Poll, Sku
from app.domain.suppliers.schedule import health
from app.domain.suppliers.supplier import stored


def shown_supplier(kept: Kept) -> dict[str, Any]:
    """A supplier, and how it does."""
    return {
        "supplierId": kept.id,
        "code": kept.code,
        "name": kept.name,
        "active": kept.active,
        "source": stored(kept.source),
        "intervalS": kept.interval_s,
        "lowStockThreshold": kept.low_stock_threshold,
        "reorderPoint": kept.reorder_point,
        "targetStock": kept.target_stock,
        "dropGuardPercent": kept.drop_guard_percent,
        "reorderMode": kept.reorder_mode,
        "orderEmail": kept.order_email,
        "orderUrl": kept.order_url,
        "orderFormat": kept.order_format,
        "state": _state(kept),
        "circuit": _circuit(kept),
        "failures": kept.failures,
        "lastError": kept.last_error,
        "lastPollAt": kept.polled_at,
        "nextPollAt": kept.next_poll_at,
        "confirmedAt": kept.confirmed_at,
        "heldPollId": kept.held_poll_id,
        "createdAt": kept.created_at,
        "updatedAt": kept.updated_at,
    }


def without_queries(told: dict[str, Any]) -> dict[str, Any]:
    """A shown supplier for those who do not decide how it is read: what follows a `?` may be a key to its door."""
    source = told["source"]
    auth = {**source["auth"], **_cut(source["auth"], "tokenUrl")}
    return {**told, **_cut(told, "orderUrl"), "source": {**source, **_cut(source, "url"), "auth": auth}}


def _cut(told: dict[str, Any], name: str) -> dict[str, Any]:
    place, question, _ = (told.get(name) or "").partition("?")
    return {name: f"{place}?…"} if question else {}


def _state(kept: Kept) -> str:
    if not kept.active:
        return "inactive"
    return health(
        heard_at=kept.heard_at or kept.created_at,
        interval_s=kept.interval_s,
        failing=kept.circuit_open_until is not None or kept.held_poll_id is not None,
        now=kept.now,
    ).value


def _circuit(kept: Kept) -> str:
    if kept.circuit_open_until is None:
        return "closed"
    return "open" if kept.circuit_open_until > kept.now else "half-open"


def shown_poll(poll: Poll) -> dict[str, Any]:
    """A reading, or a report that was sent."""
    return {
        "pollId": poll.id,
        "supplierId": poll.supplier_id,
        "dueAt": poll.due_at,
        "startedAt": poll.started_at,
        "finishedAt": poll.finished_at,
        "outcome": poll.outcome or "accepted",
        "sent": poll.sent,
        "status": poll.status,
        "rows": poll.rows,
        "changed": poll.changed,
        "dropped": poll.dropped,
        "stale": poll.stale,
        "malformed": poll.malformed,
        "malformedSample": list(poll.malformed_sample),
        "asOf": poll.as_of,
        "error": poll.error,
    }


def _stock(of: Sku | Line) -> dict[str, Any]:
    """What was reported of it, what is promised of it."""
    return {
        "sku": of.sku,
        "partNumber": of.part_number,
        "listed": of.listed,
        "quantity": of.quantity,
        "reserved": of.reserved,
        "shipped": of.shipped,
        "available": of.available,
        "shortage": of.shortage,
        "incoming": of.incoming,
        "stockLevel": of.level,
        "lowStockThreshold": of.low_stock_threshold,
        "asOf": of.as_of,
    }


def shown_sku(sku: Sku) -> dict[str, Any]:
    """A supplier's SKU, with its terms."""
    return {
        **_stock(sku),
        "price": sku.price,
        "leadTimeDays": sku.lead_time_days,
        "reorderPoint": sku.reorder_point,
        "targetStock": sku.target_stock,
        "packSize": sku.pack_size,
        "orderMinimum": sku.order_minimum,
    }


def shown_line(line: Line) -> dict[str, Any]:
    """A SKU at one source."""
    return {
        "source": line.source,
        "supplierId": line.supplier_id,
        "supplierCode": line.supplier_code,
        **_stock(line),
        "fresh": line.fresh,
    }


def shown_gap(gap: Gap) -> dict[str, Any]:
    """Something without fresh data."""
    return {
        "kind": gap.kind,
        "supplierId": gap.supplier_id,
        "supplierCode": gap.supplier_code,
        "sku": gap.sku,
        "partNumber": gap.part_number,
        "since": gap.since,
        "reason": gap.reason,
    }
