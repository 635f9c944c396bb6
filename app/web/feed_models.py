"""The shapes of the feeds' requests and answers, for the OpenAPI document."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel
from pydantic.json_schema import SkipJsonSchema

from app.domain.stock.feed import FeedKind, FeedStatus, Outcome
from app.domain.stock.rows import PART_NUMBER_MAX, STOCK_MAX

PartNumber = Annotated[
    str, Field(min_length=1, max_length=PART_NUMBER_MAX, description="Trimmed; case counts")
]
Stock = Annotated[float, Field(ge=0, lt=STOCK_MAX + 1, description="Floored")]
AsOf = Annotated[datetime, Field(description="When this was true; without it, when the feed was accepted")]
Money = Annotated[str | float | None, Field(description="At most 2 decimals; null clears")]


class _Camel(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class StockRow(_Camel):
    """One part's stock."""

    part_number: PartNumber
    stock: Stock
    as_of: AsOf | SkipJsonSchema[None] = None


class LocationStockRow(_Camel):
    """One part's stock in one store."""

    dealer_id: str
    part_number: PartNumber
    stock: Stock
    as_of: AsOf | SkipJsonSchema[None] = None


class PriceRow(_Camel):
    """One part's prices."""

    part_number: PartNumber
    price: Money
    compare_at_price: Money = None
    cost_price: Money = None
    as_of: AsOf | SkipJsonSchema[None] = None


class RejectedRow(_Camel):
    """A malformed row."""

    index: Annotated[int, Field(ge=0, description="Its place in the payload")]
    reason: str


class _Result(_Camel):
    feed_id: Annotated[UUID | None, Field(description="Absent in a dry run")] = None
    received: Annotated[int, Field(description="Valid rows: the sum of the outcomes")]
    updated: Annotated[int, Field(description="Rows whose value is now what was sent")]
    changed: Annotated[int, Field(description="Those of them that had another value before")]
    duplicates: Annotated[int, Field(description="Rows that lost to another row for the same item")]
    stale: Annotated[int, Field(description="Rows older than the standing value")]
    rejected: Annotated[int, Field(description="Malformed rows")]
    rejected_sample: Annotated[list[RejectedRow], Field(max_length=20)]
    dry_run: Annotated[Literal[True] | None, Field(description="In a dry run only")] = None
    would_hold: Annotated[bool | None, Field(description="In a dry run: the shrink guard would hold it")] = (
        None
    )


class StockFeedResult(_Result):
    """What became of a stock feed's rows."""

    resolved_via_alias: int
    echo_skipped: Annotated[int, Field(description="Our own Shopify writes coming back")]
    not_found: int
    not_found_sample: Annotated[list[str], Field(max_length=20)]


class PriceFeedResult(StockFeedResult):
    """What became of a price feed's rows."""


class LocationStockResult(_Result):
    """What became of a location-stock feed's rows."""

    invalid_dealers: Annotated[int, Field(description="Rows whose dealer is not the tenant's")]
    invalid_dealer_ids: Annotated[list[str], Field(max_length=20)]


class FeedAccepted(_Camel):
    """A feed that is committed and not applied yet."""

    feed_id: UUID
    status: FeedStatus
    status_url: str
    error: Annotated[str | None, Field(description="Why it is held or failed")] = None


class FeedView(_Camel):
    """One feed as it stands."""

    feed_id: UUID
    kind: FeedKind
    status: FeedStatus
    accepted_at: datetime
    started_at: datetime | None
    applied_at: datetime | None
    rows_total: Annotated[int, Field(description="Valid and malformed rows")]
    rows_applied: int
    result: StockFeedResult | LocationStockResult | None
    error: str | None


class FeedList(_Camel):
    """A page of feeds."""

    data: list[FeedView]
    next_cursor: str | None


class FeedRow(_Camel):
    """One line of the NDJSON: a row of the payload and what became of it."""

    index: int
    part_number: Annotated[str | None, Field(description="As it was sent")]
    outcome: Outcome
    detail: str | None


class SurfaceError(_Camel):
    """The last thing that went wrong."""

    at: datetime
    error: str


class Surface(_Camel):
    """One surface's activity."""

    surface: str
    last_sync_at: datetime | None
    last_result: dict[str, int] | None
    calls24h: Annotated[int, Field(alias="calls24h")]
    rows24h: Annotated[int, Field(alias="rows24h")]
    errors24h: Annotated[int, Field(alias="errors24h")]
    last_error: SurfaceError | None
    silent: Annotated[bool, Field(description="No sync for longer than the tenant's expected interval")]


class ActivityReport(_Camel):
    """All surfaces."""

    surfaces: list[Surface]
