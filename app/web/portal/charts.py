"""Charts as points of an SVG, made on the server: no script, no inline style, and words for those who see none."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

WIDTH: Final = 360.0
HEIGHT: Final = 120.0
_LEFT: Final = 38.0
_TOP: Final = 8.0
_BOTTOM: Final = 20.0
Values = Sequence[tuple[date, float | None]]


@dataclass(frozen=True, slots=True)
class Bar:
    """A day's, from the ground up."""

    x: float
    y: float
    width: float
    height: float
    told: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Lines or bars within WIDTH by HEIGHT; `summary` says what there is to see."""

    title: str
    summary: str
    lines: Sequence[str]
    dots: Sequence[tuple[float, float, str]]
    bars: Sequence[Bar]
    top: str
    bottom: str
    first: date
    last: date


def days_until(last: date, count: int) -> list[date]:
    """The days of a window, oldest first."""
    return [last - timedelta(days=back) for back in range(count - 1, -1, -1)]


def line(title: str, values: Values, tell: Callable[[float], str], *, most: float | None = None) -> Chart:
    """A line that breaks where nothing is known."""
    top = most or _top(values)
    places = [(x, _y(value, top), f"{day}: {tell(value)}") for x, day, value in _placed(values)]
    known = {x: y for x, y, _ in places}
    step = _step(len(values))
    lines: list[list[str]] = []
    before = None
    for x, y in known.items():
        if before is None or x - before > step * 1.5:
            lines.append([])
        lines[-1].append(f"{x:.1f},{y:.1f}")
        before = x
    drawn = [" ".join(points) for points in lines]
    return Chart(
        title, _summary(values, tell), drawn, places, (), tell(top), tell(0), values[0][0], values[-1][0]
    )


def bars(title: str, values: Values, tell: Callable[[float], str]) -> Chart:
    """A bar a day."""
    top, step = _top(values), _step(len(values))
    width = max(step * 0.7, 1.0)
    drawn = [
        Bar(x - width / 2, _y(value, top), width, HEIGHT - _BOTTOM - _y(value, top), f"{day}: {tell(value)}")
        for x, day, value in _placed(values)
    ]
    return Chart(
        title, _summary(values, tell), (), (), drawn, tell(top), tell(0), values[0][0], values[-1][0]
    )


def filled(days: Sequence[date], known: Mapping[date, float | None]) -> Values:
    """A value or None for each day."""
    return [(day, known.get(day)) for day in days]


def _step(count: int) -> float:
    return (WIDTH - _LEFT - 8) / max(count, 1)


def _placed(values: Values) -> list[tuple[float, date, float]]:
    step = _step(len(values))
    return [
        (_LEFT + step * (place + 0.5), day, value)
        for place, (day, value) in enumerate(values)
        if value is not None
    ]


def _y(value: float, top: float) -> float:
    ground = HEIGHT - _BOTTOM
    return ground - (ground - _TOP) * min(value / top, 1.0)


def _top(values: Values) -> float:
    return max((value for _, value in values if value is not None), default=0.0) or 1.0


def _summary(values: Values, tell: Callable[[float], str]) -> str:
    known = [(value, day) for day, value in values if value is not None]
    if not known:
        return "nothing is known of these days"
    (least, least_day), (most, most_day) = min(known), max(known)
    mean = sum(value for value, _ in known) / len(known)
    return (
        f"{len(known)} of {len(values)} days known; mean {tell(mean)},"
        f" least {tell(least)} on {least_day}, most {tell(most)} on {most_day}"
    )
