"""The worker's side of pushes: every write is fenced by the claim's token."""

from collections.abc import Collection, Mapping
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, text

from app.adapters.postgres import activity, push_products, work
from app.adapters.postgres.push_rows import COLUMNS, push_of
from app.domain.errors import LeaseLostError
from app.domain.push.ports import NextItem, Settled
from app.domain.push.product import Mapped
from app.domain.push.push import Push, PushStatus, Reason
from app.domain.work.dispatch import Claim, State

_SURFACE: Final = "shopify-push"

_BEGIN: Final = text(f"""
    UPDATE push p
    SET version = p.version + CASE WHEN p.status = 'running' THEN 0 ELSE 1 END, status = 'running',
        started_at = COALESCE(p.started_at, clock_timestamp()), reason_code = NULL, reason = NULL
    WHERE p.tenant_id = :tenant_id AND p.id = :id AND p.status IN ('queued', 'running', 'paused')
    RETURNING {COLUMNS}
""")
_PUSH: Final = text(f"SELECT {COLUMNS} FROM push p WHERE p.tenant_id = :tenant_id AND p.id = :id")
_FIRST: Final = text("""
    SELECT ordinal, part_number, item_id FROM push_item
    WHERE push_id = :id AND outcome = 'pending' ORDER BY ordinal LIMIT 1
""")
_TOGETHER: Final = text("""
    SELECT ordinal, part_number FROM push_item
    WHERE push_id = :id AND outcome = 'pending' AND item_id = ANY(CAST(:items AS bigint[])) ORDER BY ordinal
""")

_STOCK: Final = text("""
    INSERT INTO shopify_product_mapping (item_id, tenant_id, last_push_hash, last_pushed_at)
    SELECT item_id, :tenant_id, 'stock:' || quantity, clock_timestamp()
    FROM unnest(CAST(:items AS bigint[]), CAST(:quantities AS int[])) AS u(item_id, quantity) ORDER BY item_id
    ON CONFLICT (item_id) DO UPDATE
    SET last_push_hash = excluded.last_push_hash, last_pushed_at = excluded.last_pushed_at
""")
_SENDING: Final = text("""
    INSERT INTO shopify_product_mapping AS m (item_id, tenant_id, sending_key, sending_url)
    SELECT item_id, :tenant_id, CASE WHEN joins THEN CAST(:key AS uuid) END, url
    FROM unnest(CAST(:items AS bigint[]), CAST(:joins AS bool[]), CAST(:urls AS text[])) AS u(item_id, joins, url)
    ORDER BY item_id
    ON CONFLICT (item_id) DO UPDATE
    SET sending_key = coalesce(excluded.sending_key, m.sending_key),
        sending_url = coalesce(excluded.sending_url, m.sending_url)
""")

_SETTLE: Final = text(f"""
    WITH i AS (
        UPDATE push_item SET outcome = :outcome, code = :code, message = :message
        WHERE push_id = :id AND ordinal = ANY(CAST(:places AS int[])) AND outcome = 'pending'
        RETURNING 1),
    n AS (SELECT count(*) AS settled FROM i)
    UPDATE push p
    SET succeeded = p.succeeded + CASE WHEN :outcome = 'succeeded' THEN n.settled ELSE 0 END,
        failed = p.failed + CASE WHEN :outcome = 'failed' THEN n.settled ELSE 0 END,
        skipped = p.skipped + CASE WHEN :outcome = 'skipped' THEN n.settled ELSE 0 END,
        worked_s = p.worked_s + :worked_s, version = p.version + 1
    FROM n WHERE p.tenant_id = :tenant_id AND p.id = :id
    RETURNING {COLUMNS}
""")
_MAP: Final = text("""
    INSERT INTO shopify_product_mapping (
        tenant_id, item_id, product_key, product_id, variant_id, inventory_item_id, image_id, image_url, sending_key,
        sending_url)
    VALUES (:tenant_id, :item_id, :product_key, :product_id, :variant_id, :inventory_item_id, :image_id, :image_url,
        :sending_key, :sending_url)
    ON CONFLICT (item_id) DO UPDATE
    SET product_key = excluded.product_key, product_id = excluded.product_id, variant_id = excluded.variant_id,
        inventory_item_id = excluded.inventory_item_id, image_id = excluded.image_id, image_url = excluded.image_url,
        sending_key = excluded.sending_key, sending_url = excluded.sending_url
""")
_UNMAP: Final = text("""
    DELETE FROM shopify_product_mapping
    WHERE tenant_id = :tenant_id AND product_key = :key AND item_id = ANY(CAST(:items AS bigint[]))
""")

_END: Final = text(f"""
    UPDATE push p
    SET status = :status, finished_at = clock_timestamp(), version = p.version + 1, reason_code = :code, reason = :reason
    WHERE p.tenant_id = :tenant_id AND p.id = :id RETURNING {COLUMNS}
""")
_DONE: Final = text("DELETE FROM dispatch WHERE id = :id AND token = :token AND state = 'running'")
_DROP: Final = text("DELETE FROM dispatch WHERE id = :id AND tenant_id = :tenant_id")
_PAUSE: Final = text(f"""
    UPDATE push p SET status = 'paused', reason_code = :code, reason = :reason, version = p.version + 1
    WHERE p.tenant_id = :tenant_id AND p.id = :id AND NOT p.cancel_requested RETURNING {COLUMNS}
""")
_READY: Final = text("""
    UPDATE dispatch
    SET state = 'ready', lease_until = NULL, attempts = 0, not_before = clock_timestamp() + make_interval(secs => :in_s),
        ring_after = clock_timestamp() + make_interval(secs => :in_s)
    WHERE id = :id AND token = :token AND state = 'running'
""")


def _of(claim: Claim) -> dict[str, object]:
    return {"tenant_id": claim.tenant_id, "id": claim.id}


def begin(connection: Connection, claim: Claim, lease_s: float) -> Push:
    """See the port. The lease of the claim is shorter than a call to the shop may take."""
    renew(connection, claim, lease_s)
    return push_of(connection.execute(_BEGIN, _of(claim)).mappings().one())


def next_item(connection: Connection, claim: Claim) -> NextItem | Push:
    """See the port."""
    push = push_of(connection.execute(_PUSH, _of(claim)).mappings().one())
    if push.cancel_requested:
        return _over(connection, claim, PushStatus.CANCELLED)
    first = connection.execute(_FIRST, {"id": claim.id}).one_or_none()
    if first is None:
        return _over(connection, claim, PushStatus.COMPLETED)
    products = push_products.of_items(connection, claim.tenant_id, [first.item_id])
    if not products:
        return NextItem(push, None, {first.ordinal: first.part_number})
    items = [one.item_id for one in products[0].variants]
    together = connection.execute(_TOGETHER, {"id": claim.id, "items": items})
    return NextItem(push, products[0], {row.ordinal: row.part_number for row in together})


def _over(connection: Connection, claim: Claim, status: PushStatus) -> Push:
    _fenced(connection.execute(_DONE, {"id": claim.id, "token": claim.token}).rowcount, claim.id)
    return _ended(connection, claim, status)


def _ended(connection: Connection, claim: Claim, status: PushStatus) -> Push:
    ended = {**_of(claim), "status": status, "code": None, "reason": None}
    push = push_of(connection.execute(_END, ended).mappings().one())
    counters = {
        name: getattr(push, name) for name in ("total", "succeeded", "failed", "skipped", "remaining")
    }
    activity.synced(connection, claim.tenant_id, _SURFACE, counters, push.settled)
    return push


def renew(connection: Connection, claim: Claim, lease_s: float) -> None:
    """See the port."""
    work.renew(connection, claim, lease_s)


def pushing_stock(
    connection: Connection, claim: Claim, quantities: Mapping[int, int], lease_s: float
) -> None:
    """See the port. Renews the lease, which is what fences it."""
    work.renew(connection, claim, lease_s)
    connection.execute(
        _STOCK,
        {
            "tenant_id": claim.tenant_id,
            "items": list(quantities),
            "quantities": list(quantities.values()),
        },
    )


def sending(
    connection: Connection,
    claim: Claim,
    key: UUID,
    joining: Collection[int],
    pictures: Mapping[int, str],
    lease_s: float,
) -> None:
    """See the port. Renews the lease, which is what fences it."""
    work.renew(connection, claim, lease_s)
    items = sorted({*joining, *pictures})
    sent = {
        "items": items,
        "joins": [one in joining for one in items],
        "urls": [pictures.get(one) for one in items],
    }
    connection.execute(_SENDING, {"tenant_id": claim.tenant_id, "key": key, **sent})


def settle(connection: Connection, claim: Claim, settled: Settled, worked_s: float, lease_s: float) -> Push:
    """See the port."""
    work.checkpoint(connection, claim, lease_s)
    if settled.mapped:
        names = Mapped.__slots__
        rows = [{name: getattr(one, name) for name in names} for one in settled.mapped]
        connection.execute(_MAP, [{"tenant_id": claim.tenant_id, **row} for row in rows])
    if settled.unmapped:
        gone = {"tenant_id": claim.tenant_id, "key": settled.key, "items": list(settled.unmapped)}
        connection.execute(_UNMAP, gone)
    outcome = {
        **_of(claim),
        "outcome": settled.outcome,
        "code": settled.failure and settled.failure.code,
        "message": settled.failure and settled.failure.message,
        "places": list(settled.places),
        "worked_s": worked_s,
    }
    return push_of(connection.execute(_SETTLE, outcome).mappings().one())


def pause(connection: Connection, claim: Claim, reason: Reason, again_in_s: float | None) -> Push:
    """See the port."""
    if again_in_s is None:
        work.park(connection, claim, State.HELD, reason.message)
    else:
        _ready(connection, claim, again_in_s)
    activity.erred(connection, claim.tenant_id, _SURFACE, reason.message)
    told = {**_of(claim), "code": reason.code, "reason": reason.message}
    paused = connection.execute(_PAUSE, told).mappings().one_or_none()
    if paused is not None:
        return push_of(paused)
    connection.execute(_DROP, _of(claim))  # the row is ours: it was just put aside under the fence
    return _ended(connection, claim, PushStatus.CANCELLED)


def hand_back(connection: Connection, claim: Claim) -> None:
    """See the port."""
    _ready(connection, claim, 0.0)


def _ready(connection: Connection, claim: Claim, in_s: float) -> None:
    done = connection.execute(_READY, {"id": claim.id, "token": claim.token, "in_s": in_s})
    _fenced(done.rowcount, claim.id)


def fail(connection: Connection, claim: Claim, reason: Reason) -> Push:
    """See the port."""
    work.park(connection, claim, State.DEAD, reason.message)
    activity.erred(connection, claim.tenant_id, _SURFACE, reason.message)
    ended = {**_of(claim), "status": PushStatus.FAILED, "code": reason.code, "reason": reason.message}
    return push_of(connection.execute(_END, ended).mappings().one())


def _fenced(rows: int, dispatch_id: UUID) -> None:
    if rows != 1:
        raise LeaseLostError(f"the lease on {dispatch_id} went to another worker")
