"""What orders need of PostgreSQL."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from app.domain.orders.allocation import Grant, Offer
from app.domain.orders.order import Line, NewOrder, Order, Status
from app.domain.orders.refusal import NewRefusal, Refusal, RefusalState
from app.domain.orders.rules import Rule
from app.domain.work.dispatch import Claim


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """Which orders; None is any."""

    status: Status | None = None
    channel: str | None = None


class IntakeTransaction(Protocol):
    """The part of a transaction that takes, settles and refuses orders; a webhook's has it too.

    Locks: rows of supplier_stock by id, then the order.
    """

    def rules(self) -> Sequence[Rule]:
        """What the tenant says."""

    def offers(self, lines: Sequence[Line]) -> Sequence[Offer]:
        """Every SKU of the lines' parts as it was last committed, unlocked; a part that no supplier lists has none."""

    def lock(self, offers: Sequence[Offer]) -> Sequence[Offer]:
        """The same as they stand now, locked until the transaction ends."""

    def create(self, grants: Sequence[Grant]) -> Sequence[Order]:
        """Reserve what is taken, over locked offers, each key once; open refusals of the orders are resolved.

        Channels' orders that are there already are left out; rivals that are about to commit them are waited for.
        """

    def bury(self, order: NewOrder) -> bool:
        """Keep an order as cancelled that never came; False when it did."""

    def order(self, channel: str, order_id: str) -> Order | None:
        """As it stands."""

    def settle(self, order: Order, status: Status) -> Order | None:
        """Fulfil, cancel or expire a reserved order; None when it is reserved no more."""

    def note_refusal(self, refusal: NewRefusal) -> Refusal:
        """Keep it; the same order's next one takes its place."""

    def refusal_of(self, channel: str, order_id: str) -> Refusal | None:
        """The order's open refusal."""

    def close_refusal(self, refusal_id: UUID, state: RefusalState) -> bool:
        """Out of the list; False when it was not open."""

    def parts_of(self, products: Sequence[str], variants: Sequence[str]) -> Mapping[str, str]:
        """Our part numbers by the shop's variants, of these products."""

    def synced(self, orders: Sequence[Order]) -> None:
        """Note in the activity that they were taken or settled, each by a call of its own."""

    def erred(self, reason: str) -> None:
        """Note in the activity that a channel's order was refused."""


@dataclass(frozen=True, slots=True)
class Promise:
    """Units of an order that a short SKU owes."""

    channel: str
    order_id: str
    state: str
    quantity: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Shortage:
    """A SKU that has fewer units than are promised of it."""

    stock_id: int
    supplier_id: UUID
    supplier_code: str
    sku: str
    part_number: str | None
    quantity: int
    reserved: int
    shipped: int
    shortage: int
    promises: Sequence[Promise] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """What several orders are judged by: those of them that are there, their parts' offers, the tenant's rules."""

    standing: Sequence[Order]
    offers: Sequence[Offer]
    rules: Sequence[Rule]


class OrderTransaction(IntakeTransaction, Protocol):
    """One transaction in one tenant's scope."""

    def orders(
        self, wanted: OrderFilter, limit: int, before: tuple[datetime, UUID] | None
    ) -> Sequence[Order]:
        """Newest first."""

    def shortages(self, limit: int, after: int) -> Sequence[Shortage]:
        """By stock id, each with its promises, oldest first."""

    def refusals(
        self, state: RefusalState, limit: int, after: tuple[Decimal, int, UUID] | None
    ) -> Sequence[Refusal]:
        """What is most at stake first."""

    def refusal(self, refusal_id: UUID) -> Refusal | None:
        """One."""

    def take_rules(self) -> None:
        """Until the transaction ends nobody else changes the tenant's rules."""

    def save_rules(self, rules: Sequence[Rule]) -> None:
        """These and no others."""

    def seen(self, orders: Sequence[NewOrder]) -> Seen:
        """What is to be known of them, as it was last committed: `order`, `offers` and `rules` of them all at once."""

    def note_refusals(self, refusals: Sequence[NewRefusal]) -> None:
        """Keep them, each in the place of its order's last one; an order has one of them at most."""

    def expiring(self, claim: Claim) -> Order | None:
        """The order whose time has come; None when it is gone. Its dispatch row goes with the commit."""

    def park(self, claim: Claim, reason: str) -> None:
        """Put the work aside."""

    def revive(self, dispatch_id: UUID) -> bool:
        """Back to work; False when it was not put aside."""


class OrderTransactions(Protocol):
    """Opens transactions."""

    def tenant(self, tenant_id: UUID) -> AbstractContextManager[OrderTransaction]:
        """One transaction."""

    def joint(self, tenant_id: UUID) -> AbstractContextManager[OrderTransaction]:
        """One transaction for many callers: it soon gives up waiting for a lock (TransientError)."""


@dataclass(frozen=True, slots=True)
class Drift:
    """A SKU whose counts are not what its reservations say."""

    stock_id: int
    tenant_id: UUID
    supplier_id: UUID
    sku: str
    counted: tuple[int, int, int]
    expected: tuple[int, int, int]


class ReservationBooks(Protocol):
    """The sums of reservations beside the counts of the SKUs."""

    def check(self, tenant_id: UUID | None) -> tuple[int, Sequence[Drift]]:
        """How many SKUs were compared, in one snapshot, and which differ."""

    def repair(self, stock_id: int) -> bool:
        """Set the SKU's counts to its reservations' sums, under its lock; whether they differed."""
