"""Suppliers' stock, orders on it, what people are told of it, and what is bought anew."""

from dataclasses import dataclass
from typing import Final

from app.adapters.outbound.fetcher import OutboundFetcher
from app.adapters.outbound.orders import SupplierApis
from app.adapters.outbound.webhooks import WebhookWire
from app.adapters.postgres.alert_channels import PostgresAlertDesk
from app.adapters.postgres.alert_deliveries import PostgresDeliveries
from app.adapters.postgres.alert_watch import PostgresWatches
from app.adapters.postgres.orders import PostgresOrders
from app.adapters.postgres.purchase_send import PostgresPurchaseSending
from app.adapters.postgres.purchase_watch import PostgresPurchaseWatch
from app.adapters.postgres.purchasing import PostgresPurchasing
from app.adapters.postgres.supplier_polls import PostgresSupplierPolls
from app.adapters.postgres.suppliers import PostgresSuppliers
from app.adapters.smtp.mailbox import SmtpMailbox
from app.adapters.smtp.mailer import SmtpMailer
from app.bootstrap.shared import Shared
from app.bootstrap.work import Jobs
from app.domain.alerts.deliver import DeliverJob
from app.domain.alerts.sending import Sender
from app.domain.alerts.service import AlertDesk
from app.domain.alerts.watch import WatchJob as AlertWatchJob
from app.domain.orders.refusals import RefusalDesk
from app.domain.orders.service import ExpiryJob, OrderDesk
from app.domain.purchasing.send import SendJob
from app.domain.purchasing.service import PurchasingDesk
from app.domain.purchasing.watch import WatchJob
from app.domain.suppliers.poll import PollJob
from app.domain.suppliers.service import SupplierDesk
from app.domain.suppliers.source import Fetcher
from app.domain.work.dispatch import Actor

SUPPLIER_BYTES_MAX: Final = 64 * 1024 * 1024
SUPPLIER_MARGIN_S: Final = 30.0
"""Of a supplier's lease, for reading what was fetched and writing it down."""


@dataclass(frozen=True, slots=True)
class Suppliers:
    """Sources of stock, and how they are asked."""

    desk: SupplierDesk
    fetcher: Fetcher
    jobs: Jobs


@dataclass(frozen=True, slots=True)
class Orders:
    """Orders, and those that were refused."""

    desk: OrderDesk
    refusals: RefusalDesk
    jobs: Jobs


@dataclass(frozen=True, slots=True)
class Alerts:
    """What people are told."""

    desk: AlertDesk
    jobs: Jobs


@dataclass(frozen=True, slots=True)
class Purchasing:
    """What is bought."""

    desk: PurchasingDesk
    jobs: Jobs


def suppliers(shared: Shared) -> Suppliers:
    """The context of suppliers."""
    timeout_s = shared.settings.supplier_timeout_s
    fetcher = OutboundFetcher(shared.internet, timeout_s=timeout_s, bytes_max=SUPPLIER_BYTES_MAX)
    poll = PollJob(
        PostgresSupplierPolls(shared.unit_of_work),
        fetcher,
        shared.vault,
        lease_s=timeout_s + SUPPLIER_MARGIN_S,
    )
    desk = SupplierDesk(PostgresSuppliers(shared.unit_of_work), shared.vault, shared.bell)
    return Suppliers(desk, fetcher, Jobs({Actor.SUPPLIERS_POLL: (poll.run, poll.give_up)}))


def orders(shared: Shared) -> Orders:
    """The context of orders."""
    transactions = PostgresOrders(shared.unit_of_work)
    expiry = ExpiryJob(transactions)
    jobs = Jobs({Actor.ORDERS_EXPIRE: (expiry.run, expiry.give_up)}, {Actor.ORDERS_EXPIRE: expiry.replay})
    return Orders(OrderDesk(transactions), RefusalDesk(transactions), jobs)


def alerts(shared: Shared) -> Alerts:
    """The context of alerts."""
    settings, unit_of_work = shared.settings, shared.unit_of_work
    wire = WebhookWire(shared.internet, shared.guard)
    mailer = SmtpMailer(shared.mail_server, settings.mail_from)
    sender = Sender(wire, mailer, shared.vault, portal_url=settings.public_url)
    deliver = DeliverJob(PostgresDeliveries(unit_of_work), sender)
    watch = AlertWatchJob(PostgresWatches(unit_of_work))
    jobs = Jobs(
        {
            Actor.ALERTS_WATCH: (watch.run, watch.give_up),
            Actor.ALERTS_DELIVER: (deliver.run, deliver.give_up),
        },
        {Actor.ALERTS_DELIVER: deliver.replay},
    )
    return Alerts(AlertDesk(PostgresAlertDesk(unit_of_work), sender, wire, mailer, shared.vault), jobs)


def purchasing(shared: Shared) -> Purchasing:
    """The context of purchase orders."""
    unit_of_work = shared.unit_of_work
    watch = WatchJob(PostgresPurchaseWatch(unit_of_work, lease_s=shared.settings.lease_s))
    send = SendJob(
        PostgresPurchaseSending(unit_of_work),
        SmtpMailbox(shared.mail_server, shared.settings.mail_from),
        SupplierApis(shared.internet),
        shared.vault,
    )
    jobs = Jobs(
        {
            Actor.PURCHASING_WATCH: (watch.run, watch.give_up),
            Actor.PURCHASING_SEND: (send.run, send.give_up),
        }
    )
    return Purchasing(PurchasingDesk(PostgresPurchasing(unit_of_work), shared.bell), jobs)
