"""`/api/app/suppliers…/reliability` and `/api/app/inventory/forecast`: what the past says of suppliers and stock."""

from datetime import date
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from app.domain.tenancy.tenant import Scope
from app.web.api import Api, Reply
from app.web.context import container, principal
from app.web.paging import Page, cut, decode_cover, decode_index

api = Api("Supplier figures", "How far suppliers can be relied on, and how long their stock lasts.")


class _Camel(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class ScorePart(_Camel):
    """A part of a score: 100 at `best`, 0 at `worst`, in a straight line between."""

    name: Annotated[
        str, Field(description="successRate, delayIntervals, stockOutsPerSku, latencyS or shrinksPerMonth")
    ]
    value: Annotated[float | None, Field(description="null: nothing is known")]
    score: float | None
    weight: Annotated[int, Field(description="Parts of which nothing is known weigh nothing")]
    best: float
    worst: float


class ReliabilityWindow(_Camel):
    """What a supplier was like over the last days, today's so far included."""

    days: int
    known_days: int
    score: Annotated[
        float | None, Field(description="0 to 100: the parts' mean by weight; null: nothing is known")
    ]
    parts: list[ScorePart]
    polls: Annotated[int, Field(description="Readings that were due")]
    answered: Annotated[int, Field(description="Those that succeeded, be it at the last try")]
    stock_outs: Annotated[int, Field(description="Times that a SKU ran out")]
    shrinks: Annotated[int, Field(description="Reports that would take off, or empty, a quarter of the list")]


class _Supplier(_Camel):
    supplier_id: UUID
    supplier_code: str
    supplier_name: str
    interval_s: int


class SupplierReliability(_Supplier):
    """Over 7, 30 and 90 days."""

    windows: list[ReliabilityWindow]


class RankedSupplier(ReliabilityWindow, _Supplier):
    """A supplier in its place."""

    rank: int


class SupplierRanking(_Camel):
    """A page of them, the best first."""

    data: list[RankedSupplier]
    next_cursor: str | None


class RankingQuery(Page):
    """Over how many days."""

    days: Annotated[Literal["7", "30", "90"], Field(description="Of the window")] = "30"


class SupplierDay(_Camel):
    """What a supplier was like on a day (UTC); null: nothing is known."""

    day: date
    polls: Annotated[int, Field(description="Readings that were due")]
    success_rate: Annotated[float | None, Field(description="Of them, be it at the last try")]
    latency_s: Annotated[float | None, Field(description="From asking to having written")]
    delay_s: Annotated[
        float | None, Field(description="How long after it was due, or as of when, data was had")
    ]
    stock_outs: int
    shrinks: int
    skus: Annotated[int, Field(description="That it listed")]


class SupplierDays(_Camel):
    """Days of which anything is known, oldest first."""

    data: list[SupplierDay]


class DaysQuery(BaseModel):
    """How many days back, today included."""

    days: Annotated[Literal["7", "30", "90"], Field(description="Of the window")] = "30"


class SkuForecast(_Camel):
    """How long a SKU lasts."""

    sku: str
    part_number: str | None
    supplier_id: UUID
    supplier_code: str
    available: int
    per_day: Annotated[float | None, Field(description="Units; null: fewer than 7 days count")]
    days_of_cover: Annotated[float | None, Field(description="null: nothing is used, or it lasts for years")]
    stock_out_on: Annotated[date | None, Field(description="UTC")]
    basis_days: Annotated[
        int, Field(description="Of the last 90: those with something to sell, and no restock")
    ]
    error: Annotated[
        float | None,
        Field(
            description="How many units a day it was off, tried on the SKU's own past; null: too short a past"
        ),
    ]


class ForecastList(_Camel):
    """A page of them."""

    data: list[SkuForecast]
    next_cursor: str | None


class ForecastQuery(Page):
    """Which SKUs."""

    supplier_id: Annotated[UUID | None, Field(alias="supplierId", description="Only this supplier's")] = None
    part_number: Annotated[
        str | None,
        Field(alias="partNumber", max_length=128, pattern="^[^\\x00]*$", description="Only this part's"),
    ] = None


_PARTS: Final = [
    {"name": "successRate", "value": 0.998, "score": 100.0, "weight": 40, "best": 0.995, "worst": 0.9},
    {"name": "delayIntervals", "value": 0.6, "score": 80.0, "weight": 25, "best": 0.25, "worst": 2.0},
]
_WINDOW: Final[dict[str, Any]] = {
    "days": 30,
    "knownDays": 30,
    "score": 92.3,
    "parts": _PARTS,
    "polls": 2880,
    "answered": 2874,
    "stockOuts": 12,
    "shrinks": 0,
}
_SUPPLIER: Final[dict[str, Any]] = {
    "supplierId": "01980000-0000-7000-8000-000000000003",
    "supplierCode": "nordparts",
    "supplierName": "Nordparts",
    "intervalS": 900,
}


@api.route(
    "GET",
    "/api/app/suppliers/reliability",
    summary="Suppliers, the most reliable first",
    scope=Scope.INTEGRATIONS,
    query=RankingQuery,
    responses={
        200: Reply(
            SupplierRanking, example={"data": [{"rank": 1, **_SUPPLIER, **_WINDOW}], "nextCursor": None}
        )
    },
)
def list_supplier_reliability(query: RankingQuery) -> dict[str, Any]:
    """By their score; a supplier of which nothing is known comes last. Summed up every ten minutes."""
    ranking = container().reliability.ranking(principal().tenant.id, int(query.days))
    start = decode_index(query.cursor) if query.cursor else 0
    page, more = cut(ranking[start : start + query.limit + 1], query.limit, lambda one: (one["rank"],))
    return {"data": page, "nextCursor": more}


@api.route(
    "GET",
    "/api/app/suppliers/<uuid:supplier_id>/reliability",
    summary="How far a supplier can be relied on",
    scope=Scope.INTEGRATIONS,
    responses={200: Reply(SupplierReliability, example={**_SUPPLIER, "windows": [_WINDOW]})},
    errors={404: ["not_found"]},
)
def get_supplier_reliability(supplier_id: UUID) -> dict[str, Any]:
    """Over 7, 30 and 90 days, with every part of the score. Days are kept for good and summed up every ten minutes."""
    return container().reliability.of(principal().tenant.id, supplier_id)


@api.route(
    "GET",
    "/api/app/suppliers/<uuid:supplier_id>/reliability/days",
    summary="A supplier, day by day",
    scope=Scope.INTEGRATIONS,
    query=DaysQuery,
    responses={200: Reply(SupplierDays)},
    errors={404: ["not_found"]},
)
def list_supplier_days(supplier_id: UUID, query: DaysQuery) -> dict[str, Any]:
    """What its charts are made of."""
    return {"data": container().reliability.days(principal().tenant.id, supplier_id, int(query.days))}


@api.route(
    "GET",
    "/api/app/inventory/forecast",
    summary="How long stock lasts",
    scope=Scope.INTEGRATIONS,
    query=ForecastQuery,
    responses={200: Reply(ForecastList)},
)
def list_inventory_forecasts(query: ForecastQuery) -> dict[str, Any]:
    """What runs out first comes first, what has no days of cover last; from the last 90 whole days.

    Restocks are left out, days without stock too; where most days have no demand, size and interval are told apart.
    """
    after = decode_cover(query.cursor) if query.cursor else None
    desk = container().covers()
    covers = desk.cover(
        principal().tenant.id,
        query.limit + 1,
        after,
        supplier_id=query.supplier_id,
        part_number=query.part_number,
    )
    page, more = cut(covers, query.limit, lambda one: one.place)
    return {"data": [one.shown() for one in page], "nextCursor": more}
