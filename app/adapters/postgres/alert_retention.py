"""What nobody looks back at any more: alerts, deliveries and changes of stock of three months ago."""

from typing import Final

from sqlalchemy import TextClause, text

from app.adapters.postgres.unit_of_work import UnitOfWork

BATCH: Final = 20_000

# Ids are made in the order of time (uuid v7), and their index is there anyway.
_ALERTS: Final = text("""
    DELETE FROM alert WHERE id = ANY(ARRAY(
        SELECT id FROM alert WHERE id < (SELECT uuidv7(interval '-90 days')) AND told ORDER BY id LIMIT :batch))
""")
_DELIVERIES: Final = text("""
    DELETE FROM alert_delivery WHERE id = ANY(ARRAY(
        SELECT id FROM alert_delivery WHERE created_at < now() - interval '90 days' AND state <> 'queued'
        ORDER BY created_at LIMIT :batch))
""")
# Forecasts look as far back; what a watch has not seen stays until it has.
_CHANGES: Final = text("""
    DELETE FROM supplier_stock_change WHERE id = ANY(ARRAY(
        SELECT id FROM supplier_stock_change
        WHERE at < now() - interval '90 days' AND alerts_seen AND orders_seen LIMIT :batch))
""")
_SECRETS: Final = text("""
    UPDATE alert_channel SET old_secret = NULL, old_secret_until = NULL WHERE old_secret_until <= clock_timestamp()
""")


def prune(uow: UnitOfWork, batch: int = BATCH) -> None:
    """Piece by piece, each in its own transaction; and the secrets that sign nothing any more."""
    for statement in (_ALERTS, _DELIVERIES, _CHANGES):
        while _deleted(uow, statement, batch) == batch:
            pass
    with uow.platform() as connection:
        connection.execute(_SECRETS)


def _deleted(uow: UnitOfWork, statement: TextClause, batch: int) -> int:
    with uow.platform() as connection:
        return connection.execute(statement, {"batch": batch}).rowcount
