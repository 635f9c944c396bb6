"""Takes turns in a lane: whoever decides what stands in it sees all that was decided before.

A feed can meet a later one of its lane at work: committed late, released, replayed, or behind a paused worker; an
import meets either. Without turns one could miss what the other wrote, or confirmed without writing.
"""

from typing import Final
from uuid import UUID

from sqlalchemy import Connection, text

from app.domain.stock.feed import FeedKind

_TAKE_TURNS: Final = text("SELECT pg_advisory_xact_lock(hashtextextended('feed lane ' || :lane, 0))")


def take_turns(connection: Connection, lane: str) -> None:
    """Wait for the lane's other transactions, and hold it until this one ends. Take it before any row."""
    connection.execute(_TAKE_TURNS, {"lane": lane})


def take_all_turns(connection: Connection, tenant_id: UUID) -> None:
    """The tenant's lanes that write its items, always in the same order."""
    for kind in (FeedKind.PRICE, FeedKind.STOCK):
        take_turns(connection, f"{kind}:{tenant_id}")
