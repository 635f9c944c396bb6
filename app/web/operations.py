"""`/api/app/operations/*`: tenants, queues, workers, slow work and dead letters, for those who run the platform."""

from typing import Any, Final
from uuid import UUID

from app.domain.operations.reads import TenantLine, Work
from app.domain.operations.service import Outcome
from app.domain.push.errors import code_of
from app.domain.tenancy.tenant import Scope
from app.domain.tenancy.users import Role
from app.domain.work.dispatch import Actor, Queue
from app.web import operation_models as models
from app.web.api import Api, Body, Reply
from app.web.bodies import read_model
from app.web.context import container, principal
from app.web.paging import Page, cut, decode_place, decode_tenant

api = Api("Running the platform", "For people who run the platform, over all tenants. No key may call this.")

_PATH: Final = "/api/app/operations"
_LETTERS: Final = f"{_PATH}/dead-letters"
_IDS: Final = {"ids": ["0199e1a2-7f3c-7000-8000-000000000001"]}
_ACTORS: Final = {one.value: one for one in Actor}


@api.route(
    "GET",
    f"{_PATH}/tenants",
    summary="The tenants of the platform",
    scope=Scope.INTEGRATIONS,
    query=models.TenantsQuery,
    responses={200: Reply(models.TenantLineList)},
    platform=True,
    keys=False,
)
def list_operation_tenants(query: models.TenantsQuery) -> dict[str, Any]:
    """By name, with when each was last heard of."""
    page, more = tenants_page(query)
    return {"data": [_tenant(one) for one in page], "nextCursor": more}


@api.route(
    "POST",
    f"{_PATH}/tenants/<uuid:tenant_id>/active",
    summary="Let a tenant in, or shut it out",
    scope=Scope.INTEGRATIONS,
    body=Body(models.TenantActiveBody, example={"active": False}),
    responses={200: Reply(models.TenantActiveView)},
    errors={404: ["not_found"], 409: ["conflict"]},
    role=Role.OPERATOR,
    platform=True,
    keys=False,
)
def set_tenant_active(tenant_id: UUID) -> dict[str, Any]:
    """Its keys and its people; live everywhere within a second. Nothing of it is lost. 409 for one's own company."""
    given = read_model(models.TenantActiveBody)
    here = container().operations
    tenant = here.set_active(tenant_id, active=given.active, own=principal().tenant.id)
    return {"tenantId": tenant.id, "name": tenant.name, "type": tenant.type, "active": tenant.active}


@api.route(
    "GET",
    f"{_PATH}/queues",
    summary="The queues' load",
    scope=Scope.INTEGRATIONS,
    responses={200: Reply(models.QueueList)},
    platform=True,
    keys=False,
)
def list_operation_queues() -> dict[str, Any]:
    """Counted in PostgreSQL: what is true even when Redis forgot it."""
    shown = [
        {
            "queue": one.queue,
            "ready": one.ready,
            "delayed": one.delayed,
            "dead": one.dead,
            "oldestAgeS": round(one.oldest_age_s, 3),
        }
        for one in container().queue_status()
    ]
    return {"data": shown}


@api.route(
    "GET",
    f"{_PATH}/workers",
    summary="What workers are at",
    scope=Scope.INTEGRATIONS,
    query=models.LongestQuery,
    responses={200: Reply(models.WorkList)},
    platform=True,
    keys=False,
)
def list_operation_workers(query: models.LongestQuery) -> dict[str, Any]:
    """Work under a lease, the oldest lease first. `lost`: its worker died or hangs; another one takes it over."""
    return {"data": [_work(one) for one in container().operations.running(query.limit)]}


@api.route(
    "GET",
    f"{_PATH}/slow-jobs",
    summary="What runs or waits longest",
    scope=Scope.INTEGRATIONS,
    query=models.LongestQuery,
    responses={200: Reply(models.WorkList)},
    platform=True,
    keys=False,
)
def list_slow_jobs(query: models.LongestQuery) -> dict[str, Any]:
    """Since somebody asked for it; what waits for its own time is left out."""
    return {"data": [_work(one) for one in container().operations.slow(query.limit)]}


@api.route(
    "GET",
    _LETTERS,
    summary="Work that was put aside",
    scope=Scope.INTEGRATIONS,
    query=Page,
    responses={200: Reply(models.WorkPage)},
    platform=True,
    keys=False,
)
def list_operation_dead_letters(query: Page) -> dict[str, Any]:
    """After three tries, oldest first, with the reason."""
    page, more = letters_page(query)
    return {"data": [_work(one) for one in page], "nextCursor": more}


@api.route(
    "POST",
    f"{_LETTERS}/replay",
    summary="Try dead letters again",
    scope=Scope.INTEGRATIONS,
    body=Body(models.LettersBody, example=_IDS),
    responses={200: Reply(models.LettersView)},
    platform=True,
    keys=False,
)
def replay_operation_dead_letters() -> dict[str, Any]:
    """Each from where it stopped, and each by itself: `refused` says which stay and why."""
    return _outcome(container().operations.replay(read_model(models.LettersBody).ids))


@api.route(
    "POST",
    f"{_LETTERS}/discard",
    summary="Drop dead letters",
    scope=Scope.INTEGRATIONS,
    body=Body(models.LettersBody, example=_IDS),
    responses={200: Reply(models.LettersView)},
    platform=True,
    keys=False,
)
def discard_operation_dead_letters() -> dict[str, Any]:
    """They are never tried again; what they were for keeps its failed state."""
    return _outcome(container().operations.discard(read_model(models.LettersBody).ids))


def tenants_page(query: models.TenantsQuery) -> tuple[Any, str | None]:
    """A page of tenants, and the cursor of the next."""
    after = decode_tenant(query.cursor) if query.cursor else None
    rows = container().operations.tenants(query.search, query.active, query.limit + 1, after)
    return cut(rows, query.limit, lambda one: (one.name, one.id))


def letters_page(query: Page) -> tuple[Any, str | None]:
    """A page of dead letters, and the cursor of the next."""
    after = decode_place(query.cursor) if query.cursor else None
    rows = container().operations.dead(query.limit + 1, after)
    return cut(rows, query.limit, lambda one: (one.since, one.id))


def queue_of(actor: str) -> Queue | None:
    """None of an actor that only an older release knew."""
    known = _ACTORS.get(actor)
    return known.queue if known else None


def _tenant(one: TenantLine) -> dict[str, Any]:
    return {
        "tenantId": one.id,
        "name": one.name,
        "type": one.type,
        "active": one.active,
        "createdAt": one.created_at,
        "users": one.users,
        "lastSyncAt": one.last_sync_at,
        "silent": one.silent,
        "deadLetters": one.dead,
    }


def _work(one: Work) -> dict[str, Any]:
    return {
        "id": one.id,
        "actor": one.actor,
        "queue": queue_of(one.actor),
        "tenantId": one.tenant_id,
        "tenantName": one.tenant_name,
        "state": "lost" if one.lost else one.state,
        "attempts": one.attempts,
        "since": one.since,
        "ageS": round(one.age_s, 3),
        "leaseUntil": one.lease_until,
        "error": one.error,
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    refused = [
        {"id": one.id, "code": code_of(one.error), "error": one.error.message} for one in outcome.refused
    ]
    return {"done": outcome.done, "refused": refused}
