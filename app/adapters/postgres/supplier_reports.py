"""Readings of a supplier and reports that it sent, as people look at them, send them and decide on them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, text

from app.domain.errors import TransientError
from app.domain.suppliers.ports import Poll

WAITING_MAX: Final = 50
"""Reports that one supplier may have sent and nobody has taken yet."""

_COLUMNS: Final = """
    SELECT id, supplier_id, due_at, started_at, finished_at, outcome, sent, status, rows, changed, dropped, stale,
           malformed, malformed_sample, as_of, error
    FROM supplier_poll
"""
_POLL: Final = f"{_COLUMNS} WHERE supplier_id = :supplier_id"
_HELD_OF: Final = text(
    f"{_COLUMNS} WHERE supplier_id = ANY(:suppliers) AND held IS NOT NULL AND outcome = 'held'"
)
_POLLS: Final = text(f"{_POLL} ORDER BY started_at DESC, id DESC LIMIT :limit")
_POLLS_BEFORE: Final = text(
    f"{_POLL} AND (started_at, id) < (:at, :id) ORDER BY started_at DESC, id DESC LIMIT :limit"
)
_ONE: Final = text(f"{_POLL} AND id = :id")
_SINCE: Final = text(
    f"{_POLL} AND NOT sent AND started_at >= :since AND finished_at IS NOT NULL ORDER BY started_at LIMIT 1"
)
_COUNT_WAITING: Final = text("""
    SELECT count(*) FROM supplier_poll
    WHERE supplier_id = :supplier_id AND held IS NOT NULL AND (outcome IS NULL OR outcome = 'released')
""")
_SEND: Final = text("""
    INSERT INTO supplier_poll (tenant_id, supplier_id, due_at, started_at, as_of, held, sent)
    SELECT p.tenant_id, p.id, n.at, n.at, COALESCE(CAST(:as_of AS timestamptz), n.at), :held, true
    FROM supplier p, (SELECT clock_timestamp() AS at) n WHERE p.id = :supplier_id
    RETURNING id
""")
_HOLD: Final = text("SELECT id FROM supplier WHERE id = :supplier_id FOR NO KEY UPDATE")
_HELD: Final = text("""
    SELECT held FROM supplier_poll WHERE supplier_id = :supplier_id AND id = :id AND outcome = 'held' FOR UPDATE
""")
_RELEASE: Final = text("""
    UPDATE supplier_poll SET outcome = 'released', held = :held, error = NULL
    WHERE supplier_id = :supplier_id AND id = :id
""")
_DISCARD: Final = text("""
    UPDATE supplier_poll SET outcome = 'discarded', held = NULL WHERE supplier_id = :supplier_id AND id = :id
""")


def newest(
    connection: Connection, supplier_id: UUID, limit: int, before: tuple[datetime, UUID] | None
) -> Sequence[Poll]:
    """Newest first, from a place on."""
    given: dict[str, Any] = {"supplier_id": supplier_id, "limit": limit}
    if before is None:
        rows = connection.execute(_POLLS, given)
    else:
        rows = connection.execute(_POLLS_BEFORE, {**given, "at": before[0], "id": before[1]})
    return [Poll(**row) for row in rows.mappings()]


def held_of(connection: Connection, suppliers: Sequence[UUID]) -> Sequence[Poll]:
    """What each of these suppliers holds back, in one reading."""
    rows = connection.execute(_HELD_OF, {"suppliers": list(suppliers)})
    return [Poll(**row) for row in rows.mappings()]


def one(connection: Connection, supplier_id: UUID, poll_id: UUID) -> Poll | None:
    """By its id."""
    return _poll(connection, _ONE, {"supplier_id": supplier_id, "id": poll_id})


def first_since(connection: Connection, supplier_id: UUID, since: datetime) -> Poll | None:
    """The first reading that began then or later, and ended."""
    return _poll(connection, _SINCE, {"supplier_id": supplier_id, "since": since})


def _poll(connection: Connection, statement: Any, given: dict[str, Any]) -> Poll | None:
    row = connection.execute(statement, given).mappings().one_or_none()
    return None if row is None else Poll(**row)


def send(connection: Connection, supplier_id: UUID, payload: bytes, as_of: datetime | None) -> UUID:
    """Keep a payload for a worker. Raises TransientError when too many wait."""
    hold(connection, supplier_id)
    if connection.execute(_COUNT_WAITING, {"supplier_id": supplier_id}).scalar_one() >= WAITING_MAX:
        raise TransientError(
            f"{WAITING_MAX} reports of this supplier wait to be taken; send again in a while",
            retry_after_s=30,
        )
    given = {"supplier_id": supplier_id, "as_of": as_of, "held": payload}
    poll_id: UUID = connection.execute(_SEND, given).scalar_one()
    return poll_id


def hold(connection: Connection, supplier_id: UUID) -> None:
    """Keep everybody else from the supplier for the transaction: its worker too."""
    connection.execute(_HOLD, {"supplier_id": supplier_id})


def held(connection: Connection, supplier_id: UUID, poll_id: UUID) -> bytes | None:
    """What waits for a person, locked after its supplier."""
    hold(connection, supplier_id)
    found: bytes | None = connection.execute(
        _HELD, {"supplier_id": supplier_id, "id": poll_id}
    ).scalar_one_or_none()
    return found


def release(connection: Connection, supplier_id: UUID, poll_id: UUID, payload: bytes) -> None:
    """Let it through."""
    connection.execute(_RELEASE, {"supplier_id": supplier_id, "id": poll_id, "held": payload})


def discard(connection: Connection, supplier_id: UUID, poll_id: UUID) -> None:
    """Drop it."""
    connection.execute(_DISCARD, {"supplier_id": supplier_id, "id": poll_id})
