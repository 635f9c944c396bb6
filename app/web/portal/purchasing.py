"""Purchase orders: drafts that gather what runs low, approved, sent, received; and what a person is to order."""

from contextlib import suppress
from typing import Any, Final
from uuid import UUID, uuid4

from flask import flash, render_template, request

from app.domain.alerts.alert import AlertKind
from app.domain.alerts.shown import shown_alert
from app.domain.errors import InvalidInputError
from app.domain.purchasing.order import MAY, Act, OrderState
from app.domain.purchasing.receipt import RECEIPTS_SHOWN
from app.domain.purchasing.reorder import QUANTITY_MAX
from app.web import alerts as alerts_api
from app.web import purchase_order_models as models
from app.web import purchase_orders as api
from app.web.context import container, principal, tenant_id
from app.web.portal.forms import text, whole_number
from app.web.portal.lists import age, asked, following
from app.web.portal.pages import HOME, Link, Pages, see

PATH: Final = f"{HOME}/purchase-orders"
ONE: Final = f"{PATH}/<uuid:order_id>"
TONES: Final = {
    "draft": "warn",
    "approved": "warn",
    "sent": "plain",
    "partly-received": "plain",
    "received": "good",
    "closed": "good",
    "cancelled": "plain",
}
STATES: Final = (("", "any"), *((one.value, one.value.replace("-", " ")) for one in OrderState))
_TASKS_MAX: Final = 50

pages = Pages("Supply", Link("Purchase orders", PATH))


@pages.page("GET", PATH)
def list_orders() -> str:
    """Newest first, after what a person is to order."""
    query = asked(models.PurchaseOrderQuery)
    told = api.list_purchase_orders(query)
    first = not request.query_string
    return _page(
        "list",
        query=query,
        orders=told["data"],
        tasks=_tasks() if first else (),
        suppliers=container().suppliers.names(tenant_id()),
        more=following(told["nextCursor"]),
    )


@pages.page("POST", f"{PATH}/tasks/<uuid:alert_id>/done")
def finish_task(alert_id: UUID) -> object:
    """A person has ordered it."""
    alerts_api.acknowledge_alert(alert_id)
    flash("Done, and off the list.", "message")
    return see(PATH)


@pages.page("GET", ONE)
def show_order(order_id: UUID) -> str:
    """With its lines, and what may be done now."""
    return _page("one", **_one(order_id))


@pages.page("GET", f"{ONE}/state")
def show_order_state(order_id: UUID) -> str:
    """The part that moves while it is being sent."""
    return _page("state", **_one(order_id))


@pages.page("POST", f"{ONE}/lines")
def change_lines(order_id: UUID) -> object:
    """A quantity for a SKU, or the SKU out of the draft."""
    sku = request.form.get("sku", "").strip()
    quantity = 0 if "remove" in request.form else whole_number("quantity", "Quantity")
    if quantity is None:
        raise InvalidInputError("Quantity: type how many units to order, or take the line out")
    line = models.LineChange.model_validate({"sku": sku, "quantity": quantity})
    container().purchasing.set_lines(tenant_id(), order_id, {line.sku: line.quantity})
    flash(f"{sku} is taken out." if quantity == 0 else f"{sku}: {quantity:,} units.", "message")
    return see(f"{PATH}/{order_id}")


@pages.page("POST", f"{ONE}/approve")
def approve(order_id: UUID) -> object:
    """Say yes to it."""
    container().purchasing.approve(tenant_id(), order_id, approved_by=principal().name)
    flash("Approved. Send it to the supplier when you are ready.", "message")
    return see(f"{PATH}/{order_id}")


@pages.page("POST", f"{ONE}/send")
def send(order_id: UUID) -> object:
    """Have it sent."""
    container().purchasing.send(tenant_id(), order_id)
    flash("On its way to the supplier.", "message")
    return see(f"{PATH}/{order_id}")


@pages.page("POST", f"{ONE}/receive")
def receive(order_id: UUID) -> object:
    """Note what came: of some lines, or of all that is awaited."""
    receipt_id = text("receiptId") or request.form.get("form", "") or str(uuid4())
    lines = _awaited(order_id) if "all" in request.form else _received()
    receipt = models.Receipt.model_validate(
        {"receiptId": receipt_id, "lines": [{"sku": sku, "quantity": count} for sku, count in lines.items()]}
    )
    quantities = {line.sku: line.quantity for line in receipt.lines}
    container().purchasing.receive(
        tenant_id(), order_id, receipt.receipt_id, quantities, received_by=principal().name
    )
    flash(f"Noted: {sum(quantities.values()):,} units came.", "message")
    return see(f"{PATH}/{order_id}")


@pages.page("POST", f"{ONE}/close")
def close(order_id: UUID) -> object:
    """Done, in whole or in part."""
    container().purchasing.close(tenant_id(), order_id)
    flash("Closed; nothing more of it is awaited.", "message")
    return see(f"{PATH}/{order_id}")


@pages.page("POST", f"{ONE}/cancel")
def cancel(order_id: UUID) -> object:
    """Never mind."""
    container().purchasing.cancel(tenant_id(), order_id)
    flash("Cancelled. If the supplier has it already, tell them.", "message")
    return see(f"{PATH}/{order_id}")


def _one(order_id: UUID) -> dict[str, Any]:
    order = container().purchasing.order(tenant_id(), order_id)
    state = OrderState(order["state"])
    acts = {act.value for act in Act if state in MAY[act]} - (
        {"cancel", "send"} if order["sending"] else set()
    )
    return {
        "order": order,
        "acts": acts,
        "receipt_form": uuid4(),
        "receipts_shown": RECEIPTS_SHOWN,
        "note_of": _note_of,
        "quantity_max": QUANTITY_MAX,
    }


def _note_of(receipt_id: str) -> str | None:
    """The delivery note that a person named; None for the id that a form made up."""
    with suppress(ValueError):
        UUID(receipt_id)
        return None
    return receipt_id


def _received() -> dict[str, int]:
    """What was typed, of the lines that have a number. Raises InvalidInputError when none has."""
    skus = request.form.getlist("sku")
    typed = {sku: whole_number(f"came-{place}", sku) for place, sku in enumerate(skus)}
    lines = {sku: count for sku, count in typed.items() if count}
    if not lines:
        raise InvalidInputError("type how many units came, of one line at least")
    return lines


def _awaited(order_id: UUID) -> dict[str, int]:
    lines = container().purchasing.order(tenant_id(), order_id)["lines"]
    awaited = {line["sku"]: line["quantity"] - line["received"] for line in lines}
    left = {sku: count for sku, count in awaited.items() if count > 0}
    if not left:
        raise InvalidInputError("nothing of this order is awaited any more")
    return left


def _tasks() -> list[dict[str, Any]]:
    open_ = container().alerts.alerts(
        tenant_id(), _TASKS_MAX, None, kind=AlertKind.REORDER, acknowledged=False
    )
    return [shown_alert(one) for one in open_]


def _page(name: str, **given: Any) -> str:
    return render_template(f"portal/purchasing/{name}.html", tones=TONES, states=STATES, age=age, **given)
