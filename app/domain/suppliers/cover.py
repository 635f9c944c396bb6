"""The use case of whoever wants to know how long stock lasts."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol
from uuid import UUID

from app.domain.suppliers.forecast import Forecast, History, Numbers, forecasts


@dataclass(frozen=True, slots=True)
class Stock:
    """A SKU of a supplier, as it stands."""

    id: int
    supplier_id: UUID
    supplier_code: str
    sku: str
    part_number: str | None
    available: int


@dataclass(frozen=True, slots=True)
class Cover:
    """A SKU and how long it lasts."""

    stock: Stock
    forecast: Forecast

    def shown(self) -> dict[str, Any]:
        """By the API's names."""
        return {
            "sku": self.stock.sku,
            "partNumber": self.stock.part_number,
            "supplierId": self.stock.supplier_id,
            "supplierCode": self.stock.supplier_code,
            "available": self.stock.available,
            **self.forecast.shown(),
        }


@dataclass(frozen=True, slots=True)
class Seen:
    """SKUs with their histories, row by row, and the day it is."""

    stocks: Sequence[Stock]
    history: History
    available: Numbers
    today: date


class CoverTransaction(Protocol):
    """One transaction in one tenant's scope."""

    def seen(self, limit: int, after: int, *, supplier_id: UUID | None, part_number: str | None) -> Seen:
        """Listed SKUs in the order of their ids, with what was used of them in the last 90 whole days (UTC)."""


class CoverTransactions(Protocol):
    """Opens transactions."""

    def tenant(self, tenant_id: UUID) -> AbstractContextManager[CoverTransaction]:
        """One transaction."""


class CoverDesk:
    """Answers how long stock lasts; nothing of it is stored."""

    def __init__(self, transactions: CoverTransactions) -> None:
        self._transactions = transactions

    def cover(
        self,
        tenant_id: UUID,
        limit: int,
        after: int = 0,
        *,
        supplier_id: UUID | None = None,
        part_number: str | None = None,
    ) -> list[Cover]:
        """A page of SKUs."""
        with self._transactions.tenant(tenant_id) as tx:
            seen = tx.seen(limit, after, supplier_id=supplier_id, part_number=part_number)
        told = forecasts(seen.history, seen.available, seen.today)
        return [Cover(stock, forecast) for stock, forecast in zip(seen.stocks, told, strict=True)]
