"""The use case of whoever wants to know how long stock lasts: what runs out first comes first."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Protocol
from uuid import UUID

import numpy as np

from app.domain.suppliers.forecast import Forecast, covers
from app.domain.suppliers.rates import Rates, RatesOfTheDay
from app.domain.suppliers.usage import History, Ids, Numbers

CHUNK_SKUS: Final = 5_000
Place = tuple[float | None, int]
"""Of a SKU in the list: its days of cover, None for those that have none, and its id."""


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
    place: Place

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
class Listed:
    """Listed SKUs by id: what there is of each, how many whole days it has been listed, and the day it is."""

    ids: Ids
    available: Numbers
    known: Numbers
    today: date

    def only(self, chosen: Any) -> "Listed":
        """Some of them."""
        return Listed(self.ids[chosen], self.available[chosen], self.known[chosen], self.today)


class CoverTransaction(Protocol):
    """One transaction in one tenant's scope."""

    def listed(
        self, *, supplier_id: UUID | None = None, part_number: str | None = None, ids: Ids | None = None
    ) -> Listed:
        """The tenant's listed SKUs, or those of them that are asked for."""

    def history(self, listed: Listed) -> History:
        """What was used of them in the last 90 whole days (UTC), row by row."""

    def stocks(self, ids: Sequence[int]) -> Sequence[Stock]:
        """SKUs by their ids, in no order."""


class CoverTransactions(Protocol):
    """Opens transactions."""

    def tenant(self, tenant_id: UUID) -> AbstractContextManager[CoverTransaction]:
        """One transaction."""


class CoverDesk:
    """Answers how long stock lasts. Rates are made of whole days: each SKU's is made once a day and process."""

    def __init__(self, transactions: CoverTransactions) -> None:
        self._transactions = transactions
        self._kept = RatesOfTheDay()

    def cover(
        self,
        tenant_id: UUID,
        limit: int,
        after: Place | None = None,
        *,
        supplier_id: UUID | None = None,
        part_number: str | None = None,
    ) -> list[Cover]:
        """A page of SKUs: what runs out first comes first, what has no days of cover last, then by id."""
        with self._transactions.tenant(tenant_id) as tx:
            listed = tx.listed(supplier_id=supplier_id, part_number=part_number)
            rates = self._rates(tx, tenant_id, listed)
            days = covers(rates.per_day, listed.available)
            page = _page(listed.ids, days, limit, after)
            stocks = {one.id: one for one in tx.stocks([int(listed.ids[at]) for at in page])}
        told = rates.only(page).forecasts(days[page], listed.today)
        ids = (int(listed.ids[at]) for at in page)
        return [
            Cover(stocks[id_], forecast, (forecast.cover, id_))
            for id_, forecast in zip(ids, told, strict=True)
            if id_ in stocks
        ]

    def of(self, tenant_id: UUID, ids: Sequence[int]) -> dict[int, Forecast]:
        """How long these SKUs last, by id; of those that are listed."""
        with self._transactions.tenant(tenant_id) as tx:
            listed = tx.listed(ids=np.unique(np.array(ids, dtype=np.int64)))
            rates = self._rates(tx, tenant_id, listed)
        told = rates.forecasts(covers(rates.per_day, listed.available), listed.today)
        return dict(zip(listed.ids.tolist(), told, strict=True))

    def _rates(self, tx: CoverTransaction, tenant_id: UUID, listed: Listed) -> Rates:
        kept = self._kept.of(tenant_id, listed.today)
        missing = np.flatnonzero(~np.isin(listed.ids, kept.ids))
        for at in range(0, len(missing), CHUNK_SKUS):
            part = listed.only(missing[at : at + CHUNK_SKUS])
            kept = kept.joined(Rates.made(part.ids, tx.history(part)))
        if len(missing):
            self._kept.keep(tenant_id, listed.today, kept)
        return kept.only(np.searchsorted(kept.ids, listed.ids))


def _page(ids: Ids, days: Numbers, limit: int, after: Place | None) -> Any:
    """Indexes of the next SKUs in the order of the list."""
    if after is not None:
        day, id_ = np.inf if after[0] is None else after[0], after[1]
        following = np.flatnonzero((days > day) | (days == day) & (ids > id_))
    else:
        following = np.arange(len(ids))
    return following[np.lexsort((ids[following], days[following]))][:limit]
