"""What nobody looks back at any more: alerts, deliveries and changes of stock of three months ago."""

from typing import Final

from sqlalchemy import text

from app.adapters.postgres import pieces
from app.adapters.postgres.unit_of_work import UnitOfWork

# Ids are made in the order of time (uuid v7), and their index is there anyway. The last word on what is so still stays
# until somebody acknowledges it: of a subject that is one alert.
_ALERTS: Final = text("""
    DELETE FROM alert WHERE id = ANY(ARRAY(
        SELECT a.id FROM alert a LEFT JOIN alert_state k ON k.tenant_id = a.tenant_id AND k.subject = a.subject
        WHERE a.id < (SELECT uuidv7(interval '-90 days')) AND a.told
          AND (a.acknowledged_at IS NOT NULL OR k.since IS NULL OR a.created_at < k.since - interval '1 minute'
               OR a.kind IN ('back', 'shortage-over', 'source-back', 'reorder-over'))
        ORDER BY a.id LIMIT :piece))
""")
_DELIVERIES: Final = text("""
    DELETE FROM alert_delivery WHERE id = ANY(ARRAY(
        SELECT id FROM alert_delivery WHERE created_at < now() - interval '90 days' AND state <> 'queued'
        ORDER BY created_at LIMIT :piece))
""")
# Forecasts look as far back; what a watch has not seen stays until it has.
_CHANGES: Final = text("""
    DELETE FROM supplier_stock_change WHERE id = ANY(ARRAY(
        SELECT id FROM supplier_stock_change
        WHERE at < now() - interval '90 days' AND alerts_seen AND orders_seen LIMIT :piece))
""")
_SECRETS: Final = text("""
    UPDATE alert_channel SET old_secret = NULL, old_secret_until = NULL WHERE old_secret_until <= clock_timestamp()
""")


def prune(uow: UnitOfWork, piece: int = pieces.PIECE) -> None:
    """Piece by piece; and the secrets that sign nothing any more."""
    for statement in (_ALERTS, _DELIVERIES, _CHANGES):
        pieces.delete(uow, statement, piece)
    with uow.platform() as connection:
        connection.execute(_SECRETS)
