"""`/api/app/feeds*` and `/overview`: feeds as people look through them, and what they decide about one."""

from typing import Any, Final
from uuid import UUID

from app.domain.activity.overview import Overview, Surface
from app.domain.stock.feed import Feed
from app.domain.stock.history import Wanted
from app.domain.tenancy.tenant import Scope
from app.web import feed_desk_models as models
from app.web import feed_models
from app.web.api import Api, Reply
from app.web.context import container, principal
from app.web.feed_reads import surface_view, view
from app.web.paging import cut, decode_index, decode_place, encode

api = Api("Feeds (portal)", "What people see of feeds, and decide about them.")

_ONE: Final = "/api/app/feeds/<uuid:feed_id>"
_FEED: Final = {200: Reply(models.FeedDetail)}
_NOT_FOUND: Final = {404: ["not_found"]}
_DECIDE: Final = {**_NOT_FOUND, 409: ["conflict"]}


@api.route(
    "GET",
    "/api/app/overview",
    summary="Where everything stands",
    scope=Scope.INTEGRATIONS,
    responses={200: Reply(models.Overview)},
)
def get_overview() -> dict[str, Any]:
    """Surfaces that were never used are left out; the last hour of `rowsByHour` is still going on."""
    tenant_id = principal().tenant.id
    seen = container().overviews.see(tenant_id)
    return shown(seen) | {"notFound": container().not_found.count(tenant_id)}


def shown(seen: Overview) -> dict[str, Any]:
    """The overview as JSON."""
    look = seen.look
    return {
        "at": look.now,
        "surfaces": [_standing(one) for one in seen.surfaces],
        "feedsInFlight": look.in_flight_count,
        "inFlight": [view(feed) for feed in look.in_flight],
        "heldFeeds": seen.held,
        "deadLetters": [{"actor": one.actor, "count": one.count} for one in seen.dead],
        "openAlerts": look.alert_count,
    }


def _standing(one: Surface) -> dict[str, Any]:
    age_s = None if one.age is None else one.age.total_seconds()
    return surface_view(one.activity) | {"ageS": age_s, "rowsByHour": one.rows}


@api.route(
    "GET",
    "/api/app/feeds",
    summary="Feeds by surface, state and time",
    scope=Scope.INTEGRATIONS,
    query=models.HistoryQuery,
    responses={200: Reply(feed_models.FeedList)},
)
def list_feed_history(query: models.HistoryQuery) -> dict[str, Any]:
    """Newest first."""
    before = decode_place(query.cursor) if query.cursor else None
    wanted = Wanted(query.surface, query.status, query.since, query.until)
    found = container().feed_history.list(principal().tenant.id, wanted, query.limit + 1, before)
    page, more = cut(found, query.limit, lambda one: (one.accepted_at, one.id))
    return {"data": [view(feed) for feed in page], "nextCursor": more}


@api.route("GET", _ONE, summary="One feed", scope=Scope.INTEGRATIONS, responses=_FEED, errors=_NOT_FOUND)
def get_feed_of_history(feed_id: UUID) -> dict[str, Any]:
    """As `GET /api/integrations/feeds/{feedId}`, for people too, and with who released, discarded or replayed it."""
    return _detail(container().feeds.get(principal().tenant.id, feed_id))


def _detail(feed: Feed) -> dict[str, Any]:
    decisions = container().feed_history.decisions(feed.tenant_id, feed.id)
    return view(feed) | {"decisions": [one.shown() for one in decisions]}


@api.route(
    "GET",
    f"{_ONE}/preview",
    summary="What a held feed would do",
    scope=Scope.INTEGRATIONS,
    responses={200: Reply(models.FeedEffects)},
    errors=_DECIDE,
)
def preview_held_feed(feed_id: UUID) -> dict[str, Any]:
    """Counted against what stands at this moment, as a release would apply it; nothing is written."""
    seen = container().feed_preview.count(principal().tenant, feed_id)
    return {
        "feedId": seen.feed.id,
        "rowsTotal": seen.feed.rows_total,
        "rowsCounted": seen.counted,
        "effects": {effect.value: count for effect, count in seen.effects.items()},
        "inStock": seen.in_stock,
    }


@api.route(
    "GET",
    f"{_ONE}/preview/rows",
    summary="A held feed's rows and what they would do",
    scope=Scope.INTEGRATIONS,
    query=models.EffectQuery,
    responses={200: Reply(models.EffectRows)},
    errors=_DECIDE,
)
def list_held_feed_rows(feed_id: UUID, query: models.EffectQuery) -> dict[str, Any]:
    """In payload order, each beside what stands at this moment; `effect=empty` has those that would empty a part."""
    page = container().feed_preview.rows(
        principal().tenant,
        feed_id,
        effect=query.effect,
        from_index=decode_index(query.cursor) if query.cursor else 0,
        limit=query.limit,
    )
    return {
        "data": page.rows,
        "nextCursor": None if page.next_index is None else encode(page.next_index),
    }


@api.route(
    "POST",
    f"{_ONE}/release",
    summary="Apply a held feed after all",
    scope=Scope.INTEGRATIONS,
    responses=_FEED,
    errors=_DECIDE,
)
def release_held_feed(feed_id: UUID) -> dict[str, Any]:
    """It keeps its first acceptance's place in the order: newer values stand."""
    caller = principal()
    return _detail(container().feeds.release(caller.tenant.id, feed_id, caller.name))


@api.route(
    "POST",
    f"{_ONE}/discard",
    summary="Never apply a held feed",
    scope=Scope.INTEGRATIONS,
    responses=_FEED,
    errors=_DECIDE,
)
def discard_held_feed(feed_id: UUID) -> dict[str, Any]:
    """Its rows stay readable for their 7 days."""
    caller = principal()
    return _detail(container().feeds.discard(caller.tenant.id, feed_id, caller.name))


@api.route(
    "POST",
    f"{_ONE}/replay",
    summary="Try a failed feed again",
    scope=Scope.INTEGRATIONS,
    responses=_FEED,
    errors=_DECIDE,
)
def replay_failed_feed(feed_id: UUID) -> dict[str, Any]:
    """It goes on after the rows that it applied, and keeps its first acceptance's place in the order."""
    caller = principal()
    container().feeds.replay(caller.tenant.id, feed_id, caller.name)
    return _detail(container().feeds.get(caller.tenant.id, feed_id))
