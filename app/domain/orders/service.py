"""Use cases of those who order: reserve, fulfil, cancel, look; the rules; what is short."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog

from app.domain.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    OutcomeUnknownError,
    TransientError,
)
from app.domain.imports.values import unstorable
from app.domain.orders.crowd import Outcome, place_all
from app.domain.orders.errors import OrderConflictError, OrderRefusedError, StockMovedError
from app.domain.orders.intake import Placed, nothing_of, place, settle
from app.domain.orders.order import NewOrder, Order, Status
from app.domain.orders.ports import OrderFilter, OrderTransaction, OrderTransactions, Shortage
from app.domain.orders.refusal import NewRefusal, payload_of
from app.domain.orders.rule_list import Place, place_of, with_one, without
from app.domain.orders.rules import Rule, RuleName
from app.domain.orders.together import Together
from app.domain.work.dispatch import Claim, Progress

log = structlog.get_logger()

_COUNTS_MAX: Final = 5
CROWD_MAX: Final = 64
"""Orders that one transaction takes along."""
LINES_TOGETHER_MAX: Final = 20
"""Of an order that is taken along; a larger one goes by itself, so that a small one never waits for it."""


class OrderDesk:
    """Takes orders and answers for them."""

    def __init__(self, transactions: OrderTransactions) -> None:
        self._transactions = transactions
        self._crowd: Together[UUID, NewOrder, Outcome] = Together(self._together, CROWD_MAX)

    def reserve(self, tenant_id: UUID, wanted: NewOrder) -> tuple[Order, bool]:
        """All lines or none, once however often it is asked; whether it is new.

        An order that is there already is answered as it was taken. Raises OrderRefusedError (kept as a refusal),
        OrderConflictError, StockMovedError, OutcomeUnknownError.
        """
        try:
            placed = self._placed(tenant_id, wanted)
        except OutcomeUnknownError:
            placed = self._found(tenant_id, wanted)
        if isinstance(placed, NewRefusal):
            raise OrderRefusedError(placed.code, placed.message, [dict(one) for one in placed.details])
        if placed.order.asked != wanted.asked:
            raise OrderConflictError(
                "this channel's order is there with other lines; give a new one its own id"
            )
        return placed.order.first, placed.new

    def _placed(self, tenant_id: UUID, wanted: NewOrder) -> Outcome:
        """With those who order at the same moment, else by itself."""
        if len(wanted.lines) <= LINES_TOGETHER_MAX:
            try:
                placed = self._crowd.ask(tenant_id, wanted)
            except OutcomeUnknownError:
                raise
            except Exception:  # noqa: BLE001 - by itself, whoever is the cause is told, and nobody else
                placed = None
            if placed is not None:
                return placed
        return self._alone(tenant_id, wanted)

    def _together(
        self, tenant_id: UUID, gather: Callable[[], Sequence[NewOrder]]
    ) -> Sequence[Outcome | None]:
        try:
            with self._transactions.joint(tenant_id) as tx:
                return place_all(tx, gather())
        except TransientError:
            raise
        except Exception:
            log.exception("orders.each_alone")
            raise

    def _alone(self, tenant_id: UUID, wanted: NewOrder) -> Outcome:
        for last in (*[False] * (_COUNTS_MAX - 1), True):
            try:
                with self._transactions.tenant(tenant_id) as tx:
                    placed = place(tx, wanted, payload_of(wanted)) or nothing_of(wanted)
                    if isinstance(placed, NewRefusal):
                        tx.note_refusal(placed)
                return placed
            except StockMovedError:
                if last:
                    raise
        raise AssertionError("unreachable")

    def _found(self, tenant_id: UUID, wanted: NewOrder) -> Placed:
        """What the commit left whose outcome nobody heard. Where it cannot be looked for it may be there all the same."""
        with suppress(TransientError), self._transactions.tenant(tenant_id) as tx:
            order = tx.order(wanted.channel, wanted.order_id)
            if order is not None:
                return Placed(order, new=True)
        raise OutcomeUnknownError(
            "the connection broke while committing; send it again: an order reserves once, however often it is sent"
        )

    def fulfil(self, tenant_id: UUID, channel: str, order_id: str) -> Order:
        """Its units left the supplier. Raises NotFoundError, OrderStateError."""
        return self._settled(tenant_id, channel, order_id, Status.FULFILLED)

    def cancel(self, tenant_id: UUID, channel: str, order_id: str) -> Order:
        """Its units are free again. Raises NotFoundError, OrderStateError."""
        return self._settled(tenant_id, channel, order_id, Status.CANCELLED)

    def _settled(self, tenant_id: UUID, channel: str, order_id: str, status: Status) -> Order:
        with self._transactions.tenant(tenant_id) as tx:
            return settle(tx, _one(tx, channel, order_id), status)

    def get(self, tenant_id: UUID, channel: str, order_id: str) -> Order:
        """As it stands. Raises NotFoundError."""
        with self._transactions.tenant(tenant_id) as tx:
            return _one(tx, channel, order_id)

    def list(
        self, tenant_id: UUID, wanted: OrderFilter, limit: int, before: tuple[datetime, UUID] | None
    ) -> Sequence[Order]:
        """Newest first."""
        with self._transactions.tenant(tenant_id) as tx:
            return tx.orders(wanted, limit, before)

    def shortages(self, tenant_id: UUID, limit: int, after: int) -> Sequence[Shortage]:
        """SKUs that have fewer units than are promised of them."""
        with self._transactions.tenant(tenant_id) as tx:
            return tx.shortages(limit, after)

    def rules(self, tenant_id: UUID) -> Sequence[Rule]:
        """The tenant's own."""
        with self._transactions.tenant(tenant_id) as tx:
            return tx.rules()

    def set_rules(self, tenant_id: UUID, rules: Sequence[Rule]) -> Sequence[Rule]:
        """These and no others, for every order from now on. Raises InvalidInputError."""
        _check(rules)
        with self._transactions.tenant(tenant_id) as tx:
            tx.save_rules(rules)
            return tx.rules()

    def save_rule(self, tenant_id: UUID, rule: Rule, was: Place | None = None) -> None:
        """One more, or what one is from now on, whoever changes others at the same moment.

        Raises RuleThereError, NotFoundError, InvalidInputError.
        """
        self._change_rules(tenant_id, lambda rules: with_one(rules, rule, was))

    def drop_rule(self, tenant_id: UUID, place: Place) -> None:
        """One less. Raises NotFoundError."""
        self._change_rules(tenant_id, lambda rules: without(rules, place))

    def _change_rules(self, tenant_id: UUID, change: Callable[[Sequence[Rule]], Sequence[Rule]]) -> None:
        with self._transactions.tenant(tenant_id) as tx:
            tx.take_rules()
            rules = change(tx.rules())
            _check(rules)
            tx.save_rules(rules)


def _one(tx: OrderTransaction, channel: str, order_id: str) -> Order:
    known = not unstorable(channel + order_id)
    order = tx.order(channel, order_id) if known else None
    if order is None:
        raise NotFoundError("there is no such order of this channel")
    return order


def _check(rules: Sequence[Rule]) -> None:
    places = {place_of(one) for one in rules}
    if len(places) < len(rules):
        raise InvalidInputError("a rule is there twice for the same channel and account; leave one")
    for one in rules:
        if (one.value is not None) is not (one.rule is RuleName.QUANTITY_OVER):
            raise InvalidInputError(
                f"quantity_over alone has a value, and always one; {one.rule} does not fit"
            )


class ExpiryJob:
    """Lets orders go whose time has come: durable work, due then, so that any number of sweeps may ring for it."""

    def __init__(self, transactions: OrderTransactions) -> None:
        self._transactions = transactions

    def run(self, claim: Claim, over: object) -> Progress:  # noqa: ARG002 - it is short work
        """One order."""
        with self._transactions.tenant(claim.tenant_id) as tx:
            order = tx.expiring(claim)
            if order is not None and order.status is Status.RESERVED:
                tx.settle(order, Status.EXPIRED)
        return Progress.DONE

    def give_up(self, claim: Claim, reason: str) -> None:
        """Put aside; the units stay reserved."""
        with self._transactions.tenant(claim.tenant_id) as tx:
            tx.park(claim, reason)

    def replay(self, tenant_id: UUID, dispatch_id: UUID) -> None:
        """Try one again that was put aside; the sweep rings for it. Raises ConflictError when it was not."""
        with self._transactions.tenant(tenant_id) as tx:
            if not tx.revive(dispatch_id):
                raise ConflictError("the order's end was not put aside; only such work can be replayed")
