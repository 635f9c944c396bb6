"""What shops tell, in PostgreSQL: kept once with its dispatch row, done in the transaction that ends it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Connection as Database
from sqlalchemy import text

from app.adapters.postgres import activity, work
from app.adapters.postgres.orders import PostgresOrderTransaction
from app.adapters.postgres.shop_intake import ShopIntake
from app.adapters.postgres.unit_of_work import UnitOfWork
from app.domain.errors import LeaseLostError
from app.domain.shop.event import Event, EventOutcome, NewEvent, Topic
from app.domain.shop.ports import WebhookTransaction
from app.domain.shop.webhooks import SURFACE
from app.domain.work.dispatch import Actor, Claim, State

# The connection is held meanwhile: with it go its events. A deactivated tenant's are not kept: its shop goes on telling.
_RECEIVE: Final = text("""
    WITH c AS (
        SELECT id FROM shopify_connection WHERE tenant_id = :tenant_id AND id = :connection_id
          AND (SELECT t.active FROM tenant t WHERE t.id = :tenant_id) FOR KEY SHARE),
    e AS (
        INSERT INTO webhook_event (tenant_id, connection_id, event_id, topic, triggered_at, payload)
        SELECT :tenant_id, c.id, :event_id, :topic, :triggered_at, :payload FROM c
        ON CONFLICT (connection_id, event_id) DO NOTHING
        RETURNING id),
    d AS (
        INSERT INTO dispatch (id, actor, tenant_id, lane, seq, ring_after)
        SELECT e.id, :actor, :tenant_id, 'webhooks:' || CAST(:tenant_id AS uuid), nextval('accept_seq'),
               clock_timestamp() + interval '5 s'
        FROM e)
    SELECT id FROM e
""")
_EVENT: Final = text("""
    SELECT id, topic, triggered_at, payload FROM webhook_event WHERE tenant_id = :tenant_id AND id = :id
""")
_OUTCOME: Final = text("""
    UPDATE webhook_event SET outcome = :outcome, feed_id = :feed_id WHERE tenant_id = :tenant_id AND id = :id
""")
_FINISH: Final = text("DELETE FROM dispatch WHERE id = :id AND token = :token AND state = 'running'")

_UNMAP: Final = text("""
    DELETE FROM shopify_product_mapping WHERE tenant_id = :tenant_id AND product_id = :product_id
""")
# An event that was long on its way may be older than the connection that a merchant made anew since.
_UNINSTALL: Final = text("""
    UPDATE shopify_connection SET state = 'uninstalled'
    WHERE tenant_id = :tenant_id AND state = 'connected'
      AND (CAST(:since AS timestamptz) IS NULL OR updated_at <= :since)
""")
# The dispatch rows first, as a push's own worker locks them; the token, so that it writes nothing any more.
_HOLD_PUSH: Final = text("""
    WITH d AS (
        UPDATE dispatch SET state = 'held', token = token + 1, lease_until = NULL
        WHERE tenant_id = :tenant_id AND actor = :actor AND state IN ('ready', 'running')
          AND NOT EXISTS (SELECT FROM push c WHERE c.id = dispatch.id AND c.cancel_requested)
        RETURNING id)
    UPDATE push p
    SET status = 'paused', reason_code = 'app_not_installed', reason = :reason, version = p.version + 1
    FROM d WHERE p.id = d.id AND p.status IN ('queued', 'running', 'paused')
""")
_REASON: Final = "the app was removed from the shop; install it, connect the shop again, then resume the push"

_PRUNE: Final = text("DELETE FROM webhook_event WHERE received_at < now() - interval '7 days'")


def prune(database: Database) -> None:
    """Drop what is older than anybody asks for."""
    database.execute(_PRUNE)


class PostgresWebhooks:
    """Opens transactions."""

    def __init__(self, unit_of_work: UnitOfWork) -> None:
        self._unit_of_work = unit_of_work

    @contextmanager
    def tenant(self, tenant_id: UUID) -> Iterator[WebhookTransaction]:
        """One transaction in the tenant's scope."""
        with self._unit_of_work.tenant(tenant_id) as database:
            yield _Transaction(database, tenant_id)


class _Transaction(ShopIntake):
    def receive(self, connection_id: UUID, event: NewEvent) -> UUID | None:
        given = {
            "tenant_id": self._tenant_id,
            "connection_id": connection_id,
            "event_id": event.event_id,
            "topic": event.topic,
            "triggered_at": event.triggered_at,
            "payload": event.payload,
            "actor": Actor.WEBHOOKS_HANDLE,
        }
        kept: UUID | None = self._database.execute(_RECEIVE, given).scalar_one_or_none()
        return kept

    def event(self, claim: Claim) -> Event | None:
        row = self._database.execute(_EVENT, self._one(claim.id)).one_or_none()
        return None if row is None else Event(row.id, Topic(row.topic), row.triggered_at, row.payload)

    def orders(self) -> PostgresOrderTransaction:
        return PostgresOrderTransaction(self._database, self._tenant_id)

    def unmap_product(self, product_id: str) -> None:
        self._database.execute(_UNMAP, {"tenant_id": self._tenant_id, "product_id": product_id})

    def uninstall(self, since: datetime | None) -> None:
        mine = {"tenant_id": self._tenant_id}
        if self._database.execute(_UNINSTALL, {**mine, "since": since}).rowcount:
            self._database.execute(_HOLD_PUSH, {**mine, "actor": Actor.PUSHES_RUN, "reason": _REASON})

    def finish(
        self, claim: Claim, outcome: EventOutcome, *, feed_id: UUID | None, result: dict[str, int] | None
    ) -> None:
        done = self._database.execute(_FINISH, {"id": claim.id, "token": claim.token})
        if done.rowcount != 1:
            raise LeaseLostError(f"the lease on {claim.id} went to another worker")
        self._database.execute(_OUTCOME, {**self._one(claim.id), "outcome": outcome, "feed_id": feed_id})
        if feed_id is None:
            activity.synced(self._database, self._tenant_id, SURFACE, result, 1)

    def fail(self, claim: Claim, reason: str) -> None:
        work.park(self._database, claim, State.DEAD, reason)
        failed = {"outcome": EventOutcome.FAILED, "feed_id": None}
        self._database.execute(_OUTCOME, {**self._one(claim.id), **failed})
        activity.erred(self._database, self._tenant_id, SURFACE, reason)

    def replay(self, event_id: UUID) -> bool:
        self._database.execute(_OUTCOME, {**self._one(event_id), "outcome": None, "feed_id": None})
        return work.revive(self._database, event_id, State.DEAD)

    def _one(self, event_id: UUID) -> dict[str, object]:
        return {"tenant_id": self._tenant_id, "id": event_id}
