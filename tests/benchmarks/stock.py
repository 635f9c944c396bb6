"""The rows that every side of a comparison gets: the same part numbers, another value every turn."""

import json
from collections.abc import Sequence

from tests.benchmarks.tenants import part_number

Rows = list[tuple[str, int]]


class Turns:
    """Counts up, so that no two bodies of a run carry the same value for a part."""

    def __init__(self) -> None:
        self._turn = 0

    def rows(self, indexes: Sequence[int]) -> Rows:
        """A row for each part, every value another than in any earlier turn."""
        self._turn += 1
        return [(part_number(index), 1 + (index + self._turn * 7) % 1_000_003) for index in indexes]

    def batches(self, total: int, size: int) -> list[Rows]:
        """`total` rows over the parts from 0 on, cut into batches."""
        rows = self.rows(range(total))
        return [rows[start : start + size] for start in range(0, total, size)]


def body(rows: Rows) -> bytes:
    """A feed as compact JSON."""
    return json.dumps(
        [{"partNumber": name, "stock": stock} for name, stock in rows], separators=(",", ":")
    ).encode()
