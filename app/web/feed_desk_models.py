"""What goes in and out of `/api/app/feeds*`, `/not-found*`, `/aliases*` and `/overview`, as the document has it."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field

from app.domain.stock.decision import Verdict
from app.domain.stock.feed import FeedStatus, Outcome
from app.domain.stock.history import DECISIONS_MAX
from app.domain.stock.not_found import Order
from app.domain.stock.preview import COUNTED_ROWS_MAX, Effect
from app.web.feed_models import FeedView, Surface
from app.web.paging import Page

Number = Annotated[str, Field(alias="partNumber", min_length=1, max_length=128)]
Sought = Annotated[str, Field(max_length=128, description="Only those that have it in them, in any case")]
Name = Annotated[str, Field(min_length=1, max_length=128)]


class HistoryQuery(Page):
    """Which feeds."""

    surface: Annotated[
        str | None, Field(max_length=40, description="As /activity calls it, or `price-feed`")
    ] = None
    status: FeedStatus | None = None
    since: Annotated[datetime | None, Field(description="Accepted then or later")] = None
    until: Annotated[datetime | None, Field(description="Accepted before")] = None


class Decided(BaseModel):
    """What somebody decided about a feed."""

    decision: Verdict
    decided_at: Annotated[datetime, Field(alias="decidedAt")]
    decided_by: Annotated[
        str,
        Field(
            alias="decidedBy", description="A person's address, `key` and its id, or the platform's operator"
        ),
    ]


class FeedDetail(FeedView):
    """One feed, with what people decided about it."""

    decisions: Annotated[list[Decided], Field(description=f"Newest first, the last {DECISIONS_MAX}")]


class EffectCounts(BaseModel):
    """Rows by what they would do to their part's stock."""

    empty: Annotated[int, Field(description="Above zero now, zero then")]
    lower: Annotated[int, Field(description="Less than now, and not zero")]
    raise_: Annotated[int, Field(alias="raise", description="More than now")]
    leave: Annotated[int, Field(description="As now")]
    skip: Annotated[
        int, Field(description="Nothing: unknown, older than what stands, lost to another row, malformed")
    ]


class FeedEffects(BaseModel):
    """What a held feed would do if it were released now."""

    feed_id: Annotated[UUID, Field(alias="feedId")]
    rows_total: Annotated[int, Field(alias="rowsTotal", description="Valid and malformed rows")]
    rows_counted: Annotated[
        int, Field(alias="rowsCounted", description=f"Of very many the first {COUNTED_ROWS_MAX:,}")
    ]
    effects: EffectCounts
    in_stock: Annotated[int, Field(alias="inStock", description="Items that stand above zero now")]


class EffectQuery(Page):
    """Which rows."""

    effect: Annotated[Effect | None, Field(description="Only these")] = None


class EffectRow(BaseModel):
    """A row of a held feed, and what it would do."""

    index: Annotated[int, Field(description="Its place in the payload")]
    part_number: Annotated[Any, Field(alias="partNumber", description="As it was sent")]
    standing: Annotated[int | None, Field(description="What stands now; null where it reaches nothing")]
    stock: Annotated[Any, Field(description="As it was sent")]
    effect: Effect
    outcome: Outcome
    detail: str | None


class EffectRows(BaseModel):
    """A page of them, in payload order; it may be short, `nextCursor` tells if more follows."""

    data: list[EffectRow]
    next_cursor: Annotated[str | None, Field(alias="nextCursor")]


class NotFoundQuery(Page):
    """Which part numbers."""

    order: Annotated[
        Order, Field(description="The most often named first, or those that were named last")
    ] = Order.TIMES
    q: Sought = ""
    dismissed: Annotated[bool, Field(description="Those that somebody dismissed")] = False


class AliasQuery(Page):
    """Which aliases."""

    q: Sought = ""


class SuggestionQuery(BaseModel):
    """What somebody typed so far."""

    q: Annotated[str, Field(max_length=128)]


class NotFound(BaseModel):
    """A part number that feeds named and nobody knew."""

    part_number: Number
    times: Annotated[
        int,
        Field(
            description="Feeds that named it; where a feed has more than a hundred in a chunk, at most hourly"
        ),
    ]
    first_seen_at: Annotated[datetime, Field(alias="firstSeenAt")]
    last_seen_at: Annotated[datetime, Field(alias="lastSeenAt")]
    surface: str
    feed_id: Annotated[UUID, Field(alias="feedId", description="The last of them")]
    dismissed_at: Annotated[datetime | None, Field(alias="dismissedAt")]
    dismissed_by: Annotated[str | None, Field(alias="dismissedBy")]


class NotFoundList(BaseModel):
    """A page of them."""

    data: list[NotFound]
    next_cursor: Annotated[str | None, Field(alias="nextCursor")]


class Named(BaseModel):
    """One part number."""

    part_number: Number


class Resent(BaseModel):
    """A feed of the one row."""

    feed_id: Annotated[UUID, Field(alias="feedId")]


class NewAlias(BaseModel):
    """What a name means."""

    alias: Name
    part_number: Number


class Alias(NewAlias):
    """An alias, with the name of what it stands for."""

    name: str


class AliasList(BaseModel):
    """A page of them."""

    data: list[Alias]
    next_cursor: Annotated[str | None, Field(alias="nextCursor")]


class Suggestion(BaseModel):
    """Something that the tenant sells."""

    part_number: Number
    name: str
    source: Annotated[str, Field(description="`catalog` or `own`")]


class SuggestionList(BaseModel):
    """At most ten."""

    data: list[Suggestion]


class SurfaceStanding(Surface):
    """One surface, and its rows of each of the last 24 hours, the oldest first."""

    age_s: Annotated[float | None, Field(alias="ageS")]
    rows_by_hour: Annotated[list[int], Field(alias="rowsByHour")]


class PutAside(BaseModel):
    """Work that failed and was put aside."""

    actor: str
    count: int


class Overview(BaseModel):
    """Where a tenant's systems stand."""

    at: datetime
    surfaces: list[SurfaceStanding]
    feeds_in_flight: Annotated[int, Field(alias="feedsInFlight")]
    in_flight: Annotated[list[FeedView], Field(alias="inFlight", description="The oldest five")]
    held_feeds: Annotated[int, Field(alias="heldFeeds")]
    dead_letters: Annotated[list[PutAside], Field(alias="deadLetters")]
    open_alerts: Annotated[int, Field(alias="openAlerts")]
    not_found: Annotated[int, Field(alias="notFound", description="1,000 stands for more")]
