"""Shops on Shopify: connections, what they tell by themselves, and pushes into them."""

from dataclasses import dataclass

from app.adapters.postgres.connections import PostgresConnections
from app.adapters.postgres.pulls import PostgresPulls
from app.adapters.postgres.push_batches import PostgresBatches
from app.adapters.postgres.push_grants import PostgresGrants
from app.adapters.postgres.pushes import PostgresPushes
from app.adapters.postgres.webhooks import PostgresWebhooks
from app.adapters.redis.progress import RedisProgress
from app.adapters.shopify.shops import ShopifyShops
from app.adapters.shopify.wire import http_client
from app.bootstrap.shared import Shared
from app.bootstrap.work import Jobs
from app.domain.push.batch_desk import BatchDesk
from app.domain.push.granting import GrantService
from app.domain.push.run import PushJob
from app.domain.push.service import PushDesk
from app.domain.push.spread import SpreadJob
from app.domain.shop.pull import PullJob
from app.domain.shop.service import ConnectionService
from app.domain.shop.webhooks import WebhookDesk, WebhookJob
from app.domain.work.dispatch import Actor


@dataclass(frozen=True, slots=True)
class Shops:
    """Everything about shops."""

    shops: ShopifyShops
    connections: ConnectionService
    webhooks: WebhookDesk
    pushes: PushDesk
    board: RedisProgress
    grants: GrantService
    batches: BatchDesk
    jobs: Jobs


def shops(shared: Shared) -> Shops:
    """The contexts of shops and pushes."""
    settings, unit_of_work, bell = shared.settings, shared.unit_of_work, shared.bell
    wire = ShopifyShops(
        settings.shopify_url_template,
        settings.shopify_api_version,
        settings.shopify_timeout_s,
        shared.vault,
        http_client(),
    )
    board = RedisProgress(shared.cache, circuit=shared.circuit)
    connections = PostgresConnections(unit_of_work)
    batches = PostgresBatches(unit_of_work, lease_s=settings.lease_s)
    webhooks = WebhookDesk(connections, PostgresWebhooks(unit_of_work), shared.vault, bell)
    pushes = PushDesk(PostgresPushes(unit_of_work, lease_s=settings.push_lease_s), wire, board, bell)
    return Shops(
        shops=wire,
        connections=ConnectionService(connections, wire, shared.vault, public_url=settings.public_url),
        webhooks=webhooks,
        pushes=pushes,
        board=board,
        grants=GrantService(PostgresGrants(unit_of_work, lease_s=settings.lease_s), board),
        batches=BatchDesk(batches, board, bell),
        jobs=_jobs(shared, wire, board, batches, webhooks, pushes),
    )


def _jobs(
    shared: Shared,
    wire: ShopifyShops,
    board: RedisProgress,
    batches: PostgresBatches,
    webhooks: WebhookDesk,
    pushes: PushDesk,
) -> Jobs:
    settings, unit_of_work, bell = shared.settings, shared.unit_of_work, shared.bell
    push = PushJob(
        PostgresPushes(unit_of_work, lease_s=settings.push_lease_s),
        wire,
        board,
        lease_s=settings.push_lease_s,
        call_s=settings.shopify_call_s,
    )
    spread = SpreadJob(batches, bell)
    webhook = WebhookJob(PostgresWebhooks(unit_of_work), bell, chunk_rows=settings.feed_chunk_rows)
    pull = PullJob(PostgresPulls(unit_of_work), wire, bell, chunk_rows=settings.feed_chunk_rows)
    return Jobs(
        handlers={
            Actor.PUSHES_RUN: (push.run, push.give_up),
            Actor.PUSHES_SPREAD: (spread.run, spread.give_up),
            Actor.WEBHOOKS_HANDLE: (webhook.handle, webhook.give_up),
            Actor.SHOPS_PULL: (pull.run, pull.give_up),
        },
        replays={Actor.PUSHES_RUN: pushes.replay, Actor.WEBHOOKS_HANDLE: webhooks.replay},
    )
