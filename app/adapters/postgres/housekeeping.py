"""What keeps the tables small: partitions rolled; expired keys, secrets, events, minutes, orders and alerts dropped."""

from typing import Final

from sqlalchemy import text

from app.adapters.postgres import (
    accounts,
    activity,
    alert_retention,
    not_found,
    order_retention,
    reliability,
    supplier_watch,
    webhooks,
)
from app.adapters.postgres.connections import drop_expired_secrets
from app.adapters.postgres.unit_of_work import UnitOfWork

_ROLL: Final = text("SELECT roll_feed_chunks()")
_EXPIRED_KEYS: Final = text("DELETE FROM idempotency_key WHERE created_at < now() - interval '25 hours'")

_SETTLED_ITEMS: Final = text("""
    DELETE FROM push_item i USING push p
    WHERE p.id = i.push_id AND p.finished_at < now() - interval '30 days' AND i.outcome IN ('succeeded', 'skipped')
""")


def keep_house(uow: UnitOfWork) -> None:
    """Each step in its own transaction; any number of clocks may run it at once."""
    with uow.platform() as connection:
        connection.execute(_ROLL)
    with uow.platform() as connection:
        connection.execute(_EXPIRED_KEYS)
    with uow.platform() as connection:
        activity.prune(connection)
    with uow.platform() as connection:
        accounts.prune(connection)
    with uow.platform() as connection:
        webhooks.prune(connection)
    with uow.platform() as connection:
        drop_expired_secrets(connection)
    with uow.platform() as connection:
        not_found.prune(connection)
    with uow.platform() as connection:
        connection.execute(_SETTLED_ITEMS)
    with uow.platform() as connection:
        reliability.roll_up(connection)
    with uow.platform() as connection:
        supplier_watch.prune(connection)
    alert_retention.prune(uow)
    order_retention.prune(uow)
    supplier_watch.note_silent(uow)
