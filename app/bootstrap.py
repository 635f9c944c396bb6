"""The one place that names concrete adapters: settings in, everything a process needs out."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from redis import Redis

from app.adapters.dramatiq.broker import DramatiqBell, connect
from app.adapters.outbound.exchange import Internet
from app.adapters.outbound.fetcher import OutboundFetcher
from app.adapters.outbound.guard import Guard
from app.adapters.outbound.orders import SupplierApis
from app.adapters.outbound.webhooks import WebhookWire
from app.adapters.postgres import revision
from app.adapters.postgres.alert_channels import PostgresAlertDesk
from app.adapters.postgres.alert_deliveries import PostgresDeliveries
from app.adapters.postgres.alert_watch import PostgresWatches
from app.adapters.postgres.catalog import PostgresCatalogs
from app.adapters.postgres.connections import PostgresConnections
from app.adapters.postgres.covers import PostgresCovers
from app.adapters.postgres.feed_transactions import PostgresFeeds
from app.adapters.postgres.housekeeping import keep_house
from app.adapters.postgres.inventory import PostgresInventory
from app.adapters.postgres.network import PostgresNetworks
from app.adapters.postgres.network_reads import PostgresNetworkStore
from app.adapters.postgres.orders import PostgresOrders
from app.adapters.postgres.postal_codes import PostgresPostalCodes
from app.adapters.postgres.pulls import PostgresPulls
from app.adapters.postgres.purchase_send import PostgresPurchaseSending
from app.adapters.postgres.purchase_watch import PostgresPurchaseWatch
from app.adapters.postgres.purchasing import PostgresPurchasing
from app.adapters.postgres.push_batches import PostgresBatches
from app.adapters.postgres.push_grants import PostgresGrants
from app.adapters.postgres.pushes import PostgresPushes
from app.adapters.postgres.reliability import PostgresReliability
from app.adapters.postgres.reservation_books import PostgresReservationBooks
from app.adapters.postgres.sharing import PostgresSharing
from app.adapters.postgres.storefront import PostgresStorefrontStore
from app.adapters.postgres.supplier_polls import PostgresSupplierPolls
from app.adapters.postgres.suppliers import PostgresSuppliers
from app.adapters.postgres.tenancy import PostgresTenancies
from app.adapters.postgres.unit_of_work import UnitOfWork, engine_for
from app.adapters.postgres.webhooks import PostgresWebhooks
from app.adapters.postgres.work import PostgresWork
from app.adapters.redis.client import Circuit, answers, client_for
from app.adapters.redis.progress import RedisProgress
from app.adapters.redis.projection import RedisProjection
from app.adapters.redis.signals import RedisSignals
from app.adapters.redis.token_bucket import TokenBucket
from app.adapters.secrets.vault import MultiFernetVault
from app.adapters.shopify.shops import ShopifyShops
from app.adapters.shopify.wire import http_client
from app.adapters.smtp.mailbox import SmtpMailbox
from app.adapters.smtp.mailer import SmtpMailer
from app.adapters.smtp.server import SmtpServer
from app.domain.alerts.deliver import DeliverJob
from app.domain.alerts.sending import Sender
from app.domain.alerts.service import AlertDesk
from app.domain.alerts.watch import WatchJob as AlertWatchJob
from app.domain.catalog.service import CatalogService
from app.domain.network.postal_codes import PostalCodes
from app.domain.network.reads import NetworkReads
from app.domain.network.service import NetworkService
from app.domain.network.sharing import SharingService
from app.domain.network.shown_stock import ShownStock
from app.domain.orders.refusals import RefusalDesk
from app.domain.orders.service import ExpiryJob, OrderDesk
from app.domain.purchasing.send import SendJob
from app.domain.purchasing.service import PurchasingDesk
from app.domain.purchasing.watch import WatchJob
from app.domain.push.batch_desk import BatchDesk
from app.domain.push.granting import GrantService
from app.domain.push.run import PushJob
from app.domain.push.service import PushDesk
from app.domain.push.spread import SpreadJob
from app.domain.shop.pull import PullJob
from app.domain.shop.service import ConnectionService
from app.domain.shop.webhooks import WebhookDesk, WebhookJob
from app.domain.stock.accept import LOOK_AGAIN_S, FeedDesk
from app.domain.stock.apply import FeedJob
from app.domain.storefront.reads import StorefrontReads
from app.domain.suppliers.cover import CoverDesk
from app.domain.suppliers.inventory import Inventory
from app.domain.suppliers.poll import PollJob
from app.domain.suppliers.reliability import ReliabilityDesk
from app.domain.suppliers.service import SupplierDesk
from app.domain.suppliers.source import Fetcher
from app.domain.tenancy.service import TenancyService
from app.domain.tenancy.sign_in import SignIn
from app.domain.tenancy.tenant import Principal
from app.domain.work.dead_letters import DeadLetters
from app.domain.work.dispatch import Actor, Handler, QueueStatus
from app.domain.work.service import GiveUp, WorkService
from app.settings import Settings
from app.telemetry.feeds import FeedMetrics
from app.telemetry.metrics import Metrics
from app.telemetry.readiness import Readiness

RING_TIMEOUT_S = 0.5
SUPPLIER_BYTES_MAX = 64 * 1024 * 1024
SUPPLIER_MARGIN_S = 30.0
"""Of a supplier's lease, for reading what was fetched and writing it down."""


@dataclass(frozen=True, slots=True)
class Container:
    """What a process is built with; nothing in it is connected before its first use."""

    settings: Settings
    unit_of_work: UnitOfWork
    authenticate: Callable[[str], Principal | None]
    projection: RedisProjection
    storefront: StorefrontReads
    nearby: NetworkReads
    rate_limiter: TokenBucket
    readiness: Readiness
    metrics: Metrics
    tenancy: TenancyService
    catalog: CatalogService
    network: NetworkService
    sharing: SharingService
    postal_codes: PostalCodes
    feed_transactions: PostgresFeeds
    feeds: FeedDesk
    shops: ShopifyShops
    connections: ConnectionService
    webhooks: WebhookDesk
    pushes: PushDesk
    push_board: RedisProgress
    push_grants: GrantService
    push_batches: BatchDesk
    suppliers: SupplierDesk
    supplier_fetcher: Fetcher
    inventory: Inventory
    orders: OrderDesk
    alerts: AlertDesk
    order_refusals: RefusalDesk
    reservation_books: PostgresReservationBooks
    purchasing: PurchasingDesk
    covers: CoverDesk
    reliability: ReliabilityDesk
    work: WorkService
    handlers: Mapping[Actor, tuple[Handler, GiveUp]]
    dead_letters: DeadLetters
    queue_status: Callable[[], Sequence[QueueStatus]]
    housekeeping: Callable[[], None]


def build(settings: Settings) -> Container:
    """The container of a web process, a worker, the clock or the operator's command line."""
    unit_of_work = UnitOfWork(
        engine_for(settings.database_url, pool_size=settings.web_threads, application_name="stockline"),
    )
    cache = client_for(settings.redis_url)
    # One for all that share the instance: a hung Redis costs a request one time-out, not one each.
    circuit = Circuit("cache")
    projection = RedisProjection(cache, circuit=circuit)
    metrics = Metrics(settings.metrics_dir)
    signals = RedisSignals(cache, client_for(settings.redis_url, timeout_s=LOOK_AGAIN_S * 2))
    bell = DramatiqBell(connect(settings.broker_url, [], timeout_s=RING_TIMEOUT_S), Circuit("broker").run)
    feed_transactions = PostgresFeeds(unit_of_work, lease_s=settings.lease_s)
    feeds = FeedDesk(feed_transactions, bell, signals, chunk_rows=settings.feed_chunk_rows)
    network_store = PostgresNetworkStore(unit_of_work)
    shown_stock = ShownStock(network_store, projection)
    job = FeedJob(feed_transactions, projection, shown_stock, signals, FeedMetrics(metrics))
    work_transactions = PostgresWork(unit_of_work)
    work = WorkService(
        work_transactions,
        bell,
        lease_s=settings.lease_s,
        slice_s=settings.feed_slice_s,
        slices_s={Actor.PUSHES_RUN: settings.push_slice_s},
    )
    vault = MultiFernetVault(settings.encryption_keys)
    shops = ShopifyShops(
        settings.shopify_url_template,
        settings.shopify_api_version,
        settings.shopify_timeout_s,
        vault,
        http_client(),
    )
    connections = PostgresConnections(unit_of_work)
    webhook_transactions = PostgresWebhooks(unit_of_work)
    webhooks = WebhookDesk(connections, webhook_transactions, vault, bell)
    webhook_job = WebhookJob(webhook_transactions, bell, chunk_rows=settings.feed_chunk_rows)
    pull_job = PullJob(PostgresPulls(unit_of_work), shops, bell, chunk_rows=settings.feed_chunk_rows)
    board = RedisProgress(cache, circuit=circuit)
    push_transactions = PostgresPushes(unit_of_work, lease_s=settings.push_lease_s)
    pushes = PushDesk(push_transactions, shops, board, bell)
    # A call may end a second after its time-out, when its answer's body stalls.
    push_job = PushJob(
        push_transactions, shops, board, lease_s=settings.push_lease_s, call_s=settings.shopify_timeout_s + 1
    )
    batches = PostgresBatches(unit_of_work, lease_s=settings.lease_s)
    spread_job = SpreadJob(batches, bell)
    guard = Guard(settings.outbound_allow_hosts.split(","))
    internet = Internet(guard)
    wire = WebhookWire(internet, guard)
    mail_server = SmtpServer(settings.smtp_url) if settings.smtp_url else None
    mailer = SmtpMailer(mail_server, settings.mail_from)
    sender = Sender(wire, mailer, vault, portal_url=settings.public_url)
    deliver_job = DeliverJob(PostgresDeliveries(unit_of_work), sender)
    alert_watch = AlertWatchJob(PostgresWatches(unit_of_work))
    fetcher = OutboundFetcher(internet, timeout_s=settings.supplier_timeout_s, bytes_max=SUPPLIER_BYTES_MAX)
    poll_job = PollJob(
        PostgresSupplierPolls(unit_of_work),
        fetcher,
        vault,
        lease_s=settings.supplier_timeout_s + SUPPLIER_MARGIN_S,
    )
    orders = PostgresOrders(unit_of_work)
    expiry_job = ExpiryJob(orders)
    purchase_watch = WatchJob(PostgresPurchaseWatch(unit_of_work, lease_s=settings.lease_s))
    purchase_send = SendJob(
        PostgresPurchaseSending(unit_of_work),
        SmtpMailbox(mail_server, settings.mail_from),
        SupplierApis(internet),
        vault,
    )
    return Container(
        settings=settings,
        unit_of_work=unit_of_work,
        authenticate=_sign_in(settings, unit_of_work),
        projection=projection,
        storefront=StorefrontReads(PostgresStorefrontStore(unit_of_work), projection),
        nearby=NetworkReads(network_store, projection),
        rate_limiter=TokenBucket(cache, circuit=circuit),
        readiness=_readiness(unit_of_work, cache),
        metrics=metrics,
        tenancy=TenancyService(PostgresTenancies(unit_of_work), projection),
        catalog=CatalogService(PostgresCatalogs(unit_of_work), projection),
        network=NetworkService(PostgresNetworks(unit_of_work)),
        postal_codes=PostalCodes(PostgresPostalCodes(unit_of_work)),
        sharing=SharingService(PostgresSharing(unit_of_work)),
        feed_transactions=feed_transactions,
        feeds=feeds,
        shops=shops,
        connections=ConnectionService(connections, shops, vault, public_url=settings.public_url),
        webhooks=webhooks,
        pushes=pushes,
        push_board=board,
        push_grants=GrantService(PostgresGrants(unit_of_work, lease_s=settings.lease_s), board),
        push_batches=BatchDesk(batches, board, bell),
        suppliers=SupplierDesk(PostgresSuppliers(unit_of_work), vault, bell),
        supplier_fetcher=fetcher,
        inventory=PostgresInventory(unit_of_work),
        orders=OrderDesk(orders),
        alerts=AlertDesk(PostgresAlertDesk(unit_of_work), sender, wire, mailer, vault),
        order_refusals=RefusalDesk(orders),
        reservation_books=PostgresReservationBooks(unit_of_work),
        purchasing=PurchasingDesk(PostgresPurchasing(unit_of_work), bell),
        covers=CoverDesk(PostgresCovers(unit_of_work)),
        reliability=ReliabilityDesk(PostgresReliability(unit_of_work)),
        work=work,
        handlers={
            Actor.FEEDS_APPLY: (job.apply, job.give_up),
            Actor.PUSHES_RUN: (push_job.run, push_job.give_up),
            Actor.PUSHES_SPREAD: (spread_job.run, spread_job.give_up),
            Actor.WEBHOOKS_HANDLE: (webhook_job.handle, webhook_job.give_up),
            Actor.SHOPS_PULL: (pull_job.run, pull_job.give_up),
            Actor.SUPPLIERS_POLL: (poll_job.run, poll_job.give_up),
            Actor.ORDERS_EXPIRE: (expiry_job.run, expiry_job.give_up),
            Actor.PURCHASING_WATCH: (purchase_watch.run, purchase_watch.give_up),
            Actor.PURCHASING_SEND: (purchase_send.run, purchase_send.give_up),
            Actor.ALERTS_WATCH: (alert_watch.run, alert_watch.give_up),
            Actor.ALERTS_DELIVER: (deliver_job.run, deliver_job.give_up),
        },
        dead_letters=DeadLetters(
            work_transactions,
            {
                Actor.FEEDS_APPLY: feeds.replay,
                Actor.PUSHES_RUN: pushes.replay,
                Actor.WEBHOOKS_HANDLE: webhooks.replay,
                Actor.ALERTS_DELIVER: deliver_job.replay,
                Actor.ORDERS_EXPIRE: expiry_job.replay,
            },
        ),
        queue_status=work.queue_status,
        housekeeping=partial(keep_house, unit_of_work),
    )


def _sign_in(settings: Settings, unit_of_work: UnitOfWork) -> Callable[[str], Principal | None]:
    sign_in = SignIn(PostgresTenancies(unit_of_work), cache_s=settings.key_cache_s)
    return lambda raw_key: sign_in.authenticate(raw_key, time.monotonic())


def _readiness(unit_of_work: UnitOfWork, cache: Redis) -> Readiness:
    def current_revision() -> str | None:
        with unit_of_work.platform() as connection:
            return revision.current(connection)

    return Readiness(current_revision, revision.NEWEST, lambda: answers(cache))
