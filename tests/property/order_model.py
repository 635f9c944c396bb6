"""Suppliers' stock and the orders on it, as plain as can be said: what the real thing is held against."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass
class Promise:
    """Units that an order has of a SKU. `left_at`: when they were fulfilled."""

    sku: str
    quantity: int
    left_at: datetime | None = None


@dataclass
class Sku:
    """As its supplier reported it last."""

    supplier: str
    part: str
    quantity: int
    as_of: datetime | None = None


@dataclass
class Shop:
    """Every SKU, every promise that still holds units back, every order."""

    skus: dict[str, Sku]
    promises: dict[str, list[Promise]] = field(default_factory=dict)
    orders: dict[str, tuple[str, dict[str, int]]] = field(default_factory=dict)

    def held(self, sku: str) -> tuple[int, int]:
        """Units reserved, and units shipped that no younger report has seen."""
        mine = [one for promises in self.promises.values() for one in promises if one.sku == sku]
        reserved = sum(one.quantity for one in mine if one.left_at is None)
        return reserved, sum(one.quantity for one in mine) - reserved

    def counts(self, sku: str) -> tuple[int, int, int, int, int]:
        """quantity, reserved, shipped, shortage, available."""
        quantity, (reserved, shipped) = self.skus[sku].quantity, self.held(sku)
        free = quantity - reserved - shipped
        return quantity, reserved, shipped, max(0, -free), max(0, free)

    def best(self, part: str) -> tuple[str, int] | None:
        """Who serves a part: the SKU with most available, then by the supplier's code."""
        found = [name for name, sku in self.skus.items() if sku.part == part]
        if not found:
            return None
        first = min(found, key=lambda name: (-self.counts(name)[4], self.skus[name].supplier))
        return first, self.counts(first)[4]

    def order(self, order_id: str, lines: dict[str, int]) -> tuple[int, str]:
        """The status and the code of the answer."""
        if order_id in self.orders:
            return (200, "") if self.orders[order_id][1] == lines else (409, "order_conflict")
        best = {part: self.best(part) for part in lines}
        if None in best.values():
            return 409, "unknown_part"
        served = {part: found for part, found in best.items() if found}
        if any(served[part][1] < quantity for part, quantity in lines.items()):
            return 409, "insufficient_stock"
        self.orders[order_id] = ("reserved", lines)
        self.promises[order_id] = [Promise(served[part][0], quantity) for part, quantity in lines.items()]
        return 201, ""

    def settle(self, order_id: str, status: str, at: datetime | None = None) -> int:
        """The status of the answer."""
        if order_id not in self.orders:
            return 404
        stands, lines = self.orders[order_id]
        if stands == "reserved":
            self.orders[order_id] = (status, lines)
            if status == "fulfilled":
                for one in self.promises[order_id]:
                    one.left_at = at
            else:
                del self.promises[order_id]
            return 200
        return 200 if stands == status else 409

    def report(self, sku: str, quantity: int, as_of: datetime) -> None:
        """A younger one stands, and has seen what was fulfilled until then."""
        one = self.skus[sku]
        if one.as_of is not None and as_of < one.as_of:
            return
        one.quantity, one.as_of = quantity, as_of
        for order_id, promises in self.promises.items():
            self.promises[order_id] = [
                each for each in promises if each.sku != sku or each.left_at is None or each.left_at > as_of
            ]
