"""`/api/app/suppliers*`: who supplies, how their stock is read, and how that goes. Secrets go in and never come out."""

from typing import Any, Final
from uuid import UUID

import msgspec

from app.domain.errors import InvalidInputError, NotFoundError
from app.domain.imports.values import unstorable
from app.domain.suppliers.document import SkuForm, SupplierForm
from app.domain.suppliers.kept import Payload
from app.domain.suppliers.ports import Kept
from app.domain.suppliers.shown import shown_poll, shown_sku, shown_supplier, without_queries
from app.domain.tenancy.tenant import Scope
from app.domain.tenancy.users import Role
from app.web import sessions
from app.web import supplier_models as models
from app.web.api import Api, Body, Reply
from app.web.auth import require
from app.web.bodies import read_body, read_json_body, read_model
from app.web.context import container, principal
from app.web.paging import Page, cut, decode_place, decode_text

api = Api("Suppliers", "Whose stock is read, by a schedule of its own each. See `docs/suppliers.md`.")

_PATH: Final = "/api/app/suppliers"
_ONE: Final = f"{_PATH}/<supplier>"
_NAMED: Final = {"supplier": "The supplier's id, or its code"}
_ORDERS_GO: Final = {"order_email", "order_url"}
"""On the supplier's form too these are an owner's to say."""
_NOT_FOUND: Final = {404: ["not_found"]}
_STATE: Final = {**_NOT_FOUND, 409: ["conflict"]}
_A_POLL: Final[dict[str, Any]] = {
    "scope": Scope.INTEGRATIONS,
    "responses": {200: Reply(models.PollView)},
    "parameters": _NAMED,
}
_JSON: Final = "application/json"
_EXAMPLE: Final = {
    "code": "north",
    "name": "North Sled",
    "url": "https://api.north-sled.example/stock",
    "format": "json",
    "auth": {"type": "apiKey", "header": "X-Api-Key", "value": "…"},
    "items": "data.items",
    "fields": {"sku": "sku", "quantity": "stock.free", "updatedAt": "updated"},
    "skus": {"NS-1": {"partNumber": "55716013"}},
    "intervalS": 900,
    "lowStockThreshold": 10,
}


@api.route(
    "GET",
    _PATH,
    summary="All suppliers",
    scope=Scope.INTEGRATIONS,
    query=Page,
    responses={200: Reply(models.SupplierList)},
)
def list_suppliers(query: Page) -> dict[str, Any]:
    """By code, those that are not active included."""
    after = decode_text(query.cursor) if query.cursor else None
    found = container().suppliers.list(principal().tenant.id, query.limit + 1, after)
    page, more = cut(found, query.limit, lambda kept: (kept.code,))
    return {"data": [shown(kept) for kept in page], "nextCursor": more}


@api.route(
    "GET",
    _ONE,
    summary="One supplier",
    scope=Scope.INTEGRATIONS,
    responses={200: Reply(models.SupplierView)},
    errors=_NOT_FOUND,
    parameters=_NAMED,
)
def get_supplier(supplier: str) -> dict[str, Any]:
    """How it is read, and how that goes."""
    return shown(container().suppliers.get(principal().tenant.id, _named(supplier)))


@api.route(
    "PUT",
    _ONE,
    summary="Describe a supplier",
    scope=Scope.INTEGRATIONS,
    role=Role.OWNER,
    body=Body(SupplierForm, "A supplier file, whole", example=_EXAMPLE),
    responses={200: Reply(models.SupplierView)},
    errors={**_NOT_FOUND, 503: ["encryption_unavailable", "database_unavailable", "outcome_unknown"]},
    parameters={"supplier": "Its code"},
)
def put_supplier(supplier: str) -> dict[str, Any]:
    """Make it, or change it; it is read at once. A secret that is left out stays, for the same address.

    Without `skus` those that are kept stay; with it, they are those and no others.
    """
    document = _decoded(read_json_body())
    if isinstance(document, dict) and document.get("code") != supplier:
        raise InvalidInputError("code must be the one in the path")
    desk, tenant_id = container().suppliers, principal().tenant.id
    return shown(desk.get(tenant_id, desk.apply(tenant_id, document)))


@api.route(
    "PATCH",
    _ONE,
    summary="Change a supplier's interval, thresholds, guard or ordering, or switch it off",
    scope=Scope.INTEGRATIONS,
    body=Body(models.SupplierChanges, example={"lowStockThreshold": 5, "active": True}),
    responses={200: Reply(models.SupplierView)},
    errors=_NOT_FOUND,
    parameters=_NAMED,
)
def patch_supplier(supplier: str) -> dict[str, Any]:
    """What is left out stays. A supplier that is not active is not read, and nothing is reserved of it. Of people only
    an owner changes where orders go: `orderEmail` and `orderUrl`.
    """
    given = read_model(models.SupplierChanges)
    changes = {
        name: getattr(given, name)
        for name in given.model_fields_set
        if getattr(given, name) is not None or name in models.NULLABLE
    }
    if _ORDERS_GO & changes.keys() and principal().person and (visit := sessions.visit()):
        require(visit, Role.OWNER)
    return shown(container().suppliers.change(principal().tenant.id, _named(supplier), changes))


@api.route(
    "POST",
    f"{_ONE}/poll",
    summary="Read a supplier now",
    scope=Scope.INTEGRATIONS,
    responses={202: Reply(models.SupplierView, "A worker reads it as soon as one is free")},
    errors=_STATE,
    parameters=_NAMED,
)
def poll_supplier(supplier: str) -> tuple[dict[str, Any], int]:
    """Whatever its schedule or its circuit say; how it went is in its polls."""
    desk, tenant_id = container().suppliers, principal().tenant.id
    desk.ask(tenant_id, _named(supplier))
    return shown(desk.get(tenant_id, _named(supplier))), 202


@api.route(
    "GET",
    f"{_ONE}/polls",
    summary="How its readings went",
    scope=Scope.INTEGRATIONS,
    query=Page,
    responses={200: Reply(models.PollList)},
    errors=_NOT_FOUND,
    parameters=_NAMED,
)
def list_supplier_polls(supplier: str, query: Page) -> dict[str, Any]:
    """Newest first, reports that it sent included; kept 30 days."""
    before = decode_place(query.cursor) if query.cursor else None
    polls = container().suppliers.polls(principal().tenant.id, _named(supplier), query.limit + 1, before)
    page, more = cut(polls, query.limit, lambda poll: (poll.started_at, poll.id))
    return {"data": [shown_poll(poll) for poll in page], "nextCursor": more}


@api.route(
    "GET",
    f"{_ONE}/polls/<uuid:poll_id>",
    summary="One reading",
    errors=_NOT_FOUND,
    **_A_POLL,
)
def get_supplier_poll(supplier: str, poll_id: UUID) -> dict[str, Any]:
    """With a sample of what could not be read."""
    return shown_poll(container().suppliers.poll_of(principal().tenant.id, _named(supplier), poll_id))


@api.route(
    "POST",
    f"{_ONE}/polls/<uuid:poll_id>/release",
    summary="Let a held report through",
    errors=_STATE,
    **_A_POLL,
)
def release_supplier_poll(supplier: str, poll_id: UUID) -> dict[str, Any]:
    """It keeps its time: what a younger report has said since stands."""
    return shown_poll(container().suppliers.release(principal().tenant.id, _named(supplier), poll_id))


@api.route(
    "POST",
    f"{_ONE}/polls/<uuid:poll_id>/discard",
    summary="Drop a held report",
    errors=_STATE,
    **_A_POLL,
)
def discard_supplier_poll(supplier: str, poll_id: UUID) -> dict[str, Any]:
    """A source that says the same the next time is held again."""
    return shown_poll(container().suppliers.discard(principal().tenant.id, _named(supplier), poll_id))


@api.route(
    "GET",
    f"{_ONE}/skus",
    summary="A supplier's SKUs",
    scope=Scope.INTEGRATIONS,
    query=Page,
    responses={200: Reply(models.SkuList)},
    errors=_NOT_FOUND,
    parameters=_NAMED,
)
def list_supplier_skus(supplier: str, query: Page) -> dict[str, Any]:
    """By SKU, those that are not listed any more included."""
    after = decode_text(query.cursor) if query.cursor else None
    skus = container().suppliers.skus(principal().tenant.id, _named(supplier), query.limit + 1, after)
    page, more = cut(skus, query.limit, lambda sku: (sku.sku,))
    return {"data": [shown_sku(sku) for sku in page], "nextCursor": more}


@api.route(
    "PATCH",
    f"{_ONE}/skus/<part:sku>",
    summary="Say what a SKU is, and when it is low",
    scope=Scope.INTEGRATIONS,
    body=Body(SkuForm, example={"partNumber": "55716013", "lowStockThreshold": 3}),
    responses={200: Reply(models.SkuTermsView)},
    errors=_NOT_FOUND,
    parameters={**_NAMED, "sku": "As the supplier calls it"},
)
def patch_supplier_sku(supplier: str, sku: str) -> dict[str, Any]:
    """What is left out stays, null goes by the supplier again. Also of a SKU that no report has named yet."""
    if unstorable(sku) or not 0 < len(sku.strip()) <= 128:
        raise NotFoundError("a SKU has 1 to 128 characters")
    given = read_model(SkuForm)
    terms = {name: getattr(given, name) for name in given.model_fields_set}
    found = container().suppliers.set_terms(principal().tenant.id, _named(supplier), sku.strip(), terms)
    return {"sku": sku.strip(), "listed": found and shown_sku(found)}


@api.route(
    "POST",
    "/api/integrations/suppliers/<supplier>/stock",
    summary="A supplier sends its stock",
    scope=Scope.INTEGRATIONS,
    query=models.SendQuery,
    body=Body(
        texts={
            _JSON: '[{"sku": "NS-1", "quantity": 4}]',
            "text/csv": "sku,quantity\nNS-1,4\n",
            "application/xml": "<stock><item><sku>NS-1</sku><quantity>4</quantity></item></stock>",
        }
    ),
    responses={
        202: Reply(
            models.PollView, "Kept; a worker takes it next", headers={"Location": "What becomes of it"}
        )
    },
    errors={**_STATE, 503: ["temporarily_unavailable", "database_unavailable", "outcome_unknown"]},
    parameters=_NAMED,
)
def send_supplier_stock(supplier: str, query: models.SendQuery) -> tuple[dict[str, Any], int, dict[str, str]]:
    """The whole list, in the supplier's own format as its file describes it; the way of a report that is read."""
    body = read_body(_JSON, "text/csv", "application/xml", "text/xml")
    if query.as_of is not None and query.as_of.tzinfo is None:
        raise InvalidInputError("asOf must be RFC 3339 with an offset, such as 2026-11-21T10:00:00Z")
    payload = Payload([body], whole=not query.partial, plain=query.plain)
    poll = container().suppliers.send(principal().tenant.id, _named(supplier), payload, query.as_of)
    location = f"{_PATH}/{poll.supplier_id}/polls/{poll.id}"
    return shown_poll(poll), 202, {"Location": location}


def shown(kept: Kept) -> dict[str, Any]:
    """As who asks may see it: a key, and an owner, see the whole of its addresses."""
    visit = sessions.visit() if principal().person else None
    told = shown_supplier(kept)
    return told if visit is None or visit.user.role.may(Role.OWNER) else without_queries(told)


def _named(supplier: str) -> UUID | str:
    """An id or a code. Raises NotFoundError for what can be neither."""
    try:
        return UUID(supplier)
    except ValueError:
        pass
    if unstorable(supplier):
        raise NotFoundError("no such supplier; see the list of suppliers")
    return supplier


def _decoded(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise InvalidInputError("the body is not JSON") from None
