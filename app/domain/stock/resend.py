"""Sends a row again that found nothing, once its name means something: a feed of that one row, as old as it was."""

from typing import Any
from uuid import UUID

import msgspec

from app.domain.errors import ConflictError, NotFoundError
from app.domain.stock.accept import FeedDesk
from app.domain.stock.feed import CODES, Feed, Outcome
from app.domain.stock.not_found import NotFoundTransactions
from app.domain.stock.ports import Chunk, FeedTransactions
from app.domain.stock.rows_of import value_of
from app.domain.tenancy.tenant import Tenant

_NOT_FOUND = ord(CODES[Outcome.NOT_FOUND])


class Resender:
    """Finds the row where the list of unknown names says it came last."""

    def __init__(
        self, not_found: NotFoundTransactions, transactions: FeedTransactions, feeds: FeedDesk
    ) -> None:
        self._not_found = not_found
        self._transactions = transactions
        self._feeds = feeds

    def row(self, tenant_id: UUID, part_number: str) -> tuple[Feed, dict[str, Any]] | None:
        """The feed that named it last, and the row; None when rows are gone, after 7 days. Raises NotFoundError."""
        with self._not_found.tenant(tenant_id) as tx:
            named = tx.one(part_number)
        if named is None:
            raise NotFoundError("no feed named this part number lately; load the list again")
        with self._transactions.tenant(tenant_id) as tx:
            feed = tx.feed(named.feed_id)
            chunk = tx.chunk(feed, named.ordinal)
        row = chunk and _row(feed, chunk, part_number)
        return (feed, row) if row else None

    def resend(self, tenant: Tenant, part_number: str, *, request_id: str) -> Feed:
        """Apply it after all, where nothing newer stands; asked twice, it is one feed.

        Raises NotFoundError, and ConflictError when its rows are gone.
        """
        found = self.row(tenant.id, part_number)
        if found is None:
            raise ConflictError("a feed's rows are kept 7 days and these are gone; wait for the next feed")
        feed, row = found
        accepted = self._feeds.accept(
            tenant,
            feed.kind,
            msgspec.json.encode([row]),
            idempotency_key=f"resend:{feed.id}:{part_number}",
            request_id=request_id,
        )
        return accepted.feed


def _row(feed: Feed, chunk: Chunk, part_number: str) -> dict[str, Any] | None:
    """The last of that name that found nothing, as it would be sent, with its time."""
    block, outcomes = chunk.block, chunk.outcomes or b""
    at = [
        position
        for position, key in enumerate(block.keys)
        if key == part_number and outcomes[position : position + 1] == bytes([_NOT_FOUND])
    ]
    if not at:
        return None
    as_of = block.as_of.get(at[-1], feed.accepted_at)
    return {"partNumber": part_number} | value_of(feed.kind, block.values[at[-1]]) | {"asOf": as_of}
