"""`POST /api/integrations/{stock-feed,location-stock,price-feed}`: rows in, 200 with counters or 202."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Final

from flask import Response, current_app, request
from pydantic import BaseModel, Field

from app.domain.errors import InvalidInputError
from app.domain.stock.feed import Feed, FeedKind, FeedStatus
from app.domain.tenancy.tenant import Feature, Scope, Tenant
from app.web import feed_models as models
from app.web.api import Api, Body, Reply, respond
from app.web.bodies import read_json_body
from app.web.context import container, principal, request_id
from app.web.errors import HttpError
from app.web.preferences import Preference, WaitingRoom, preference

IDEMPOTENCY_KEY_MAX: Final = 255
WAITING_ROOM: Final = "stockline.waiting_room"

api = Api("Feeds", "Bulk updates from a POS, an ERP or a WMS: server to server, idempotent, in any order.")

_HEADERS: Final = {
    "Prefer": "`respond-async` for 202 at once, `wait=N` for another wait than the default, at most 60 s",
    "Idempotency-Key": "The same key with the same body answers for the first call's feed; kept 24 h",
    "Content-Encoding": "`gzip` or none",
}
_ERRORS: Final = {
    400: ["invalid_request", "undecodable_body"],
    413: ["body_too_large", "payload_too_large"],
    422: ["idempotency_key_reused"],
    503: ["database_unavailable", "outcome_unknown", "busy"],
}
_APPLIED: Final = {"Preference-Applied": "What was done of Prefer"}


class FeedQuery(BaseModel):
    """How to take the payload."""

    dry_run: Annotated[
        bool, Field(alias="dryRun", description="Tell what would happen; write nothing, make no feed.")
    ] = False


def _responses(model: type[BaseModel]) -> dict[int, Any]:
    return {
        200: Reply(model, "Every row has its outcome", headers=_APPLIED),
        202: Reply(
            models.FeedAccepted,
            "Committed; the workers are on it, or a person must decide",
            headers={"Location": "The feed's status", **_APPLIED},
        ),
    }


@api.route(
    "POST",
    "/api/integrations/stock-feed",
    summary="Set stock by part number",
    scope=Scope.INTEGRATIONS,
    query=FeedQuery,
    body=Body(list[models.StockRow], example=[{"partNumber": "55716013", "stock": 12}]),
    responses=_responses(models.StockFeedResult),
    errors=_ERRORS,
    request_headers=_HEADERS,
)
def post_stock_feed(query: FeedQuery) -> Response:
    """A part number is looked up among the activated catalog items, then the own parts, then the aliases."""
    return _post(FeedKind.STOCK, query)


@api.route(
    "POST",
    "/api/integrations/location-stock",
    summary="Set stock by store and part number",
    scope=Scope.INTEGRATIONS,
    query=FeedQuery,
    body=Body(
        list[models.LocationStockRow],
        example=[{"dealerId": "01980000-0000-7000-8000-000000000000", "partNumber": "55716013", "stock": 5}],
    ),
    responses=_responses(models.LocationStockResult),
    errors={**_ERRORS, 403: ["feature_not_available"]},
    request_headers=_HEADERS,
)
def post_location_stock(query: FeedQuery) -> Response:
    """For the tenant's own stores; aliases are not resolved. Needs a RETAIL or HYBRID tenant."""
    principal().tenant.require(Feature.LOCATION_STOCK)
    return _post(FeedKind.LOCATION, query)


@api.route(
    "POST",
    "/api/integrations/price-feed",
    summary="Set prices by part number",
    scope=Scope.INTEGRATIONS,
    query=FeedQuery,
    body=Body(
        list[models.PriceRow],
        example=[{"partNumber": "55716013", "price": "129.90", "compareAtPrice": None}],
    ),
    responses=_responses(models.PriceFeedResult),
    errors=_ERRORS,
    request_headers=_HEADERS,
)
def post_price_feed(query: FeedQuery) -> Response:
    """Null clears a price, a field that is left out stays; otherwise as the stock feed, without echo guard."""
    return _post(FeedKind.PRICE, query)


def _post(kind: FeedKind, query: FeedQuery) -> Response:
    started = time.perf_counter()
    here, tenant = container(), principal().tenant
    key = _idempotency_key()
    try:
        body = read_json_body()
        if query.dry_run:
            return _dry_run(tenant, kind, body)
        accepted = here.feeds.accept(tenant, kind, body, idempotency_key=key, request_id=request_id())
    except (InvalidInputError, HttpError) as error:
        if not query.dry_run:
            here.feeds.note_error(tenant.id, kind, error.message)
        raise
    here.metrics.accept_seconds.labels(kind).observe(time.perf_counter() - started)
    default_wait_s = here.settings.feed_wait_s if tenant.feed_wait_s is None else tenant.feed_wait_s
    wanted = preference(request.headers.get("Prefer"), default_wait_s)
    feed, wanted = _wait(accepted.feed, wanted)
    response = _answer(feed)
    if wanted.applied:
        response.headers["Preference-Applied"] = wanted.applied
    if accepted.replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return response


def _dry_run(tenant: Tenant, kind: FeedKind, body: bytes) -> Response:
    with seated():
        return respond(container().feeds.dry_run(tenant, kind, body))


def _wait(feed: Feed, wanted: Preference) -> tuple[Feed, Preference]:
    """Wait for the workers if a seat is free; otherwise 202 at once, and Preference-Applied says so."""
    if feed.status.settled:  # a replayed one: its result at once is no asynchronous answer
        return feed, wanted if wanted.wait_s > 0 else Preference(0)
    if wanted.wait_s <= 0:
        return feed, wanted
    with _room().seat() as seated:
        if not seated:
            return feed, Preference(0, "respond-async" if wanted.applied else None)
        return container().feeds.wait(feed, wanted.wait_s), wanted


@contextmanager
def seated() -> Iterator[None]:
    """A seat for what keeps its thread for long; raises 503 when those that may are taken."""
    with _room().seat() as found:
        if not found:
            raise HttpError(
                503, "busy", "too many callers wait already; try again", headers={"Retry-After": "1"}
            )
        yield


def _room() -> WaitingRoom:
    room: WaitingRoom = current_app.extensions[WAITING_ROOM]
    return room


def _answer(feed: Feed) -> Response:
    if feed.status is FeedStatus.APPLIED:
        return respond(feed.result)
    url = f"/api/integrations/feeds/{feed.id}"
    body = {"feedId": str(feed.id), "status": feed.status, "statusUrl": url}
    if feed.error is not None:
        body["error"] = feed.error
    return respond((body, 202, {"Location": url}))


def _idempotency_key() -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not 0 < len(key) <= IDEMPOTENCY_KEY_MAX or not key.isprintable() or not key.isascii():
        raise InvalidInputError(
            f"Idempotency-Key must be 1 to {IDEMPOTENCY_KEY_MAX} printable ASCII characters"
        )
    return key
