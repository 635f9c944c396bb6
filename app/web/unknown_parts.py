"""`/api/app/not-found*` and `/api/app/aliases*`: what feeds named and nobody knew, and what it means."""

from typing import Any, Final

from flask import Response

from app.domain.stock.not_found import NotFoundPart, Order
from app.domain.tenancy.tenant import Scope
from app.web import feed_desk_models as models
from app.web.api import Api, Body, Reply, no_content
from app.web.bodies import read_model
from app.web.context import container, principal, request_id
from app.web.paging import cut, decode_count, decode_moment, decode_text

api = Api(
    "Unknown part numbers", "Part numbers of feeds that reached nothing, and aliases that say what they are."
)

_PATH: Final = "/api/app/not-found"
_ALIASES: Final = "/api/app/aliases"
_EXAMPLE: Final = {"partNumber": "OLD-55716013"}
_ALIAS_EXAMPLE: Final = {"alias": "OLD-55716013", "partNumber": "55716013"}
_NOT_FOUND: Final = {404: ["not_found"]}


@api.route(
    "GET",
    _PATH,
    summary="Part numbers that feeds named and nobody knows",
    scope=Scope.INTEGRATIONS,
    query=models.NotFoundQuery,
    responses={200: Reply(models.NotFoundList)},
)
def list_not_found(query: models.NotFoundQuery) -> dict[str, Any]:
    """Of the last 30 days. What is known by now, as an item or an alias, is left out."""
    found, more = read(query)
    return {"data": [_shown(one) for one in found], "nextCursor": more}


def read(query: models.NotFoundQuery) -> tuple[list[NotFoundPart], str | None]:
    """A page, and the cursor of the next."""
    decode = decode_count if query.order is Order.TIMES else decode_moment
    found = container().not_found.list(
        principal().tenant.id,
        query.order,
        query.limit + 1,
        decode(query.cursor) if query.cursor else None,
        sought=query.q,
        dismissed=query.dismissed,
    )
    page, more = cut(found, query.limit, lambda one: one.place(query.order))
    return list(page), more


def _shown(one: NotFoundPart) -> dict[str, Any]:
    return {
        "partNumber": one.part_number,
        "times": one.times,
        "firstSeenAt": one.first_seen_at,
        "lastSeenAt": one.last_seen_at,
        "surface": one.surface,
        "feedId": one.feed_id,
        "dismissedAt": one.dismissed_at,
        "dismissedBy": one.dismissed_by,
    }


@api.route(
    "POST",
    f"{_PATH}/dismiss",
    summary="Show one no more",
    scope=Scope.INTEGRATIONS,
    body=Body(models.Named, example=_EXAMPLE),
    responses={204: None},
    errors=_NOT_FOUND,
)
def dismiss_not_found() -> Response:
    """However often it comes."""
    caller = principal()
    container().not_found.dismiss(caller.tenant.id, read_model(models.Named).part_number, caller.name)
    return no_content()


@api.route(
    "POST",
    f"{_PATH}/restore",
    summary="Show a dismissed one again",
    scope=Scope.INTEGRATIONS,
    body=Body(models.Named, example=_EXAMPLE),
    responses={204: None},
    errors=_NOT_FOUND,
)
def restore_not_found() -> Response:
    """As if nobody had dismissed it."""
    container().not_found.restore(principal().tenant.id, read_model(models.Named).part_number)
    return no_content()


@api.route(
    "POST",
    f"{_PATH}/resend",
    summary="Apply what was last sent of one",
    scope=Scope.INTEGRATIONS,
    body=Body(models.Named, example=_EXAMPLE),
    responses={202: Reply(models.Resent, "Accepted as a feed of one row")},
    errors={**_NOT_FOUND, 409: ["conflict"]},
)
def resend_not_found() -> tuple[dict[str, Any], int]:
    """Once it means something. The row is as old as it was: what is newer stands. Kept 7 days."""
    named = read_model(models.Named)
    feed = container().resender.resend(principal().tenant, named.part_number, request_id=request_id())
    return {"feedId": feed.id}, 202


@api.route(
    "GET",
    _ALIASES,
    summary="All aliases",
    scope=Scope.INTEGRATIONS,
    query=models.AliasQuery,
    responses={200: Reply(models.AliasList)},
)
def list_aliases(query: models.AliasQuery) -> dict[str, Any]:
    """By alias."""
    after = decode_text(query.cursor) if query.cursor else ""
    found = container().aliases.list(principal().tenant.id, query.limit + 1, after, query.q)
    page, more = cut(found, query.limit, lambda one: (one.alias,))
    data = [{"alias": one.alias, "partNumber": one.part_number, "name": one.name} for one in page]
    return {"data": data, "nextCursor": more}


@api.route(
    "POST",
    _ALIASES,
    summary="Say what a name means",
    scope=Scope.INTEGRATIONS,
    body=Body(models.NewAlias, example=_ALIAS_EXAMPLE),
    responses={204: None},
    errors={409: ["conflict"]},
)
def add_alias() -> Response:
    """From the next feed on; what the alias meant before is forgotten."""
    given = read_model(models.NewAlias)
    container().aliases.add(principal().tenant.id, given.alias, given.part_number)
    return no_content()


@api.route(
    "DELETE",
    f"{_ALIASES}/<part:alias>",
    summary="Take an alias away",
    scope=Scope.INTEGRATIONS,
    responses={204: None},
    errors=_NOT_FOUND,
    parameters={"alias": "Slashes may be encoded or not"},
)
def delete_alias(alias: str) -> Response:
    """From the next feed on the name means nothing."""
    container().aliases.remove(principal().tenant.id, alias)
    return no_content()


@api.route(
    "GET",
    "/api/app/part-suggestions",
    summary="What somebody may mean who typed this much",
    scope=Scope.INTEGRATIONS,
    query=models.SuggestionQuery,
    responses={200: Reply(models.SuggestionList)},
)
def suggest_parts(query: models.SuggestionQuery) -> dict[str, Any]:
    """What begins so first, then what has it in its part number or its name."""
    found = container().aliases.suggest(principal().tenant.id, query.q)
    return {
        "data": [{"partNumber": one.part_number, "name": one.name, "source": one.source} for one in found]
    }
