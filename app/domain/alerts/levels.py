"""What a SKU's stock is now, in words that somebody should read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from app.domain.alerts.alert import AlertKind, Note

KINDS: Final = {"low": AlertKind.LOW, "out": AlertKind.OUT, "in-stock": AlertKind.BACK}
"""What reaching a level is told as. From out to low is low: something can be sold again, and not much of it."""
MARGIN_PERCENT: Final = 10
"""Of the threshold, and a unit at least: how far a SKU must rise to be told again what was told within the last day."""
_HEIGHTS: Final = {"out": 0, "low": 1, "in-stock": 2}


@dataclass(frozen=True, slots=True)
class StockState:
    """One SKU of a supplier as it stands, and the orders that a shortage concerns.

    `told`: the level that was told last, if one was; `again`: the level that it has now was told within the last day.
    """

    stock_id: int
    supplier_id: UUID
    supplier_code: str
    supplier_name: str
    sku: str
    part_number: str | None
    level: str
    available: int
    quantity: int
    shortage: int
    threshold: int
    orders: Sequence[str] = ()
    told: str | None = None
    again: bool = False

    @property
    def wavers(self) -> bool:
        """Whether it goes to and fro over a boundary: it rose as it did today before, and by hardly anything."""
        if not self.again or self.told is None or _HEIGHTS[self.told] >= _HEIGHTS[self.level]:
            return False
        boundary = 1 if self.told == "out" else self.threshold
        return self.available < boundary + max(1, self.threshold * MARGIN_PERCENT // 100)


def notes_of(state: StockState) -> Iterator[Note]:
    """Its level, unless it wavers, and whether promises can be kept: two subjects."""
    if not state.wavers:
        yield Note(
            f"stock:{state.stock_id}",
            state.level,
            KINDS[state.level],
            f"{_name(state)} {_LEVEL[state.level].format(state=state)}",
            _details(state),
        )
    short = state.shortage > 0
    yield Note(
        f"shortage:{state.stock_id}",
        "short" if short else "none",
        AlertKind.SHORTAGE if short else AlertKind.SHORTAGE_OVER,
        f"{_name(state)} {(_SHORT if short else _KEPT).format(state=state)}",
        {**_details(state), "shortage": state.shortage, "orders": list(state.orders)},
    )


_LEVEL: Final = {
    "low": "is low: {state.available} available, fewer than {state.threshold}",
    "out": "is out: none available",
    "in-stock": "is in stock again: {state.available} available",
}
_SHORT: Final = "is short: {state.shortage} more are promised to orders than the supplier has"
_KEPT: Final = "is short no more: all that is promised to orders is there"


def _name(state: StockState) -> str:
    part = f" ({state.part_number})" if state.part_number not in {None, state.sku} else ""
    return f"{state.sku}{part} at {state.supplier_name}"


def _details(state: StockState) -> Mapping[str, Any]:
    return {
        "supplierId": str(state.supplier_id),
        "supplierCode": state.supplier_code,
        "supplierName": state.supplier_name,
        "sku": state.sku,
        "partNumber": state.part_number,
        "level": state.level,
        "available": state.available,
        "quantity": state.quantity,
        "lowStockThreshold": state.threshold,
    }
