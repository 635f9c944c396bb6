"""Everything a process needs, put together from its parts."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from operator import or_
from typing import TYPE_CHECKING

from redis import Redis

from app.adapters.postgres import revision
from app.adapters.postgres.accounts import PostgresAccounts
from app.adapters.postgres.aliases import PostgresAliases
from app.adapters.postgres.catalog import PostgresCatalogs
from app.adapters.postgres.feed_transactions import PostgresFeeds
from app.adapters.postgres.housekeeping import keep_house
from app.adapters.postgres.inventory import PostgresInventory
from app.adapters.postgres.items import PostgresItems
from app.adapters.postgres.network import PostgresNetworks
from app.adapters.postgres.operations import PostgresOperations
from app.adapters.postgres.postal_codes import PostgresPostalCodes
from app.adapters.postgres.reliability import PostgresReliability
from app.adapters.postgres.reservation_books import PostgresReservationBooks
from app.adapters.postgres.sharing import PostgresSharing
from app.adapters.postgres.storefront import PostgresStorefrontStore
from app.adapters.postgres.tenancy import PostgresTenancies
from app.adapters.postgres.unit_of_work import UnitOfWork
from app.adapters.postgres.work import PostgresWork
from app.adapters.redis.client import answers
from app.adapters.redis.progress import RedisProgress
from app.adapters.redis.projection import RedisProjection
from app.adapters.redis.token_bucket import TokenBucket
from app.adapters.secrets.passwords import Argon2Passwords
from app.adapters.shopify.shops import ShopifyShops
from app.bootstrap import feeds, forecasts, supply
from app.bootstrap import shops as parts
from app.bootstrap.shared import Shared, shared
from app.domain.activity.overview import OverviewDesk
from app.domain.alerts.service import AlertDesk
from app.domain.catalog.aliases import AliasDesk
from app.domain.catalog.items import Items
from app.domain.catalog.service import CatalogService
from app.domain.network.postal_codes import PostalCodes
from app.domain.network.reads import NetworkReads
from app.domain.network.service import NetworkService
from app.domain.network.sharing import SharingService
from app.domain.operations.service import OperationsDesk
from app.domain.orders.refusals import RefusalDesk
from app.domain.orders.service import OrderDesk
from app.domain.purchasing.service import PurchasingDesk
from app.domain.push.batch_desk import BatchDesk
from app.domain.push.granting import GrantService
from app.domain.push.service import PushDesk
from app.domain.shop.service import ConnectionService
from app.domain.shop.webhooks import WebhookDesk
from app.domain.stock.accept import FeedDesk
from app.domain.stock.history import FeedHistory
from app.domain.stock.not_found import NotFoundDesk
from app.domain.stock.preview import FeedPreview
from app.domain.stock.resend import Resender
from app.domain.storefront.reads import StorefrontReads
from app.domain.suppliers.inventory import Inventory
from app.domain.suppliers.reliability import ReliabilityDesk
from app.domain.suppliers.service import SupplierDesk
from app.domain.suppliers.source import Fetcher
from app.domain.tenancy.entry import EntryService
from app.domain.tenancy.people import PeopleService
from app.domain.tenancy.service import TenancyService
from app.domain.tenancy.sign_in import SignIn
from app.domain.tenancy.tenant import Principal
from app.domain.work.dead_letters import DeadLetters
from app.domain.work.dispatch import Actor, Handler, QueueStatus
from app.domain.work.service import GiveUp, WorkService
from app.settings import Settings
from app.telemetry.metrics import Metrics
from app.telemetry.readiness import Readiness

if TYPE_CHECKING:
    from app.domain.suppliers.cover import CoverDesk


@dataclass(frozen=True, slots=True)
class Container:
    """What a process is built with; nothing in it is connected before its first use."""

    settings: Settings
    unit_of_work: UnitOfWork
    authenticate: Callable[[str], Principal | None]
    entry: EntryService
    people: PeopleService
    projection: RedisProjection
    storefront: StorefrontReads
    nearby: NetworkReads
    rate_limiter: TokenBucket
    readiness: Readiness
    metrics: Metrics
    tenancy: TenancyService
    catalog: CatalogService
    aliases: AliasDesk
    items: Items
    network: NetworkService
    sharing: SharingService
    postal_codes: PostalCodes
    feed_transactions: PostgresFeeds
    feeds: FeedDesk
    feed_history: FeedHistory
    feed_preview: FeedPreview
    not_found: NotFoundDesk
    resender: Resender
    overviews: OverviewDesk
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
    covers: "Callable[[], CoverDesk]"
    reliability: ReliabilityDesk
    work: WorkService
    handlers: Mapping[Actor, tuple[Handler, GiveUp]]
    dead_letters: DeadLetters
    queue_status: Callable[[], Sequence[QueueStatus]]
    operations: OperationsDesk
    housekeeping: Callable[[], None]
    close: Callable[[], None]


def build(settings: Settings) -> Container:
    """The container of a web process, a worker, the clock or the operator's command line."""
    here = shared(settings)
    unit_of_work, projection = here.unit_of_work, here.projection
    stock, shops, suppliers = feeds.feeds(here), parts.shops(here), supply.suppliers(here)
    orders, alerts, purchasing = supply.orders(here), supply.alerts(here), supply.purchasing(here)
    jobs = [part.jobs for part in (stock, shops, suppliers, orders, alerts, purchasing)]
    work_transactions = PostgresWork(unit_of_work)
    accounts, passwords = PostgresAccounts(unit_of_work), Argon2Passwords()
    catalog = CatalogService(PostgresCatalogs(unit_of_work), projection)
    work = WorkService(
        work_transactions,
        here.bell,
        lease_s=settings.lease_s,
        slice_s=settings.feed_slice_s,
        slices_s={Actor.PUSHES_RUN: settings.push_slice_s},
    )
    tenancy = TenancyService(PostgresTenancies(unit_of_work), projection)
    dead_letters = DeadLetters(work_transactions, reduce(or_, (dict(one.replays) for one in jobs)))
    return Container(
        settings=settings,
        unit_of_work=unit_of_work,
        authenticate=_sign_in(settings, unit_of_work),
        entry=EntryService(accounts, passwords),
        people=PeopleService(accounts, passwords),
        projection=projection,
        storefront=StorefrontReads(PostgresStorefrontStore(unit_of_work), projection),
        nearby=stock.nearby,
        rate_limiter=TokenBucket(here.cache, circuit=here.circuit),
        readiness=_readiness(unit_of_work, here.cache),
        metrics=here.metrics,
        tenancy=tenancy,
        catalog=catalog,
        aliases=AliasDesk(PostgresAliases(unit_of_work), catalog, projection),
        items=PostgresItems(unit_of_work),
        network=NetworkService(PostgresNetworks(unit_of_work)),
        postal_codes=PostalCodes(PostgresPostalCodes(unit_of_work)),
        sharing=SharingService(PostgresSharing(unit_of_work)),
        feed_transactions=stock.transactions,
        feeds=stock.desk,
        feed_history=stock.history,
        feed_preview=stock.preview,
        not_found=stock.not_found,
        resender=stock.resender,
        overviews=stock.overviews,
        shops=shops.shops,
        connections=shops.connections,
        webhooks=shops.webhooks,
        pushes=shops.pushes,
        push_board=shops.board,
        push_grants=shops.grants,
        push_batches=shops.batches,
        suppliers=suppliers.desk,
        supplier_fetcher=suppliers.fetcher,
        inventory=PostgresInventory(unit_of_work),
        orders=orders.desk,
        alerts=alerts.desk,
        order_refusals=orders.refusals,
        reservation_books=PostgresReservationBooks(unit_of_work),
        purchasing=purchasing.desk,
        covers=forecasts.covers(unit_of_work),
        reliability=ReliabilityDesk(PostgresReliability(unit_of_work)),
        work=work,
        handlers=reduce(or_, (dict(one.handlers) for one in jobs)),
        dead_letters=dead_letters,
        queue_status=work.queue_status,
        operations=OperationsDesk(
            PostgresOperations(unit_of_work), tenancy, dead_letters, suppliers.desk.resume
        ),
        housekeeping=partial(keep_house, unit_of_work),
        close=partial(_close, here, shops.shops),
    )


def _close(here: Shared, wire: ShopifyShops) -> None:
    wire.close()
    here.close()


def _sign_in(settings: Settings, unit_of_work: UnitOfWork) -> Callable[[str], Principal | None]:
    sign_in = SignIn(PostgresTenancies(unit_of_work), cache_s=settings.key_cache_s)
    return lambda raw_key: sign_in.authenticate(raw_key, time.monotonic())


def _readiness(unit_of_work: UnitOfWork, cache: Redis) -> Readiness:
    def current_revision() -> str | None:
        with unit_of_work.platform() as connection:
            return revision.current(connection)

    return Readiness(current_revision, revision.NEWEST, lambda: answers(cache))
