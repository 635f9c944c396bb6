"""`/api/app/shopify/push-batches*`: a distributor pushes into all shops that let it, in one motion."""

from functools import partial
from typing import Any, Final
from uuid import UUID

from flask import Response, request

from app.domain.push.batch_desk import BatchDesk
from app.domain.tenancy.tenant import Scope, Tenant
from app.web import push_batch_models as models
from app.web.api import Api, Body, Reply, to_json
from app.web.bodies import read_model
from app.web.context import container, principal
from app.web.paging import Page, cut, decode_place
from app.web.push_events import CONTENT_TYPE, Sight, seen, stream

api = Api("Push batches", "A distributor's selection into the shops of all resellers that let it.")

_PATH: Final = "/api/app/shopify/push-batches"
_ONE: Final = f"{_PATH}/<uuid:batch_id>"
_ERRORS: Final = {403: ["feature_not_available"]}
_NOT_FOUND: Final = {**_ERRORS, 404: ["not_found"]}
_DETAIL: Final = Reply(models.BatchDetail, example=models.DETAIL_EXAMPLE)


@api.route(
    "GET",
    "/api/app/shopify/push-rights",
    summary="Who lets you push what",
    scope=Scope.INTEGRATIONS,
    responses={200: Reply(models.RightList)},
    errors=_ERRORS,
)
def list_push_rights() -> dict[str, Any]:
    """The resellers that granted a brand or more, as it stands now."""
    rights = container().push_batches.rights(principal().tenant)
    return {
        "data": [
            {
                "resellerId": right.reseller.id,
                "name": right.reseller.name,
                "brands": list(right.brands),
                "since": right.since,
            }
            for right in rights
        ]
    }


@api.route(
    "POST",
    _PATH,
    summary="Push into many shops",
    scope=Scope.INTEGRATIONS,
    body=Body(models.BatchOrder, example={"partNumbers": ["55716013", "55716014"]}),
    responses={
        202: Reply(
            models.BatchAccepted,
            "Committed; the workers are on it",
            headers={"Location": "The batch"},
            example=models.ACCEPTED_EXAMPLE,
        )
    },
    errors={**_ERRORS, 400: ["nothing_to_push"], 409: ["no_grants"]},
)
def post_push_batch() -> Any:
    """One push per reseller that lets you, each of the brands that it granted; they run side by side.

    A part number of another brand fails, one that the reseller does not sell too. Who cannot be pushed to is in
    `refused` of the batch; the others do not wait for it. 409 `no_grants` when nobody lets you.
    """
    order, caller = read_model(models.BatchOrder), principal()
    batch = container().push_batches.begin(
        caller.tenant, order.part_numbers, order.resellers, requested_by=caller.name
    )
    url = f"{_PATH}/{batch.id}"
    body = {"batchId": batch.id, "status": "queued", "pushes": len(batch.resellers), "statusUrl": url}
    return body, 202, {"Location": url}


@api.route(
    "GET",
    _PATH,
    summary="All batches, newest first",
    scope=Scope.INTEGRATIONS,
    query=Page,
    responses={
        200: Reply(models.BatchList, example={"data": [models.VIEW_EXAMPLE], "nextCursor": None}),
    },
    errors=_ERRORS,
)
def list_push_batches(query: Page) -> dict[str, Any]:
    """Kept for good. Read one batch to see it shop by shop."""
    before = decode_place(query.cursor) if query.cursor else None
    batches = container().push_batches.history(principal().tenant, query.limit + 1, before)
    page, more = cut(batches, query.limit, lambda one: (one.batch.created_at, one.batch.id))
    return {"data": [one.shown() for one in page], "nextCursor": more}


@api.route(
    "GET",
    _ONE,
    summary="One batch, shop by shop",
    scope=Scope.INTEGRATIONS,
    responses={200: _DETAIL},
    errors=_NOT_FOUND,
)
def get_push_batch(batch_id: UUID) -> bytes:
    """One combined progress, and each shop's. `failures` has the first 1,000, by shop."""
    return _told(container().push_batches, principal().tenant, batch_id)[1]


@api.route(
    "GET",
    f"{_ONE}/events",
    summary="A batch's progress as it happens",
    scope=Scope.INTEGRATIONS,
    responses={
        200: Reply(
            {"type": "string"},
            "Server-sent events named `progress`; `data` is the batch, `id` its version",
            content_type=CONTENT_TYPE,
            example=models.EVENTS_EXAMPLE,
        ),
        204: None,
    },
    errors={**_NOT_FOUND, 503: ["too_many_streams"]},
    request_headers={"Last-Event-ID": "The last event's id: only later ones are sent"},
)
def stream_push_batch_events(batch_id: UUID) -> Response:
    """As a push's events, once a second at most."""
    look = partial(_told, container().push_batches, principal().tenant, batch_id)
    after = seen(request.headers.get("Last-Event-ID"))
    return stream(principal().tenant.id, Sight(lambda: None, look), look(), after)


@api.route(
    "POST",
    f"{_ONE}/cancel",
    summary="Stop a batch",
    scope=Scope.INTEGRATIONS,
    responses={202: _DETAIL},
    errors={**_NOT_FOUND, 409: ["push_state"]},
)
def cancel_push_batch(batch_id: UUID) -> tuple[bytes, int]:
    """No shop gets a push any more; each push stops after its item in flight."""
    desk, tenant = container().push_batches, principal().tenant
    desk.cancel(tenant, batch_id)
    return _told(desk, tenant, batch_id)[1], 202


def _told(desk: BatchDesk, tenant: Tenant, batch_id: UUID) -> tuple[int, bytes]:
    version, body = desk.progress(tenant, batch_id)
    return version, to_json(body)
