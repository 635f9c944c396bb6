"""What a shop tells by itself: taken in within a moment, done by a worker."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import ClassVar, Final
from uuid import UUID

import structlog

from app.domain.errors import ConflictError, NotFoundError, StocklineError
from app.domain.orders.intake import hear
from app.domain.orders.refusal import NewRefusal
from app.domain.shop.connection import Connection, EncryptionMissingError
from app.domain.shop.event import (
    Event,
    EventOutcome,
    NewEvent,
    Topic,
    event_id,
    is_signed,
    moment,
    product_of,
)
from app.domain.shop.levels import feed_of, level_of
from app.domain.shop.ports import (
    ConnectionTransactions,
    Vault,
    WebhookTransaction,
    WebhookTransactions,
)
from app.domain.stock.feed import Counters, FeedKind, counts, result_body
from app.domain.work.dispatch import Actor, Claim, Progress
from app.domain.work.ports import Bell

SURFACE: Final = "shopify-webhook"
log = structlog.get_logger()


class ForgedError(StocklineError):
    """It is not the connection's shop that says so."""

    code: ClassVar[str] = "invalid_signature"


@dataclass(frozen=True, slots=True)
class Delivery:
    """A call as it came. What is missing is empty; `ids`: the event's, then the delivery's."""

    connection_id: UUID
    shop: str
    topic: str
    signature: str
    ids: Sequence[str | None]
    triggered_at: str
    body: bytes


class WebhookDesk:
    """Takes in what shops tell."""

    def __init__(
        self,
        connections: ConnectionTransactions,
        transactions: WebhookTransactions,
        vault: Vault,
        bell: Bell,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._connections = connections
        self._transactions = transactions
        self._vault = vault
        self._bell = bell
        self._clock = clock

    def take(self, delivery: Delivery) -> None:
        """Keep it, once however often it comes; when this returns, it will be done.

        Raises NotFoundError, ForgedError, EncryptionMissingError and DatabaseDownError.
        """
        connection = self._connections.find(delivery.connection_id)
        if connection is None:
            raise NotFoundError("there is no such connection")
        signed = is_signed(delivery.body, delivery.signature, self._secrets(connection))
        if not signed or delivery.shop.lower() != connection.shop:
            raise ForgedError("X-Shopify-Hmac-Sha256 is not this connection's signature of the body")
        if delivery.topic in set(Topic):
            self._keep(connection, delivery)

    def _secrets(self, connection: Connection) -> list[str]:
        """What its app may sign with now."""
        secrets = [self._vault.open(connection.secret)]
        until = connection.old_secret_until
        if connection.old_secret is not None and until is not None and self._clock() < until:
            with suppress(
                EncryptionMissingError
            ):  # a key that is gone takes nothing but the old secret along
                secrets.append(self._vault.open(connection.old_secret))
        return secrets

    def _keep(self, connection: Connection, delivery: Delivery) -> None:
        event = NewEvent(
            event_id(delivery.ids, delivery.topic, delivery.body),
            Topic(delivery.topic),
            moment(delivery.triggered_at),
            delivery.body,
        )
        with self._transactions.tenant(connection.tenant_id) as tx:
            dispatch_id = tx.receive(connection.id, event)
        if dispatch_id is not None:
            self._bell.ring(Actor.WEBHOOKS_HANDLE, dispatch_id)

    def replay(self, tenant_id: UUID, dispatch_id: UUID) -> None:
        """Try one again that was put aside. Raises ConflictError when it was not."""
        with self._transactions.tenant(tenant_id) as tx:
            if not tx.replay(dispatch_id):
                raise ConflictError("the event was not put aside; only such an event can be replayed")
        self._bell.ring(Actor.WEBHOOKS_HANDLE, dispatch_id)


Done = tuple[EventOutcome, UUID | None, dict[str, int] | None]


class WebhookJob:
    """Does what an event asks for: all of it, and that it is done, in one transaction."""

    def __init__(self, transactions: WebhookTransactions, bell: Bell, *, chunk_rows: int) -> None:
        self._transactions = transactions
        self._bell = bell
        self._chunk_rows = chunk_rows
        self._deeds: Mapping[Topic, Callable[[WebhookTransaction, Event], Done]] = {
            Topic.INVENTORY_LEVELS_UPDATE: self._feed,
            Topic.ORDERS_CREATE: _order,
            Topic.ORDERS_FULFILLED: _order,
            Topic.ORDERS_CANCELLED: _order,
            Topic.PRODUCTS_DELETE: _unmap,
            Topic.APP_UNINSTALLED: _uninstall,
        }

    def handle(self, claim: Claim, over: Callable[[], bool]) -> Progress:  # noqa: ARG002 - it is short work
        """One event."""
        with self._transactions.tenant(claim.tenant_id) as tx:
            event = tx.event(claim)
            outcome, feed_id, result = EventOutcome.IGNORED, None, None
            if event is not None:
                outcome, feed_id, result = self._deeds[event.topic](tx, event)
            tx.finish(claim, outcome, feed_id=feed_id, result=result)
        if feed_id is not None:
            self._bell.ring(Actor.FEEDS_APPLY, feed_id)
        log.info("webhook.done", topic=event and event.topic, outcome=outcome)
        return Progress.DONE

    def give_up(self, claim: Claim, reason: str) -> None:
        """Three tries came to nothing: it is put aside, and those behind it go on."""
        with self._transactions.tenant(claim.tenant_id) as tx:
            tx.fail(claim, reason)

    def _feed(self, tx: WebhookTransaction, event: Event) -> Done:
        connection = tx.connection()
        level = None if connection is None else level_of(event, connection.location.id)
        if level is None:
            return EventOutcome.IGNORED, None, None
        new = feed_of(tx, [level], surface=SURFACE, request_id=str(event.id), chunk_rows=self._chunk_rows)
        if new is None:
            return EventOutcome.NOT_FOUND, None, _NOT_FOUND
        # One item at a time empties no large share of anything: the guard is for feeds.
        return EventOutcome.FED, tx.accept(replace(new, guard_waived=True)).id, None


_NOT_FOUND: Final = counts(
    result_body(FeedKind.STOCK, Counters(not_found=1), {}, rejected=0, rejected_sample=[])
)


def _unmap(tx: WebhookTransaction, event: Event) -> Done:
    product_id = product_of(event)
    if product_id is None:
        return EventOutcome.IGNORED, None, None
    tx.unmap_product(product_id)
    return EventOutcome.UNMAPPED, None, None


def _uninstall(tx: WebhookTransaction, event: Event) -> Done:
    tx.uninstall(event.triggered_at)
    return EventOutcome.UNINSTALLED, None, None


def _order(tx: WebhookTransaction, event: Event) -> Done:
    """Kept as a refusal where it cannot be taken: it is never lost, and never tried for ever."""
    connection, orders = tx.connection(), tx.orders()
    account = None if connection is None else connection.shop
    done = hear(orders, event.topic, event.payload, account, f"event-{event.id}")
    if isinstance(done, NewRefusal):
        orders.note_refusal(done)
        orders.erred(f"{done.code}: {done.message}")
        return EventOutcome.REFUSED, None, None
    return (EventOutcome.IGNORED if done is None else EventOutcome.TAKEN), None, None
