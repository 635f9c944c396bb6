"""A small chart of the last hours, drawn here: bars as SVG, and the same in a sentence."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

HEIGHT: Final = 32
STEP: Final = 10
_BAR: Final = 8
_LEAST: Final = 2


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle, in the chart's own units."""

    x: int
    y: float
    width: int
    height: float


@dataclass(frozen=True, slots=True)
class Spark:
    """The bars, and what they say for who cannot see them."""

    bars: Sequence[Bar]
    width: int
    said: str


def spark(rows: Sequence[int]) -> Spark:
    """Of the rows of each hour, the oldest first. An hour with any row is seen, however small beside the others."""
    most = max(rows, default=0)
    bars = [_bar(at, count, most) for at, count in enumerate(rows) if count]
    return Spark(bars, STEP * len(rows), _said(rows, most))


def _bar(at: int, count: int, most: int) -> Bar:
    height = max(_LEAST, round(HEIGHT * count / most, 1))
    return Bar(at * STEP + 1, HEIGHT - height, _BAR, height)


def _said(rows: Sequence[int], most: int) -> str:
    hours = f"Rows in each of the last {len(rows)} hours"
    if not most:
        return f"{hours}: none"
    back = len(rows) - 1 - max(at for at, count in enumerate(rows) if count == most)
    when = "this hour" if back == 0 else f"{back} {'hour' if back == 1 else 'hours'} ago"
    return f"{hours}: {sum(rows):,} in all, most {when} ({most:,}), {rows[-1]:,} this hour"
