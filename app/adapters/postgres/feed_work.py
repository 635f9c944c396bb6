"""The job's side of feeds: the next chunk with its place in the lane, and the checkpoint that seals it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, text

from app.adapters.postgres import driver, lanes, work
from app.adapters.postgres.arrays import numbers
from app.adapters.postgres.feeds import FEED_COLUMNS, feed_of, unpacked
from app.domain.errors import LeaseLostError
from app.domain.stock.feed import Feed, FeedKind, FeedStatus, recorded_under
from app.domain.stock.plan import REFRESH, FeedClock, Plan, Version
from app.domain.stock.ports import Hints, Rules, Work
from app.domain.work.dispatch import Claim, State

_NEXT: Final = f"""
    SELECT {FEED_COLUMNS}, c.payload, c.superseded, t.echo_guard_s, t.shrink_guard_percent,
           COALESCE(l.newest_seq, 0) AS newest_seq, l.confirmed_until,
           EXISTS (SELECT FROM tenant_sku_alias a WHERE a.tenant_id = f.tenant_id) AS has_aliases,
           EXISTS (SELECT FROM shopify_product_mapping m
                   WHERE m.tenant_id = f.tenant_id
                     AND m.last_pushed_at > f.accepted_at - make_interval(secs => t.echo_guard_s)) AS has_pushes
    FROM feed f
    JOIN tenant t ON t.id = f.tenant_id
    JOIN feed_chunk c ON c.feed_id = f.id AND c.accepted_at = f.accepted_at AND c.ordinal = f.next_chunk
    LEFT JOIN feed_lane l ON l.tenant_id = f.tenant_id AND l.kind = f.kind
    WHERE f.tenant_id = %s AND f.id = %s
"""

_BEGIN: Final = text("""
    WITH l AS (
        INSERT INTO feed_lane AS l (tenant_id, kind, newest_seq) VALUES (:tenant_id, :kind, :seq)
        ON CONFLICT (tenant_id, kind) DO UPDATE SET newest_seq = excluded.newest_seq
        WHERE l.newest_seq < excluded.newest_seq)
    UPDATE feed SET status = 'applying', started_at = COALESCE(started_at, :claimed_at)
    WHERE tenant_id = :tenant_id AND id = :id RETURNING started_at
""")

_CLOCK: Final = text("""
    SELECT clock_timestamp() AS accepted_at,
           (SELECT confirmed_until FROM feed_lane WHERE tenant_id = :tenant_id AND kind = :kind)
""")

_CLOCK_OF: Final = text("""
    SELECT newest_seq, confirmed_until FROM feed_lane WHERE tenant_id = :tenant_id AND kind = :kind
""")

# One statement for all that must stand or fall together with the items just written. Zero rows: the lease went
# to another worker, or the checkpoint is not where this worker thinks; either way nothing of it may commit.
_CHECKPOINT: Final = text("""
    WITH lease AS (
        SELECT id FROM dispatch WHERE id = :id AND token = :token AND state = 'running' FOR UPDATE),
    renewed AS (
        UPDATE dispatch d
        SET attempts = 0, lease_until = clock_timestamp() + make_interval(secs => :lease_s)
        FROM lease WHERE d.id = lease.id AND NOT :last),
    done AS (DELETE FROM dispatch d USING lease WHERE d.id = lease.id AND :last),
    c AS (
        UPDATE feed_chunk
        SET outcomes = :outcomes, confirmed = CAST(:confirmed AS bigint[]),
            confirmed_as_of = CAST(:confirmed_as_of AS timestamptz[]),
            confirmed_from = CAST(:confirmed_from AS timestamptz),
            confirmed_until = CAST(:confirmed_until AS timestamptz)
        WHERE feed_id = :id AND accepted_at = :accepted_at AND ordinal = :ordinal)
    UPDATE feed f
    SET next_chunk = f.next_chunk + 1, rows_applied = f.rows_applied + :rows, updated = :updated,
        changed = :changed, resolved_via_alias = :resolved_via_alias, echo_skipped = :echo_skipped,
        not_found = :not_found, duplicates = :duplicates, stale = :stale, invalid_dealers = :invalid_dealers,
        not_found_sample = CAST(:not_found_sample AS jsonb),
        invalid_dealer_ids = CAST(:invalid_dealer_ids AS jsonb),
        status = CASE WHEN :last THEN 'applied' ELSE f.status END,
        applied_at = CASE WHEN :last THEN clock_timestamp() END
    FROM lease WHERE f.id = lease.id AND f.tenant_id = :tenant_id AND f.next_chunk = :ordinal
    RETURNING f.applied_at
""")

_RAISE_MARK: Final = text("""
    UPDATE feed_lane SET confirmed_until = GREATEST(confirmed_until, :until)
    WHERE tenant_id = :tenant_id AND kind = :kind
""")

_CONFIRMATIONS: Final = text("""
    SELECT DISTINCT ON (u.id) u.id, COALESCE(u.as_of, c.accepted_at) AS as_of, f.seq
    FROM feed_chunk c
    JOIN feed f ON f.id = c.feed_id AND f.kind = :kind,
    LATERAL unnest(c.confirmed, c.confirmed_as_of) AS u(id, as_of)
    WHERE c.tenant_id = :tenant_id AND c.confirmed_until >= :since AND c.confirmed_from <= :until
      AND u.id = ANY(CAST(:ids AS bigint[]))
    ORDER BY u.id, 2 DESC, f.seq DESC
""")

_SUPERSEDE: Final = text("""
    UPDATE feed_chunk SET superseded = CAST(:lost AS int[])
    WHERE tenant_id = :tenant_id AND feed_id = :id AND accepted_at = :accepted_at AND ordinal = :ordinal
""")
_SETTLED: Final = text("UPDATE feed SET settled = true WHERE tenant_id = :tenant_id AND id = :id")
_PUT_ASIDE: Final = text("""
    UPDATE feed SET status = :status, error = :error WHERE tenant_id = :tenant_id AND id = :id
    RETURNING kind, surface
""")


def next_work(connection: Connection, claim: Claim) -> Work:
    """See the port."""
    lanes.take_turns(connection, claim.lane)
    values = driver.named_row(connection, _NEXT, (claim.tenant_id, claim.id))
    if values is None:
        raise LookupError("the feed's rows are gone: they are kept 7 days")
    block = unpacked(values.pop("payload"), values.pop("superseded"))
    rules = Rules(values.pop("echo_guard_s"), values.pop("shrink_guard_percent"))
    hints = Hints(aliases=values.pop("has_aliases"), pushes=values.pop("has_pushes"))
    newest_seq, confirmed_until = values.pop("newest_seq"), values.pop("confirmed_until")
    if values["next_chunk"] == 0:
        values["started_at"] = connection.execute(
            _BEGIN,
            {name: values[name] for name in ("tenant_id", "id", "kind", "seq")}
            | {"claimed_at": claim.claimed_at},
        ).scalar_one()
    feed = feed_of(values)
    clock = FeedClock(feed.accepted_at, feed.seq, feed.seq >= newest_seq, confirmed_until)
    return Work(feed, rules, hints, block, clock)


def clock_now(connection: Connection, tenant_id: UUID, kind: FeedKind) -> FeedClock:
    """See the port. The sequence of a feed that does not exist is later than any."""
    row = connection.execute(_CLOCK, {"tenant_id": tenant_id, "kind": kind}).one()
    return FeedClock(row.accepted_at, 2**62, in_order=True, confirmed_until=row.confirmed_until)


def clock_of(connection: Connection, feed: Feed) -> FeedClock:
    """See the port."""
    row = connection.execute(_CLOCK_OF, {"tenant_id": feed.tenant_id, "kind": feed.kind}).one_or_none()
    newest_seq, confirmed_until = row or (0, None)
    return FeedClock(feed.accepted_at, feed.seq, feed.seq >= newest_seq, confirmed_until)


def confirmations(
    connection: Connection, tenant_id: UUID, kind: FeedKind, doubtful: Mapping[int, tuple[datetime, datetime]]
) -> dict[int, Version]:
    """See the port. Only chunks whose confirmations lie between the rows' stamps and the bound are opened."""
    rows = connection.execute(
        _CONFIRMATIONS,
        {
            "tenant_id": tenant_id,
            "kind": kind,
            "ids": numbers(doubtful),
            "since": min(stamp for stamp, _ in doubtful.values()),
            "until": max(standing for _, standing in doubtful.values()) + REFRESH,
        },
    )
    return {row.id: (row.as_of, row.seq) for row in rows}


def checkpoint(connection: Connection, claim: Claim, work_: Work, plan: Plan, lease_s: float) -> Feed:
    """See the port; the activity of the last chunk's feed is the caller's."""
    feed, counters = work_.feed, work_.feed.counters + plan.counters
    columns = asdict(counters)
    columns |= {name: json.dumps(value) for name, value in columns.items() if isinstance(value, list)}
    done = connection.execute(
        _CHECKPOINT,
        {
            "tenant_id": feed.tenant_id,
            "id": claim.id,
            "token": claim.token,
            "lease_s": lease_s,
            "accepted_at": feed.accepted_at,
            "ordinal": feed.next_chunk,
            "outcomes": bytes(plan.outcomes),
            **_confirmed(plan, feed.accepted_at),
            "rows": work_.block.row_count,
            **columns,
            "last": work_.last,
        },
    )
    row = done.one_or_none()
    if row is None:
        raise LeaseLostError(f"the lease on {claim.id} went to another worker")
    mark = plan.confirmed_until
    if mark is not None and (work_.clock.confirmed_until is None or mark > work_.clock.confirmed_until):
        connection.execute(_RAISE_MARK, {"tenant_id": feed.tenant_id, "kind": feed.kind, "until": mark})
    return replace(
        feed,
        status=FeedStatus.APPLIED if work_.last else FeedStatus.APPLYING,
        applied_at=row.applied_at,
        next_chunk=feed.next_chunk + 1,
        rows_applied=feed.rows_applied + work_.block.row_count,
        counters=counters,
    )


def _confirmed(plan: Plan, accepted_at: datetime) -> dict[str, Any]:
    """The unwritten confirmations as arrays; the stamps only where a row brought its own."""
    dated = any(as_of for _, as_of in plan.confirmed)
    stamps = [as_of or accepted_at for _, as_of in plan.confirmed] if dated else [accepted_at]
    some = bool(plan.confirmed)
    return {
        "confirmed": numbers([item for item, _ in plan.confirmed]) if some else None,
        "confirmed_as_of": stamps if dated else None,
        "confirmed_from": min(stamps) if some else None,
        "confirmed_until": max(stamps) if some else None,
    }


def settled(
    connection: Connection, claim: Claim, work_: Work, lost: Mapping[int, Sequence[int]], lease_s: float
) -> None:
    """See the port."""
    feed = work_.feed
    parameters = {"tenant_id": feed.tenant_id, "id": feed.id}
    for ordinal, positions in lost.items():
        connection.execute(
            _SUPERSEDE,
            {**parameters, "accepted_at": feed.accepted_at, "ordinal": ordinal, "lost": list(positions)},
        )
    connection.execute(_SETTLED, parameters)
    work.checkpoint(connection, claim, lease_s)


def put_aside(connection: Connection, claim: Claim, *, status: FeedStatus, state: State, reason: str) -> str:
    """Held or failed, with the reason a person reads; the surface it is recorded under. Raises LeaseLostError."""
    work.park(connection, claim, state, reason)
    row = connection.execute(
        _PUT_ASIDE, {"tenant_id": claim.tenant_id, "id": claim.id, "status": status, "error": reason}
    ).one()
    return recorded_under(FeedKind(row.kind), row.surface)
