"""`GET /api/integrations/feeds…` and `/activity`: how the feeds went, row by row if need be."""

from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from flask import Response, request
from pydantic import BaseModel, Field
from werkzeug.urls import iri_to_uri

from app.domain.activity.activity import SurfaceActivity, report
from app.domain.stock.feed import Feed, Outcome
from app.domain.stock.rows_of import read_rows
from app.domain.tenancy.tenant import Scope
from app.web import feed_models as models
from app.web.api import Api, Reply
from app.web.context import container, principal
from app.web.paging import Page, decode_index, decode_place, encode

ROWS_A_PAGE: Final = 1000
_NDJSON: Final = "application/x-ndjson"

api = Api("Feed status", "How feeds went.")


def view(feed: Feed) -> dict[str, Any]:
    """A feed as the API shows it."""
    return {
        "feedId": feed.id,
        "kind": feed.kind,
        "status": feed.status,
        "acceptedAt": feed.accepted_at,
        "startedAt": feed.started_at,
        "appliedAt": feed.applied_at,
        "rowsTotal": feed.rows_total,
        "rowsApplied": feed.rows_applied,
        "result": feed.result,
        "error": feed.error,
    }


@api.route(
    "GET",
    "/api/integrations/feeds",
    summary="All feeds, newest first",
    scope=Scope.INTEGRATIONS,
    query=Page,
    responses={200: Reply(models.FeedList)},
)
def list_feeds(query: Page) -> dict[str, Any]:
    """Pages by cursor, so that feeds arriving meanwhile shift nothing."""
    before = decode_place(query.cursor) if query.cursor else None
    feeds = container().feeds.list(principal().tenant.id, query.limit + 1, before)
    page = feeds[: query.limit]
    more = encode(page[-1].accepted_at, page[-1].id) if len(feeds) > query.limit else None
    return {"data": [view(feed) for feed in page], "nextCursor": more}


@api.route(
    "GET",
    "/api/integrations/feeds/<uuid:feed_id>",
    summary="One feed",
    scope=Scope.INTEGRATIONS,
    responses={200: Reply(models.FeedView)},
    errors={404: ["not_found"]},
)
def get_feed(feed_id: UUID) -> dict[str, Any]:
    """Progress while it is applied, and the result once it is."""
    return view(container().feeds.get(principal().tenant.id, feed_id))


class RowQuery(BaseModel):
    """Which rows."""

    outcome: Annotated[Outcome | None, Field(description="Only these; `updated` includes `changed`")] = None
    limit: Annotated[int, Field(ge=1, le=ROWS_A_PAGE)] = ROWS_A_PAGE
    cursor: Annotated[str | None, Field(description="From the Link header of the page before")] = None


@api.route(
    "GET",
    "/api/integrations/feeds/<uuid:feed_id>/rows",
    summary="A feed's rows and their outcomes",
    scope=Scope.INTEGRATIONS,
    query=RowQuery,
    responses={
        200: Reply(
            models.FeedRow,
            "One JSON object a line, in payload order; kept 7 days",
            headers={"Link": 'The next page, rel="next"'},
            content_type=_NDJSON,
        )
    },
    errors={404: ["not_found"]},
)
def get_feed_rows(feed_id: UUID, query: RowQuery) -> Response:
    """Rows that have no outcome yet are left out; a page may be short, the Link header tells if more follows."""
    page = read_rows(
        container().feed_transactions,
        principal().tenant.id,
        feed_id,
        outcome=query.outcome,
        from_index=decode_index(query.cursor) if query.cursor else 0,
        limit=query.limit,
    )
    response = Response(msgspec.json.Encoder().encode_lines(page.rows), mimetype=_NDJSON)
    if page.next_index is not None:
        wanted = {**request.args.to_dict(), "cursor": encode(page.next_index)}
        url = f"{request.path}?{'&'.join(f'{name}={value}' for name, value in wanted.items())}"
        response.headers["Link"] = f'<{iri_to_uri(url)}>; rel="next"'
    return response


@api.route(
    "POST",
    "/api/integrations/feeds/<uuid:feed_id>/release",
    summary="Apply a held feed after all",
    scope=Scope.INTEGRATIONS,
    responses={200: Reply(models.FeedView)},
    errors={404: ["not_found"], 409: ["conflict"]},
)
def release_feed(feed_id: UUID) -> dict[str, Any]:
    """It keeps its first acceptance's place in the order: newer values stand."""
    return view(container().feeds.release(principal().tenant.id, feed_id, principal().name))


@api.route(
    "POST",
    "/api/integrations/feeds/<uuid:feed_id>/discard",
    summary="Never apply a held feed",
    scope=Scope.INTEGRATIONS,
    responses={200: Reply(models.FeedView)},
    errors={404: ["not_found"], 409: ["conflict"]},
)
def discard_feed(feed_id: UUID) -> dict[str, Any]:
    """Its rows stay readable for their 7 days."""
    return view(container().feeds.discard(principal().tenant.id, feed_id, principal().name))


@api.route(
    "GET",
    "/api/integrations/activity",
    summary="When each surface last synced",
    scope=Scope.INTEGRATIONS,
    responses={200: Reply(models.ActivityReport)},
)
def get_activity() -> dict[str, Any]:
    """Counts are over the last 24 hours; `silent` tells that an integration has gone quiet."""
    surfaces = report(container().feed_transactions, principal().tenant.id)
    return {"surfaces": [surface_view(surface) for surface in surfaces]}


def surface_view(one: SurfaceActivity) -> dict[str, Any]:
    """One surface as the API shows it."""
    error = None if one.last_error is None else {"at": one.last_error_at, "error": one.last_error}
    return {
        "surface": one.surface,
        "lastSyncAt": one.last_sync_at,
        "lastResult": one.last_result,
        "calls24h": one.calls,
        "rows24h": one.rows,
        "errors24h": one.errors,
        "lastError": error,
        "silent": one.silent,
    }
