"""Feeds in PostgreSQL: accepted with their chunks and dispatch row in one statement, and read back."""

import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, text

from app.adapters.postgres import work
from app.domain.errors import IdempotencyMismatchError, NotFoundError
from app.domain.stock.block import Block, pack, unpack
from app.domain.stock.decision import Verdict
from app.domain.stock.feed import CODES, Counters, Feed, FeedKind, FeedStatus, Outcome
from app.domain.stock.ports import Chunk, NewFeed
from app.domain.work.dispatch import Actor, State

FEED_COLUMNS: Final = """
    f.id, f.tenant_id, f.kind, f.status, f.accepted_at, f.seq, f.started_at, f.applied_at, f.received, f.rejected,
    f.chunks, f.next_chunk, f.rows_applied, f.updated, f.changed, f.resolved_via_alias, f.echo_skipped,
    f.not_found, f.duplicates, f.stale, f.invalid_dealers, f.not_found_sample, f.invalid_dealer_ids,
    f.rejected_sample, f.settled, f.guard_waived, f.error, f.request_id, f.surface
"""

# A key is claimed by the insert itself: a rival's insert waits here until this transaction is over. A key past
# its 24 hours is taken over as if it had never been.
_CLAIM_KEY: Final = text("""
    INSERT INTO idempotency_key AS k (tenant_id, surface, key, body_hash, feed_id)
    VALUES (:tenant_id, :surface, :key, :body_hash, uuidv7())
    ON CONFLICT (tenant_id, surface, key) DO UPDATE
    SET body_hash = excluded.body_hash, feed_id = excluded.feed_id, created_at = now()
    WHERE k.created_at < now() - interval '24 hours'
    RETURNING feed_id
""")
_KEY: Final = text("""
    SELECT feed_id, body_hash FROM idempotency_key
    WHERE tenant_id = :tenant_id AND surface = :surface AND key = :key
""")

# clock_timestamp, not now(): the acceptance time is read when the row is written.
_ACCEPT: Final = text(f"""
    WITH f AS (
        INSERT INTO feed (id, tenant_id, kind, accepted_at, seq, received, rejected, chunks, rejected_sample,
                          request_id, surface, guard_waived)
        VALUES (COALESCE(:feed_id, uuidv7()), :tenant_id, :kind, clock_timestamp(), nextval('accept_seq'),
                :received, :rejected, :chunks, CAST(:rejected_sample AS jsonb), :request_id, :surface,
                :guard_waived)
        RETURNING *),
    c AS (
        INSERT INTO feed_chunk (feed_id, ordinal, accepted_at, tenant_id, first_index, refused, payload)
        SELECT f.id, n.ordinal - 1, f.accepted_at, f.tenant_id, n.first_index, n.refused, n.payload
        FROM f, unnest(CAST(:first_indexes AS int[]), CAST(:refused AS int[]), CAST(:payloads AS bytea[]))
                    WITH ORDINALITY AS n(first_index, refused, payload, ordinal)),
    d AS (
        INSERT INTO dispatch (id, actor, tenant_id, lane, seq, ring_after)
        SELECT f.id, :actor, f.tenant_id, f.kind || ':' || f.tenant_id, f.seq, clock_timestamp() + interval '5 s'
        FROM f)
    SELECT {FEED_COLUMNS} FROM f
""")

_FEED: Final = text(f"SELECT {FEED_COLUMNS} FROM feed f WHERE f.tenant_id = :tenant_id AND f.id = :id")

_FEEDS: Final = text(f"""
    SELECT {FEED_COLUMNS} FROM feed f WHERE f.tenant_id = :tenant_id
    ORDER BY f.accepted_at DESC, f.id DESC LIMIT :limit
""")
_FEEDS_BEFORE: Final = text(f"""
    SELECT {FEED_COLUMNS} FROM feed f
    WHERE f.tenant_id = :tenant_id AND (f.accepted_at, f.id) < (:accepted_at, :id)
    ORDER BY f.accepted_at DESC, f.id DESC LIMIT :limit
""")

# From the chunk that holds the payload position on; with an outcome, only chunks that hold one of its codes.
_CHUNKS: Final = text("""
    SELECT ordinal, payload, superseded, outcomes FROM feed_chunk
    WHERE tenant_id = :tenant_id AND feed_id = :feed_id AND accepted_at = :accepted_at
      AND ordinal >= COALESCE((SELECT max(ordinal) FROM feed_chunk
                               WHERE tenant_id = :tenant_id AND feed_id = :feed_id
                                 AND accepted_at = :accepted_at AND first_index <= :from_index), 0)
      AND (CAST(:codes AS text[]) IS NULL
           OR EXISTS (SELECT FROM unnest(CAST(:codes AS text[])) code
                      WHERE position(convert_to(code, 'UTF8') IN outcomes) > 0))
      AND (NOT :refused_only OR refused > 0)
    ORDER BY ordinal LIMIT :limit
""")
_CHUNK: Final = text("""
    SELECT ordinal, payload, superseded, outcomes FROM feed_chunk
    WHERE tenant_id = :tenant_id AND feed_id = :feed_id AND accepted_at = :accepted_at AND ordinal = :ordinal
""")
_ALL_CHUNKS: Final = text("""
    SELECT payload FROM feed_chunk
    WHERE tenant_id = :tenant_id AND feed_id = :feed_id AND accepted_at = :accepted_at AND ordinal = :ordinal
""")

# Who decided is a row of the same statement: no decision is kept that was not made, and none is made by nobody.
_DECIDED: Final = """
    WITH f AS ({update} RETURNING id, tenant_id)
    INSERT INTO feed_decision (feed_id, decided_at, tenant_id, decision, decided_by)
    SELECT id, clock_timestamp(), tenant_id, :decision, :decided_by FROM f
"""
_RELEASE: Final = """
    UPDATE feed SET status = 'queued', guard_waived = true, error = NULL
    WHERE tenant_id = :tenant_id AND id = :id AND status = 'held'
"""
_DISCARD: Final = """
    UPDATE feed SET status = 'discarded' WHERE tenant_id = :tenant_id AND id = :id AND status = 'held'
"""
_REPLAY: Final = """
    UPDATE feed SET status = 'queued', error = NULL
    WHERE tenant_id = :tenant_id AND id = :id AND status = 'failed'
      AND EXISTS (SELECT FROM dispatch WHERE dispatch.id = :id AND state = 'dead')
"""
_MOVES: Final = {
    verdict: text(_DECIDED.format(update=update))
    for verdict, update in (
        (Verdict.RELEASED, _RELEASE),
        (Verdict.DISCARDED, _DISCARD),
        (Verdict.REPLAYED, _REPLAY),
    )
}

_COUNTERS: Final = tuple(one.name for one in fields(Counters))


def feed_of(row: Mapping[Any, Any]) -> Feed:
    """A feed from a row of FEED_COLUMNS."""
    values = dict(row)
    counters = Counters(**{name: values.pop(name) for name in _COUNTERS})
    values["kind"] = FeedKind(values["kind"])
    values["status"] = FeedStatus(values["status"])
    return Feed(**values, counters=counters)


def packed(block: Block) -> bytes:
    """A block as it is kept."""
    return zlib.compress(pack(block), 1)


def unpacked(payload: bytes, superseded: Sequence[int] | None = None) -> Block:
    """A kept block, with what lost to rows of other chunks."""
    block = unpack(zlib.decompress(payload))
    block.superseded.extend(superseded or ())
    return block


def claim_idempotency_key(
    connection: Connection, tenant_id: UUID, surface: str, key: str, body_hash: bytes
) -> tuple[UUID, bool]:
    """See the port."""
    parameters = {"tenant_id": tenant_id, "surface": surface, "key": key, "body_hash": body_hash}
    claimed = connection.execute(_CLAIM_KEY, parameters).scalar_one_or_none()
    if claimed is not None:
        return claimed, True
    earlier = connection.execute(_KEY, {"tenant_id": tenant_id, "surface": surface, "key": key}).one()
    if earlier.body_hash != body_hash:
        raise IdempotencyMismatchError(
            "this Idempotency-Key came before with another body; use a new key for a new payload"
        )
    return earlier.feed_id, False


def accept(connection: Connection, tenant_id: UUID, new: NewFeed, feed_id: UUID | None) -> Feed:
    """See the port."""
    row = connection.execute(
        _ACCEPT,
        {
            "feed_id": feed_id,
            "tenant_id": tenant_id,
            "kind": new.kind,
            "received": new.received,
            "rejected": new.rejected,
            "chunks": len(new.blocks),
            "rejected_sample": json.dumps(new.rejected_sample),
            "request_id": new.request_id,
            "surface": new.surface,
            "guard_waived": new.guard_waived,
            "first_indexes": [block.first_index for block in new.blocks],
            "refused": [len(block.refused) for block in new.blocks],
            "payloads": [packed(block) for block in new.blocks],
            "actor": Actor.FEEDS_APPLY,
        },
    )
    return feed_of(row.mappings().one())


def feed(connection: Connection, tenant_id: UUID, feed_id: UUID) -> Feed:
    """See the port."""
    row = connection.execute(_FEED, {"tenant_id": tenant_id, "id": feed_id}).mappings().one_or_none()
    if row is None:
        raise NotFoundError("no such feed")
    return feed_of(row)


def feeds(
    connection: Connection, tenant_id: UUID, limit: int, before: tuple[datetime, UUID] | None
) -> list[Feed]:
    """See the port."""
    parameters: dict[str, Any] = {"tenant_id": tenant_id, "limit": limit}
    if before is None:
        rows = connection.execute(_FEEDS, parameters)
    else:
        rows = connection.execute(_FEEDS_BEFORE, {**parameters, "accepted_at": before[0], "id": before[1]})
    return [feed_of(row) for row in rows.mappings()]


def chunks(
    connection: Connection, of: Feed, *, from_index: int, outcome: Outcome | None, limit: int
) -> list[Chunk]:
    """See the port."""
    rows = connection.execute(
        _CHUNKS,
        {
            "tenant_id": of.tenant_id,
            "feed_id": of.id,
            "accepted_at": of.accepted_at,
            "from_index": from_index,
            "codes": _codes(outcome),
            "refused_only": outcome is Outcome.REJECTED,
            "limit": limit,
        },
    )
    return [Chunk(row.ordinal, unpacked(row.payload, row.superseded), row.outcomes) for row in rows]


def chunk(connection: Connection, of: Feed, ordinal: int) -> Chunk | None:
    """See the port."""
    given = {"tenant_id": of.tenant_id, "feed_id": of.id, "accepted_at": of.accepted_at, "ordinal": ordinal}
    row = connection.execute(_CHUNK, given).one_or_none()
    return None if row is None else Chunk(row.ordinal, unpacked(row.payload, row.superseded), row.outcomes)


def _codes(outcome: Outcome | None) -> list[str] | None:
    if outcome is None or outcome is Outcome.REJECTED:
        return None
    wanted = [outcome, Outcome.CHANGED] if outcome is Outcome.UPDATED else [outcome]
    return [case for one in wanted for case in (CODES[one], CODES[one].upper())]


def blocks(connection: Connection, of: Feed) -> Iterator[Block]:
    """See the port."""
    for ordinal in range(of.chunks):
        yield unpacked(
            connection.execute(
                _ALL_CHUNKS,
                {
                    "tenant_id": of.tenant_id,
                    "feed_id": of.id,
                    "accepted_at": of.accepted_at,
                    "ordinal": ordinal,
                },
            ).scalar_one()
        )


def release(connection: Connection, tenant_id: UUID, feed_id: UUID, decided_by: str) -> bool:
    """See the port."""
    moved = _moved(connection, Verdict.RELEASED, tenant_id, feed_id, decided_by)
    return moved and work.revive(connection, feed_id, State.HELD)


def discard(connection: Connection, tenant_id: UUID, feed_id: UUID, decided_by: str) -> bool:
    """See the port."""
    moved = _moved(connection, Verdict.DISCARDED, tenant_id, feed_id, decided_by)
    return moved and work.drop(connection, feed_id, State.HELD)


def replay(connection: Connection, tenant_id: UUID, feed_id: UUID, decided_by: str) -> bool:
    """See the port."""
    moved = _moved(connection, Verdict.REPLAYED, tenant_id, feed_id, decided_by)
    return moved and work.revive(connection, feed_id, State.DEAD)


def _moved(
    connection: Connection, decision: Verdict, tenant_id: UUID, feed_id: UUID, decided_by: str
) -> bool:
    given = {"tenant_id": tenant_id, "id": feed_id, "decision": decision, "decided_by": decided_by}
    return connection.execute(_MOVES[decision], given).rowcount == 1
