"""A feed's rows cut into chunks: the packed form that is kept, and the duplicates settled beforehand."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from app.domain.stock.rows import Parsed


class Block(msgspec.Struct, array_like=True, gc=False):
    """The rows of one chunk as columns; local positions count from 0."""

    keys: list[str]
    values: list[Any]
    first_index: int
    index: list[int] | None = None  # where the rows are not next to each other in the payload
    as_of: dict[int, datetime] = {}
    dealers: list[str] | None = None
    sent: dict[int, str] = {}  # part numbers whose spelling was trimmed, as they came
    refused: list[tuple[int, Any, Any, str]] = []
    superseded: list[int] = []  # lost to another row of the payload that names the same thing
    sent_dealers: dict[int, str] = {}  # dealer ids that were not in lower case, as they came

    def payload_index(self, position: int) -> int:
        """Where a row stood in the payload."""
        return self.first_index + position if self.index is None else self.index[position]

    def sent_as(self, position: int) -> str:
        """The part number verbatim."""
        return self.sent.get(position, self.keys[position])

    def dealer_sent_as(self, position: int) -> str:
        """The dealer id verbatim; empty where rows name no dealer."""
        return "" if self.dealers is None else self.sent_dealers.get(position, self.dealers[position])

    @property
    def row_count(self) -> int:
        """Rows of the payload that this chunk answers for, malformed ones too."""
        return len(self.keys) + len(self.refused)


_PACK = msgspec.msgpack.Encoder()
_UNPACK = msgspec.msgpack.Decoder(Block)


def pack(block: Block) -> bytes:
    """The bytes that PostgreSQL keeps (the adapter compresses them)."""
    return _PACK.encode(block)


def unpack(data: bytes) -> Block:
    """The block again."""
    return _UNPACK.decode(data)


def blocks(parsed: Parsed, rows: int) -> Iterator[Block]:
    """Cut a payload into blocks of `rows` valid rows; refused rows go with their neighbours."""
    lost = _superseded(parsed)
    total = len(parsed.keys)
    refused_at = 0
    for start in range(0, total, rows):
        stop = min(start + rows, total)
        first = 0 if start == 0 else parsed.index[start]
        until = parsed.index[stop] if stop < total else None
        refused_from = refused_at
        while refused_at < len(parsed.refused) and (until is None or parsed.refused[refused_at][0] < until):
            refused_at += 1
        index = parsed.index[start:stop]
        plain = index[0] == first and index[-1] - first == len(index) - 1
        yield Block(
            keys=parsed.keys[start:stop],
            values=parsed.values[start:stop],
            first_index=first,
            index=None if plain else index,
            as_of=_local(parsed.as_of, start, stop),
            dealers=parsed.dealers[start:stop] or None,
            sent=_local(parsed.sent, start, stop),
            refused=parsed.refused[refused_from:refused_at],
            superseded=[position - start for position in range(start, stop) if position in lost]
            if lost
            else [],
            sent_dealers=_local(parsed.sent_dealers, start, stop),
        )


def _local(column: dict[int, Any], start: int, stop: int) -> dict[int, Any]:
    if not column:
        return {}
    return {position - start: column[position] for position in range(start, stop) if position in column}


def _superseded(parsed: Parsed) -> set[int]:
    """Positions that lose to another row of the same name: the latest asOf wins, then the last position.

    Rows that reach one item under different names are settled when the job starts, where aliases are known.
    """
    names: list[Any] = list(zip(parsed.dealers, parsed.keys, strict=True)) if parsed.dealers else parsed.keys
    if len(set(names)) == len(names):
        return set()
    winner: dict[Any, int] = {}
    lost: set[int] = set()
    for position, name in enumerate(names):
        other = winner.setdefault(name, position)
        if other != position:
            if not_older(parsed.as_of.get(position), parsed.as_of.get(other)):
                winner[name] = position
                lost.add(other)
            else:
                lost.add(position)
    return lost


def not_older(stamp: datetime | None, other: datetime | None) -> bool:
    """Whether a later row wins over an earlier one; None is the acceptance time, which is later than any stamp."""
    return stamp is None or (other is not None and stamp >= other)
