"""`/api/app/shopify/pushes*` and `/profile`: begin a push, watch it, stop it; say what it writes."""

from functools import partial
from typing import Any, Final
from uuid import UUID

import msgspec
from flask import Response, request

from app.domain.errors import InvalidInputError
from app.domain.push.errors import NothingToPushError
from app.domain.push.profile import profile_of
from app.domain.push.push import Push
from app.domain.tenancy.tenant import Scope
from app.domain.tenancy.users import Role
from app.web import push_models as models
from app.web.api import Api, Body, Reply
from app.web.bodies import read_json_body, read_model
from app.web.context import container, principal
from app.web.feeds import seated
from app.web.paging import Page, cut, decode_place
from app.web.push_events import CONTENT_TYPE, Sight, seen, stream

api = Api("Shopify push", "The tenant's items into its shop: one push at a time, watched while it runs.")

_PATH: Final = "/api/app/shopify/pushes"
_ONE: Final = f"{_PATH}/<uuid:push_id>"
_NOT_FOUND: Final = {404: ["not_found"]}
_DETAIL: Final = Reply(models.PushDetail, example=models.DETAIL_EXAMPLE)
_ACCEPTED: Final = Reply(
    models.PushAccepted,
    "Committed; the workers are on it",
    headers={"Location": "The push"},
    example=models.ACCEPTED_EXAMPLE,
)


@api.route(
    "POST",
    _PATH,
    summary="Push items into the shop",
    scope=Scope.INTEGRATIONS,
    body=Body(models.PushOrder, example={"partNumbers": ["55716013", "55716014"]}),
    responses={
        200: Reply(models.DryRun, "A dry run: what would change", example=models.DRY_RUN_EXAMPLE),
        202: _ACCEPTED,
    },
    errors={
        400: ["nothing_to_push"],
        409: ["push_running", "not_connected", "invalid_client", "app_not_installed", "missing_scope"],
        503: ["shop_unavailable", "encryption_unavailable", "busy"],
    },
)
def post_push() -> Any:
    """One at a time: 409 `push_running` names the one under way in `details.pushId`, so a repeated POST does no harm.

    A part number that is not known is failed, one with nothing to write skipped; members of one group settle
    together. A dry run answers 409 with the shop's reason when the shop lets us in no more.
    """
    order = read_model(models.PushOrder)
    part_numbers = _asked(order)
    tenant_id = principal().tenant.id
    if not order.dry_run:
        return _accepted(container().pushes.begin(tenant_id, part_numbers, requested_by=_caller()))
    if part_numbers is None:
        raise InvalidInputError("a dry run wants part numbers; send those that you want to look at")
    with seated():
        return {"items": container().pushes.dry_run(tenant_id, part_numbers)}


@api.route(
    "GET",
    _PATH,
    summary="All pushes, newest first",
    scope=Scope.INTEGRATIONS,
    query=Page,
    responses={
        200: Reply(models.PushList, example={"data": [models.VIEW_EXAMPLE], "nextCursor": None}),
    },
)
def list_pushes(query: Page) -> dict[str, Any]:
    """Kept for good. Without their `failures`, which may be many: read one push to see them."""
    before = decode_place(query.cursor) if query.cursor else None
    pushes = container().pushes.history(principal().tenant.id, query.limit + 1, before)
    page, more = cut(pushes, query.limit, lambda push: (push.created_at, push.id))
    return {"data": [push.shown() for push in page], "nextCursor": more}


@api.route(
    "GET",
    f"{_PATH}/current",
    summary="The push under way",
    scope=Scope.INTEGRATIONS,
    responses={200: _DETAIL},
    errors=_NOT_FOUND,
)
def get_current_push() -> bytes:
    """Also one that was over within the last hour: whoever opens the page finds it again. 404 without one."""
    desk, tenant_id = container().pushes, principal().tenant.id
    push = desk.current(tenant_id)
    version, body = desk.progress(tenant_id, push.id)
    return body if version >= push.version else desk.rebuilt(tenant_id, push.id)[1]


@api.route(
    "GET",
    _ONE,
    summary="One push",
    scope=Scope.INTEGRATIONS,
    responses={200: _DETAIL},
    errors=_NOT_FOUND,
)
def get_push(push_id: UUID) -> bytes:
    """Progress while it runs, and what became of it. `failures` has the first 1,000."""
    return container().pushes.progress(principal().tenant.id, push_id)[1]


@api.route(
    "GET",
    f"{_ONE}/events",
    summary="A push's progress as it happens",
    scope=Scope.INTEGRATIONS,
    responses={
        200: Reply(
            {"type": "string"},
            "Server-sent events named `progress`; `data` is the push, `id` its version",
            content_type=CONTENT_TYPE,
            example=models.EVENTS_EXAMPLE,
        ),
        204: None,
    },
    errors={**_NOT_FOUND, 503: ["too_many_streams"]},
    request_headers={"Last-Event-ID": "The last event's id: only later ones are sent"},
)
def stream_push_events(push_id: UUID) -> Response:
    """How it stands, then each change, four a second at most; ends after the last one, and every five minutes.

    204 when the last one was seen already: there is nothing to come back for. A process has room for so many
    streams; beyond it 503, come back or poll.
    """
    desk, tenant_id = container().pushes, principal().tenant.id
    rebuilt = partial(desk.rebuilt, tenant_id, push_id)
    told = desk.progress(tenant_id, push_id)
    after = seen(request.headers.get("Last-Event-ID"))
    if after > told[0]:
        told = rebuilt()
    return stream(tenant_id, Sight(partial(desk.told, tenant_id, push_id), rebuilt), told, after)


@api.route(
    "POST",
    f"{_ONE}/cancel",
    summary="Stop a push",
    scope=Scope.INTEGRATIONS,
    responses={202: _DETAIL},
    errors={**_NOT_FOUND, 409: ["push_state"]},
)
def cancel_push(push_id: UUID) -> tuple[bytes, int]:
    """After the product in flight; `remaining` tells what was not begun."""
    desk, tenant_id = container().pushes, principal().tenant.id
    desk.cancel(tenant_id, push_id)
    return desk.rebuilt(tenant_id, push_id)[1], 202


@api.route(
    "POST",
    f"{_ONE}/resume",
    summary="Go on after a pause",
    scope=Scope.INTEGRATIONS,
    responses={202: _DETAIL},
    errors={**_NOT_FOUND, 409: ["push_state"]},
)
def resume_push(push_id: UUID) -> tuple[bytes, int]:
    """When what `statusReason` names was seen to."""
    desk, tenant_id = container().pushes, principal().tenant.id
    desk.resume(tenant_id, push_id)
    return desk.rebuilt(tenant_id, push_id)[1], 202


@api.route(
    "POST",
    f"{_ONE}/retry-failed",
    summary="Push again what failed",
    scope=Scope.INTEGRATIONS,
    responses={202: _ACCEPTED},
    errors={**_NOT_FOUND, 400: ["nothing_to_push"], 409: ["push_running", "not_connected"]},
)
def retry_failed_push(push_id: UUID) -> Any:
    """A new push of the failed part numbers; the old one stays as it was."""
    return _accepted(container().pushes.retry_failed(principal().tenant.id, push_id, requested_by=_caller()))


@api.route(
    "GET",
    "/api/app/shopify/profile",
    summary="What a push writes",
    scope=Scope.INTEGRATIONS,
    responses={200: Reply(models.PROFILE, example=models.PROFILE_EXAMPLE)},
)
def get_push_profile() -> dict[str, Any]:
    """By field: into new products, and into those that are there."""
    return container().pushes.profile(principal().tenant.id).shown()


@api.route(
    "PUT",
    "/api/app/shopify/profile",
    summary="Say what a push writes",
    scope=Scope.INTEGRATIONS,
    body=Body(models.PROFILE, example=models.PROFILE_EXAMPLE),
    responses={200: Reply(models.PROFILE, example=models.PROFILE_EXAMPLE)},
    role=Role.OWNER,
)
def put_push_profile() -> dict[str, Any]:
    """The whole of it; anything else is 400 and changes nothing. From the next product on, of a push under way too."""
    try:
        given = msgspec.json.decode(read_json_body(), type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise InvalidInputError("the profile is a JSON object that names every field") from None
    return container().pushes.set_profile(principal().tenant.id, profile_of(given)).shown()


def _asked(order: models.PushOrder) -> list[str] | None:
    """The part numbers; None for all. Raises InvalidInputError."""
    if order.all and order.part_numbers is not None:
        raise InvalidInputError('send "partNumbers" or "all": true, not both')
    if not order.all and order.part_numbers is None:
        raise NothingToPushError('send {"partNumbers": […]} or {"all": true}')
    return order.part_numbers


def _accepted(push: Push) -> Any:
    url = f"{_PATH}/{push.id}"
    body = {"pushId": push.id, "status": push.status, "total": push.total, "statusUrl": url}
    return body, 202, {"Location": url}


def _caller() -> str:
    return principal().name
