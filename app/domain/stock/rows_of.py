"""A feed's rows read back with their outcomes, in payload order, a page at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.domain.stock.feed import DETAILS, OUTCOMES, Feed, FeedKind, Outcome
from app.domain.stock.ports import Chunk, FeedTransactions

CHUNKS_A_PAGE = 20

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class RowPage:
    """Some rows, and the payload position that the next page starts from."""

    rows: list[Row]
    next_index: int | None


def read_rows(
    transactions: FeedTransactions,
    tenant_id: UUID,
    feed_id: UUID,
    *,
    outcome: Outcome | None,
    from_index: int,
    limit: int,
) -> RowPage:
    """Settled rows from a position on, at most `limit`; with an outcome, only those. Raises NotFoundError."""
    with transactions.tenant(tenant_id) as tx:
        feed = tx.feed(feed_id)
        chunks = tx.chunks(feed, from_index=from_index, outcome=outcome, limit=CHUNKS_A_PAGE)
    rows: list[Row] = []
    for chunk in chunks:
        for row in settled_rows(feed, chunk):
            if row["index"] >= from_index and _wanted(row, outcome):
                if len(rows) == limit:
                    return RowPage(rows, row["index"])
                rows.append(row)
    if len(chunks) < CHUNKS_A_PAGE:
        return RowPage(rows, None)
    last = chunks[-1].block
    return RowPage(rows, last.first_index + _span(last))


def _span(block: Any) -> int:
    """How many payload positions a block covers."""
    return int(block.row_count)


def _wanted(row: Row, outcome: Outcome | None) -> bool:
    if outcome is None or row["outcome"] == outcome:
        return True
    return outcome is Outcome.UPDATED and row["outcome"] == Outcome.CHANGED


def settled_rows(feed: Feed, chunk: Chunk) -> Iterator[Row]:
    """The chunk's rows in payload order; rows that have no outcome yet are left out."""
    refused = iter(chunk.block.refused)
    waiting = next(refused, None)
    for position, code in enumerate(chunk.outcomes or b""):
        index = chunk.block.payload_index(position)
        while waiting is not None and waiting[0] < index:
            yield _refused(feed, waiting)
            waiting = next(refused, None)
        yield _settled(feed, chunk, position, index, chr(code))
    while waiting is not None:
        yield _refused(feed, waiting)
        waiting = next(refused, None)


def _settled(feed: Feed, chunk: Chunk, position: int, index: int, code: str) -> Row:
    block, outcome = chunk.block, OUTCOMES[code.lower()]
    detail = DETAILS.get(outcome)
    if detail is None and code.isupper():
        detail = "resolved through an alias"
    row: Row = {"index": index, "partNumber": block.sent_as(position)}
    if block.dealers is not None:
        row["dealerId"] = block.dealer_sent_as(position)
    return row | value_of(feed.kind, block.values[position]) | {"outcome": outcome, "detail": detail}


def value_of(kind: FeedKind, value: Any) -> Row:
    """What a row of this kind says, as it is sent."""
    if kind is not FeedKind.PRICE:
        return {"stock": value}
    names = ("price", "compareAtPrice", "costPrice")
    return {name: _money(cents) for name, cents in zip(names, value, strict=True) if cents != -1}


def _money(cents: int | None) -> str | None:
    return None if cents is None else f"{cents // 100}.{cents % 100:02d}"


def _refused(feed: Feed, refusal: tuple[int, Any, Any, str]) -> Row:
    index, part_number, value, reason = refusal
    name = "price" if feed.kind is FeedKind.PRICE else "stock"
    return {
        "index": index,
        "partNumber": part_number,
        name: value,
        "outcome": Outcome.REJECTED,
        "detail": reason,
    }
