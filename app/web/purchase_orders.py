"""`/api/app/purchase-orders*`: what runs low is ordered, and what came is noted."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from flask import Response

from app.domain.errors import InvalidInputError
from app.domain.tenancy.tenant import Scope
from app.web import purchase_order_models as models
from app.web.api import Api, Body, Reply
from app.web.bodies import read_model
from app.web.context import container, principal
from app.web.paging import Page, cut, decode_moment, decode_place

api = Api(
    "Purchase orders", "What runs low at a supplier is gathered into drafts; people approve and send them."
)

_PATH: Final = "/api/app/purchase-orders"
_ONE: Final = f"{_PATH}/<uuid:purchase_order_id>"
_NOT_FOUND: Final = {404: ["not_found"]}
_STATE: Final = {**_NOT_FOUND, 409: ["purchase_order_state"]}
_DETAIL: Final = {200: Reply(models.PurchaseOrderDetail, example=models.DETAIL_EXAMPLE)}


@api.route(
    "GET",
    _PATH,
    summary="All purchase orders, newest first",
    scope=Scope.INTEGRATIONS,
    query=models.PurchaseOrderQuery,
    responses={
        200: Reply(models.PurchaseOrderList, example={"data": [models.VIEW_EXAMPLE], "nextCursor": None})
    },
)
def list_purchase_orders(query: models.PurchaseOrderQuery) -> dict[str, Any]:
    """Kept for good. A supplier has one draft at most."""
    before = decode_place(query.cursor) if query.cursor else None
    orders = container().purchasing.orders(
        principal().tenant.id, query.limit + 1, before, state=query.state, supplier_id=query.supplier_id
    )
    page, more = cut(orders, query.limit, lambda order: (order.created_at, order.id))
    return {"data": [order.shown() for order in page], "nextCursor": more}


@api.route(
    "GET", _ONE, summary="One purchase order", scope=Scope.INTEGRATIONS, responses=_DETAIL, errors=_NOT_FOUND
)
def get_purchase_order(purchase_order_id: UUID) -> dict[str, Any]:
    """With all its lines, by SKU."""
    return container().purchasing.order(principal().tenant.id, purchase_order_id)


@api.route(
    "GET",
    f"{_ONE}/lines.csv",
    summary="A purchase order as the supplier gets it",
    scope=Scope.INTEGRATIONS,
    responses={
        200: Reply(
            {"type": "string"},
            "One row a line, with a header",
            headers={"Content-Disposition": "A name for the file"},
            content_type="text/csv",
            example="orderNumber,orderId,sku,partNumber,quantity,price\r\n",
        )
    },
    errors=_NOT_FOUND,
)
def get_purchase_order_csv(purchase_order_id: UUID) -> Response:
    """The same file that goes with the e-mail."""
    name, data = container().purchasing.sheet(principal().tenant.id, purchase_order_id)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, headers=headers, content_type="text/csv; charset=utf-8")


@api.route(
    "PATCH",
    f"{_ONE}/lines",
    summary="Change a draft's lines",
    scope=Scope.INTEGRATIONS,
    body=Body(models.LineChanges, example={"lines": [{"sku": "N-55716013", "quantity": 48}]}),
    responses=_DETAIL,
    errors={**_NOT_FOUND, 409: ["purchase_order_state", "already_ordered"]},
)
def patch_purchase_order_lines(purchase_order_id: UUID) -> dict[str, Any]:
    """A quantity by SKU, new ones too; 0 takes a SKU out. What you set stays as you set it.

    A SKU that you took out stays out of this draft until it has recovered. 400 for a SKU that the supplier does not
    have.
    """
    quantities = _by_sku(read_model(models.LineChanges).lines)
    return container().purchasing.set_lines(principal().tenant.id, purchase_order_id, quantities)


@api.route(
    "POST",
    f"{_ONE}/approve",
    summary="Approve a draft",
    scope=Scope.INTEGRATIONS,
    responses=_DETAIL,
    errors={**_NOT_FOUND, 409: ["purchase_order_state", "purchase_order_empty"]},
)
def approve_purchase_order(purchase_order_id: UUID) -> dict[str, Any]:
    """It changes no more; what falls low next goes into a new draft. Kept with who."""
    caller = principal()
    return container().purchasing.approve(caller.tenant.id, purchase_order_id, approved_by=caller.name)


@api.route(
    "POST",
    f"{_ONE}/send",
    summary="Send an approved purchase order",
    scope=Scope.INTEGRATIONS,
    responses={202: Reply(models.PurchaseOrderDetail, "On its way", example=models.DETAIL_EXAMPLE)},
    errors={**_NOT_FOUND, 409: ["purchase_order_state", "no_order_address"]},
)
def send_purchase_order(purchase_order_id: UUID) -> tuple[dict[str, Any], int]:
    """To the supplier's API, or as an e-mail with a CSV; tried again for a while, then back at approved with `lastError`.

    At least once: after a crash it may reach the supplier twice, under the same number and id (`Idempotency-Key`,
    `Message-ID`).
    """
    return container().purchasing.send(principal().tenant.id, purchase_order_id), 202


@api.route(
    "POST",
    f"{_ONE}/receive",
    summary="Note what came",
    scope=Scope.INTEGRATIONS,
    body=Body(
        models.Receipt, example={"receiptId": "DN-4711", "lines": [{"sku": "N-55716013", "quantity": 12}]}
    ),
    responses=_DETAIL,
    errors={**_NOT_FOUND, 409: ["purchase_order_state", "receipt_conflict"]},
)
def receive_purchase_order(purchase_order_id: UUID) -> dict[str, Any]:
    """In part or whole. The same `receiptId` again changes nothing; with other lines it is a 409 `receipt_conflict`.

    More than was ordered is kept and shown as `overReceived`. The supplier's stock is its reports' to say.
    """
    receipt, caller = read_model(models.Receipt), principal()
    return container().purchasing.receive(
        caller.tenant.id,
        purchase_order_id,
        receipt.receipt_id,
        _by_sku(receipt.lines),
        received_by=caller.name,
    )


@api.route(
    "GET",
    f"{_ONE}/receipts",
    summary="What came of a purchase order",
    scope=Scope.INTEGRATIONS,
    query=Page,
    responses={
        200: Reply(models.ReceiptList, example={"data": [models.RECEIPT_EXAMPLE], "nextCursor": None})
    },
    errors=_NOT_FOUND,
)
def list_purchase_receipts(purchase_order_id: UUID, query: Page) -> dict[str, Any]:
    """Newest first, each with who noted it. Kept for good."""
    before = decode_moment(query.cursor) if query.cursor else None
    receipts = container().purchasing.receipts(
        principal().tenant.id, purchase_order_id, query.limit + 1, before
    )
    page, more = cut(receipts, query.limit, lambda one: (one.received_at, one.receipt_id))
    return {"data": [one.shown() for one in page], "nextCursor": more}


@api.route(
    "POST",
    f"{_ONE}/close",
    summary="Close a purchase order",
    scope=Scope.INTEGRATIONS,
    responses=_DETAIL,
    errors=_STATE,
)
def close_purchase_order(purchase_order_id: UUID) -> dict[str, Any]:
    """Done, in whole or in part: what has not come is not awaited any more."""
    return container().purchasing.close(principal().tenant.id, purchase_order_id)


@api.route(
    "POST",
    f"{_ONE}/cancel",
    summary="Cancel a purchase order",
    scope=Scope.INTEGRATIONS,
    responses=_DETAIL,
    errors=_STATE,
)
def cancel_purchase_order(purchase_order_id: UUID) -> dict[str, Any]:
    """Before anything came, and not while it is being sent. A supplier that has it must be told by you."""
    return container().purchasing.cancel(principal().tenant.id, purchase_order_id)


def _by_sku(lines: Sequence[models.LineChange | models.LineReceived]) -> dict[str, int]:
    quantities = {line.sku: line.quantity for line in lines}
    if len(quantities) < len(lines):
        raise InvalidInputError("lines: a SKU is named twice; name each once")
    return quantities
