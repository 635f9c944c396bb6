"""Stock feeds and what storefronts read of them."""

from dataclasses import dataclass

from app.adapters.postgres.feed_history import PostgresFeedHistory
from app.adapters.postgres.feed_transactions import PostgresFeeds
from app.adapters.postgres.network_reads import PostgresNetworkStore
from app.adapters.postgres.not_found import PostgresNotFound
from app.adapters.postgres.overview import PostgresOverviews
from app.bootstrap.shared import Shared
from app.bootstrap.work import Jobs
from app.domain.activity.overview import OverviewDesk
from app.domain.network.reads import NetworkReads
from app.domain.network.shown_stock import ShownStock
from app.domain.stock.accept import FeedDesk
from app.domain.stock.apply import FeedJob
from app.domain.stock.history import FeedHistory
from app.domain.stock.not_found import NotFoundDesk
from app.domain.stock.preview import FeedPreview
from app.domain.stock.resend import Resender
from app.domain.work.dispatch import Actor
from app.telemetry.feeds import FeedMetrics


@dataclass(frozen=True, slots=True)
class Feeds:
    """Feeds, what people see of them, and the network's reads."""

    transactions: PostgresFeeds
    desk: FeedDesk
    history: FeedHistory
    preview: FeedPreview
    not_found: NotFoundDesk
    resender: Resender
    overviews: OverviewDesk
    nearby: NetworkReads
    jobs: Jobs


def feeds(shared: Shared) -> Feeds:
    """The context of stock."""
    settings = shared.settings
    transactions = PostgresFeeds(shared.unit_of_work, lease_s=settings.lease_s)
    desk = FeedDesk(transactions, shared.bell, shared.signals, chunk_rows=settings.feed_chunk_rows)
    not_found = PostgresNotFound(shared.unit_of_work)
    store = PostgresNetworkStore(shared.unit_of_work)
    job = FeedJob(
        transactions,
        shared.projection,
        ShownStock(store, shared.projection),
        shared.signals,
        FeedMetrics(shared.metrics),
    )
    return Feeds(
        transactions=transactions,
        desk=desk,
        history=FeedHistory(PostgresFeedHistory(shared.unit_of_work)),
        preview=FeedPreview(transactions),
        not_found=NotFoundDesk(not_found),
        resender=Resender(not_found, transactions, desk),
        overviews=OverviewDesk(PostgresOverviews(shared.unit_of_work)),
        nearby=NetworkReads(store, shared.projection),
        jobs=Jobs({Actor.FEEDS_APPLY: (job.apply, job.give_up)}, {Actor.FEEDS_APPLY: desk.replay}),
    )
