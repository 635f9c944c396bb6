"""Takes, settles and refuses orders inside a transaction: that of a call, of a webhook or of a replay."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.domain.orders.allocation import Grant, Offer, Taken, allocate
from app.domain.orders.channels import (
    FULFILLED,
    ChannelOrder,
    Stage,
    UnreadableOrderError,
    kept,
    read_shopify,
)
from app.domain.orders.errors import OrderStateError, StockMovedError
from app.domain.orders.order import Line, NewOrder, Order, Status
from app.domain.orders.ports import IntakeTransaction
from app.domain.orders.refusal import NewRefusal, RefusalState, payload_of
from app.domain.orders.rules import SENTENCES, SHOPIFY, Rule, Rules

_ENDS: Final[Mapping[Status, str]] = {
    Status.FULFILLED: "fulfilled",
    Status.CANCELLED: "cancelled",
    Status.EXPIRED: "let go because its time was over",
}
Payload = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Placed:
    """An order that stands; `new`: since this transaction."""

    order: Order
    new: bool


@dataclass(frozen=True, slots=True)
class Wish:
    """What an order would take as the stock was seen, and the SKUs that had enough for it."""

    lines: Sequence[Line]
    offers: Sequence[Offer]
    flags: Sequence[Mapping[str, Any]]


def place(tx: IntakeTransaction, wanted: NewOrder, payload: Payload) -> Placed | NewRefusal | None:
    """Reserve all that the rules want reserved, or nothing. None when there is nothing to reserve.

    An order that is there already is answered as it stands, whatever it asked for. Raises StockMovedError.
    """
    wish = judge(wanted, tx.offers(wanted.lines), tx.rules(), payload)
    if isinstance(wish, Wish):
        created = tx.create([Grant(wanted, _locked(tx, wish), wish.flags)])
        if created:
            tx.synced(created)
            return Placed(created[0], new=True)
    before = tx.order(wanted.channel, wanted.order_id)
    if before is not None:
        return Placed(before, new=False)
    return None if isinstance(wish, Wish) else wish


def judge(
    wanted: NewOrder, offers: Sequence[Offer], rules: Sequence[Rule], payload: Payload
) -> Wish | NewRefusal | None:
    """What becomes of it as the stock was seen; None when there is nothing to reserve.

    Only who will take something locks, and only rows that have enough: who asks for what is sold out waits for nobody.
    """
    seen = allocate(wanted.lines, offers)
    verdict = Rules(rules, wanted.channel, wanted.account).judge(wanted, seen)
    if verdict.refused is not None:
        rule, details = verdict.refused.rule, verdict.refused.details
        return _refusal(wanted, rule, SENTENCES[rule], payload, details)
    if not seen.taken:
        return None
    asked = {one.line.part_number: one.line.quantity for one in seen.taken}
    enough = [one for one in offers if one.available >= asked.get(one.part_number, math.inf)]
    return Wish([one.line for one in seen.taken], enough, verdict.flags)


def nothing_of(wanted: NewOrder) -> NewRefusal:
    """The refusal of a posted order none of whose lines a supplier serves, though no rule refuses that."""
    message = "no supplier serves any of its lines; nothing was reserved"
    return _refusal(wanted, "nothing_to_reserve", message, payload_of(wanted))


def _locked(tx: IntakeTransaction, wish: Wish) -> Sequence[Taken]:
    """Who serves what, over locked rows: what was seen without locks may be gone."""
    locked = allocate(wish.lines, tx.lock(wish.offers))
    if len(locked.taken) < len(wish.lines):
        raise StockMovedError("stock changed while the order was placed; send it again", retry_after_s=1)
    return locked.taken


def settle(tx: IntakeTransaction, order: Order, status: Status) -> Order:
    """Fulfil or cancel it, once however often. Raises OrderStateError when it ended otherwise."""
    done = tx.settle(order, status) if order.status is Status.RESERVED else order
    if done is None:  # somebody was faster
        done = tx.order(order.channel, order.order_id) or order
    elif done is not order:
        tx.synced([done])
    if done.status is not status:
        raise OrderStateError(f"the order was {_ENDS[done.status]} before; it cannot be {_ENDS[status]} now")
    return done


def hear(
    tx: IntakeTransaction, topic: str, body: str | bytes, account: str | None, nameless: str
) -> Order | NewRefusal | None:
    """Do what a shop's webhook asks for, whatever came before it; None when it concerns no supplier.

    `nameless` stands for the order's id where the payload has none. Raises StockMovedError.
    """
    payload = {"topic": topic, "body": kept(body) if isinstance(body, bytes) else body}
    try:
        told = read_shopify(topic, body, account)
        return _receive(tx, told, payload)
    except UnreadableOrderError as error:
        order_id = error.order_id or nameless
        return NewRefusal(SHOPIFY, order_id, account, error.code, error.message, (), payload)


def _receive(tx: IntakeTransaction, told: ChannelOrder, payload: Payload) -> Order | NewRefusal | None:
    products = [one.product for one in told.lines if one.product]
    parts = tx.parts_of(products, [one.variant for one in told.lines if one.variant])
    wanted = told.canonical(parts)
    order = tx.order(told.channel, told.order_id)
    stage = told.stage
    if order is None and stage is Stage.CREATED and _left_before(tx, told):
        stage, payload = Stage.FULFILLED, {**payload, "topic": FULFILLED}
    if stage is Stage.CANCELLED:
        return _cancelled(tx, wanted, order, payload)
    if order is None:
        placed = place(tx, wanted, payload)
        if not isinstance(placed, Placed):
            return placed
        order = placed.order
    return _settled(tx, wanted, order, Status.FULFILLED, payload) if stage is Stage.FULFILLED else order


def _left_before(tx: IntakeTransaction, told: ChannelOrder) -> bool:
    """Whether it was refused as one that had left the house: so it has, whichever event comes last."""
    before = tx.refusal_of(told.channel, told.order_id)
    return before is not None and before.payload.get("topic") == FULFILLED


def _cancelled(
    tx: IntakeTransaction, wanted: NewOrder, order: Order | None, payload: Payload
) -> Order | NewRefusal | None:
    refusal = tx.refusal_of(wanted.channel, wanted.order_id)
    if order is None and (refusal or tx.offers(wanted.lines)):
        tx.bury(wanted)
        order = tx.order(wanted.channel, wanted.order_id)
    if order is None:
        return None
    done = _settled(tx, wanted, order, Status.CANCELLED, payload)
    if refusal is not None and isinstance(done, Order):
        tx.close_refusal(refusal.id, RefusalState.RESOLVED)
    return done


def _settled(
    tx: IntakeTransaction, wanted: NewOrder, order: Order, status: Status, payload: Payload
) -> Order | NewRefusal:
    try:
        return settle(tx, order, status)
    except OrderStateError as error:
        return _refusal(wanted, error.code, error.message, payload)


def _refusal(
    wanted: NewOrder, code: str, message: str, payload: Payload, details: list[dict[str, Any]] | None = None
) -> NewRefusal:
    return NewRefusal(
        wanted.channel, wanted.order_id, wanted.account, code, message, details or (), payload, wanted.lines
    )
