"""Orders that ended more than a year ago, and refusals that nobody sees to any more."""

from typing import Final

from sqlalchemy import text

from app.adapters.postgres import pieces
from app.adapters.postgres.unit_of_work import UnitOfWork

# Ids are made in the order of time (uuid v7). What still holds units back stays, however old: reserved, or shipped and
# seen by no report.
_ORDERS: Final = text("""
    DELETE FROM stock_order WHERE id = ANY(ARRAY(
        SELECT o.id FROM stock_order o
        WHERE o.id < (SELECT uuidv7(interval '-400 days')) AND o.settled_at < now() - interval '400 days'
          AND NOT EXISTS (SELECT FROM reservation r WHERE r.order_id = o.id AND r.state IN ('open', 'shipped'))
        ORDER BY o.id LIMIT :piece))
""")
# Also what is open ends one day: a shop whose SKUs are sold out makes more of them than anybody replays.
_REFUSALS: Final = text("""
    DELETE FROM order_refusal WHERE id = ANY(ARRAY(
        SELECT id FROM order_refusal
        WHERE id < (SELECT uuidv7(interval '-90 days'))
          AND refused_at < now() - CASE state WHEN 'open' THEN interval '400 days' ELSE interval '90 days' END
        ORDER BY id LIMIT :piece))
""")


def prune(uow: UnitOfWork, piece: int = pieces.PIECE) -> None:
    """Piece by piece; an order's reservations go with it."""
    for statement in (_ORDERS, _REFUSALS):
        pieces.delete(uow, statement, piece)
