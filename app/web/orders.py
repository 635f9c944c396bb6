"""`/api/integrations/orders*`: reserve suppliers' stock for an order, fulfil it, cancel it, read it back."""

from typing import Any, Final

from app.domain.orders.order import Line, NewOrder, summed
from app.domain.tenancy.tenant import Scope
from app.web import order_models as models
from app.web.api import Api, Body, Reply
from app.web.bodies import read_model
from app.web.context import container, principal

api = Api("Orders", "Reservations of suppliers' stock for drop-shipped orders: never more than is available.")

_PATH: Final = "/api/integrations/orders"
_ONE: Final = f"{_PATH}/<channel>/<part:order_id>"
_PARAMETERS: Final = {
    "channel": "As the order was sent with",
    "order_id": "The channel's own; slashes as they are or encoded",
}
_SETTLE_ERRORS: Final = {404: ["not_found"], 409: ["order_state"], 503: ["outcome_unknown"]}
_ORDER: Final = Reply(models.OrderView, example=models.VIEW_EXAMPLE)


@api.route(
    "POST",
    _PATH,
    summary="Reserve an order's units",
    scope=Scope.INTEGRATIONS,
    body=Body(models.OrderBody, example=models.ORDER_EXAMPLE),
    responses={
        201: Reply(models.OrderView, "All its units are reserved", example=models.VIEW_EXAMPLE),
        200: Reply(
            models.OrderView, "It was taken before; the first answer again", example=models.VIEW_EXAMPLE
        ),
    },
    errors={
        409: [
            "insufficient_stock",
            "unknown_part",
            "order_conflict",
            "quantity_over",
            "duplicate_lines",
            "nothing_to_reserve",
        ],
        503: ["outcome_unknown", "stock_moved"],
    },
)
def create_order() -> tuple[dict[str, Any], int]:
    """All lines or none; a line is served by one supplier: the one with most available, then by code. Lines of the
    same part are summed. The channel and the order's id are the key: sent again it reserves nothing more. What is
    refused is kept under `/api/app/orders/refusals`.
    """
    body = read_model(models.OrderBody)
    lines, repeated = summed(Line(one.part_number, one.quantity) for one in body.lines)
    wanted = NewOrder(body.channel, body.order_id, lines, body.account, body.expires_in_s, repeated)
    order, new = container().orders.reserve(principal().tenant.id, wanted)
    return order.shown(), 201 if new else 200


@api.route(
    "GET",
    _ONE,
    summary="One order",
    scope=Scope.INTEGRATIONS,
    responses={200: _ORDER},
    errors={404: ["not_found"]},
    parameters=_PARAMETERS,
)
def get_order(channel: str, order_id: str) -> dict[str, Any]:
    """As it stands now."""
    return container().orders.get(principal().tenant.id, channel, order_id).shown()


@api.route(
    "POST",
    f"{_ONE}/fulfil",
    summary="Its units left the supplier",
    scope=Scope.INTEGRATIONS,
    responses={200: _ORDER},
    errors=_SETTLE_ERRORS,
    parameters=_PARAMETERS,
)
def fulfil_order(channel: str, order_id: str) -> dict[str, Any]:
    """They stay held back until the supplier's report is younger than this moment. Again: the same answer."""
    return container().orders.fulfil(principal().tenant.id, channel, order_id).shown()


@api.route(
    "POST",
    f"{_ONE}/cancel",
    summary="Let its units go",
    scope=Scope.INTEGRATIONS,
    responses={200: _ORDER},
    errors=_SETTLE_ERRORS,
    parameters=_PARAMETERS,
)
def cancel_order(channel: str, order_id: str) -> dict[str, Any]:
    """They are available again. Again: the same answer."""
    return container().orders.cancel(principal().tenant.id, channel, order_id).shown()
