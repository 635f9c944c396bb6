"""`/api/app/orders*`: the orders, what is short, the rules, and the refusals with their replays."""

from dataclasses import asdict
from typing import Any, Final
from uuid import UUID

from app.domain.orders.ports import OrderFilter, Shortage
from app.domain.orders.refusals import REPLAYED_AT_ONCE_MAX, Replayed
from app.domain.orders.rules import DEFAULTS, Rule
from app.domain.tenancy.tenant import Scope
from app.web import order_models as models
from app.web.api import Api, Body, Reply
from app.web.bodies import read_model
from app.web.context import container, principal
from app.web.paging import Page, cut, decode_number, decode_place, decode_rank

api = Api("Order desk", "Orders in the portal: shortages, rules, and refusals to be cleared.")

_PATH: Final = "/api/app/orders"
_ONE: Final = f"{_PATH}/of/<channel>/<part:order_id>"
_PARAMETERS: Final = {
    "channel": "As the order was sent with",
    "order_id": "The channel's own; slashes as they are or encoded",
}
_NOT_FOUND: Final = {404: ["not_found"]}
_SETTLE_ERRORS: Final = {**_NOT_FOUND, 409: ["order_state"], 503: ["outcome_unknown"]}
_ORDER: Final = Reply(models.OrderView, example=models.VIEW_EXAMPLE)
_REFUSAL: Final = f"{_PATH}/refusals/<uuid:refusal_id>"
_REFUSAL_ERRORS: Final = {404: ["not_found"], 409: ["refusal_state"]}


@api.route(
    "GET",
    _PATH,
    summary="All orders, newest first",
    scope=Scope.INTEGRATIONS,
    query=models.OrderQuery,
    responses={200: Reply(models.OrderList)},
)
def list_orders(query: models.OrderQuery) -> dict[str, Any]:
    """Of every channel, or of one."""
    before = decode_place(query.cursor) if query.cursor else None
    wanted = OrderFilter(query.status, query.channel)
    orders = container().orders.list(principal().tenant.id, wanted, query.limit + 1, before)
    page, more = cut(orders, query.limit, lambda one: (one.created_at, one.id))
    return {"data": [one.shown() for one in page], "nextCursor": more}


@api.route(
    "GET",
    _ONE,
    summary="One order",
    scope=Scope.INTEGRATIONS,
    responses={200: _ORDER},
    errors=_NOT_FOUND,
    parameters=_PARAMETERS,
)
def get_order_at_desk(channel: str, order_id: str) -> dict[str, Any]:
    """As it stands."""
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
def fulfil_order_at_desk(channel: str, order_id: str) -> dict[str, Any]:
    """Once, however often it is said."""
    return container().orders.fulfil(principal().tenant.id, channel, order_id).shown()


@api.route(
    "POST",
    f"{_ONE}/cancel",
    summary="Cancel an order",
    scope=Scope.INTEGRATIONS,
    responses={200: _ORDER},
    errors=_SETTLE_ERRORS,
    parameters=_PARAMETERS,
)
def cancel_order_at_desk(channel: str, order_id: str) -> dict[str, Any]:
    """Its units are free again; once, however often it is said."""
    return container().orders.cancel(principal().tenant.id, channel, order_id).shown()


@api.route(
    "GET",
    f"{_PATH}/shortages",
    summary="Units that are promised and not there",
    scope=Scope.INTEGRATIONS,
    query=Page,
    responses={200: Reply(models.ShortageList)},
)
def list_shortages(query: Page) -> dict[str, Any]:
    """SKUs whose supplier reports less than is promised of them, each with the orders concerned, oldest first."""
    after = decode_number(query.cursor) if query.cursor else 0
    found = container().orders.shortages(principal().tenant.id, query.limit + 1, after)
    page, more = cut(found, query.limit, lambda one: (one.stock_id,))
    return {"data": [_shortage(one) for one in page], "nextCursor": more}


def _shortage(one: Shortage) -> dict[str, Any]:
    return {
        "supplierId": one.supplier_id,
        "supplierCode": one.supplier_code,
        "sku": one.sku,
        "partNumber": one.part_number,
        "quantity": one.quantity,
        "reserved": one.reserved,
        "shipped": one.shipped,
        "shortage": one.shortage,
        "orders": [
            {
                "channel": promise.channel,
                "orderId": promise.order_id,
                "state": promise.state,
                "quantity": promise.quantity,
                "createdAt": promise.created_at,
            }
            for promise in one.promises
        ],
    }


@api.route(
    "GET",
    f"{_PATH}/rules",
    summary="What is refused or flagged",
    scope=Scope.INTEGRATIONS,
    responses={200: Reply(models.RulesView)},
)
def get_order_rules() -> dict[str, Any]:
    """Yours, and what holds where they are silent."""
    return _rules(container().orders.rules(principal().tenant.id))


@api.route(
    "PUT",
    f"{_PATH}/rules",
    summary="Set what is refused or flagged",
    scope=Scope.INTEGRATIONS,
    body=Body(models.RulesBody, example=models.RULES_EXAMPLE),
    responses={200: Reply(models.RulesView)},
)
def put_order_rules() -> dict[str, Any]:
    """The whole list. Of the rules that fit an order its channel's goes before its account's, and that before any; a
    rule of yours goes before any default. Replay the refusals afterwards.
    """
    given = read_model(models.RulesBody).rules
    rules = [Rule(one.rule, one.action, one.channel, one.account, one.value) for one in given]
    return _rules(container().orders.set_rules(principal().tenant.id, rules))


def _rules(rules: Any) -> dict[str, Any]:
    return {"rules": [asdict(one) for one in rules], "defaults": [asdict(one) for one in DEFAULTS]}


@api.route(
    "GET",
    f"{_PATH}/refusals",
    summary="Orders that could not be taken",
    scope=Scope.INTEGRATIONS,
    query=models.RefusalQuery,
    responses={200: Reply(models.RefusalList)},
)
def list_order_refusals(query: models.RefusalQuery) -> dict[str, Any]:
    """What is most at stake first: the worth of its lines at your prices, then their units."""
    after = decode_rank(query.cursor) if query.cursor else None
    found = container().order_refusals.list(principal().tenant.id, query.state, query.limit + 1, after)
    page, more = cut(found, query.limit, lambda one: (one.stake, one.units, one.id))
    return {"data": [one.shown() for one in page], "nextCursor": more}


@api.route(
    "POST",
    f"{_REFUSAL}/replay",
    summary="Try a refused order again",
    scope=Scope.INTEGRATIONS,
    responses={200: Reply(models.ReplayView)},
    errors={**_REFUSAL_ERRORS, 503: ["stock_moved", "outcome_unknown"]},
)
def replay_order_refusal(refusal_id: UUID) -> dict[str, Any]:
    """Under the rules and the data of now. 200 whatever it comes to: refused again it stays open, and says why."""
    return _replayed(container().order_refusals.replay(principal().tenant.id, refusal_id))


@api.route(
    "POST",
    f"{_REFUSAL}/dismiss",
    summary="Let a refused order go",
    scope=Scope.INTEGRATIONS,
    responses={200: Reply(models.RefusalView)},
    errors=_REFUSAL_ERRORS,
)
def dismiss_order_refusal(refusal_id: UUID) -> dict[str, Any]:
    """Out of the list; should the order come again and be refused, it is back."""
    return container().order_refusals.dismiss(principal().tenant.id, refusal_id).shown()


@api.route(
    "POST",
    f"{_PATH}/refusals/replay",
    summary="Try all refused orders again",
    scope=Scope.INTEGRATIONS,
    responses={200: Reply(models.ReplaysView, f"At most {REPLAYED_AT_ONCE_MAX}, those with most at stake")},
    errors={503: ["stock_moved", "outcome_unknown"]},
)
def replay_order_refusals() -> dict[str, Any]:
    """Each by itself, those with most at stake first."""
    done = container().order_refusals.replay_all(principal().tenant.id)
    refused = sum(one.refusal.state == "open" for one in done)
    return {
        "taken": len(done) - refused,
        "refused": refused,
        "data": [_replayed(one) for one in done],
    }


def _replayed(one: Replayed) -> dict[str, Any]:
    return {"refusal": one.refusal.shown(), "order": one.order and one.order.shown()}
