"""A plain model of the feeds: per item the latest version wins, per payload the latest row; nothing else."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from app.domain.stock.feed import Outcome

ITEMS = ("A", "B", "C")
ALIASES = {"a": "A", "b": "B"}
NAMES = (*ITEMS, *ALIASES, "?")
START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Row:
    """One row of a payload; `age` is how many minutes before its feed's acceptance its asOf lies, if it has one."""

    name: str
    value: int
    age: int | None


@dataclass(frozen=True)
class Sent:
    """One accepted payload."""

    seq: int
    accepted_at: datetime
    rows: Sequence[Row]

    def stamp(self, row: Row) -> datetime:
        return self.accepted_at - timedelta(minutes=row.age or 0)


@dataclass
class Model:
    """What stands, with the version that put it there."""

    resolve: Callable[[str], str | None]
    values: dict[str, int] = field(default_factory=dict)
    versions: dict[str, tuple[datetime, int]] = field(default_factory=dict)
    nowhere: Outcome = Outcome.NOT_FOUND

    def apply(self, sent: Sent, positions: range) -> list[Outcome]:
        """What becomes of these rows of a payload when they are applied now."""
        return [self._apply(sent, position) for position in positions]

    def _apply(self, sent: Sent, position: int) -> Outcome:
        row = sent.rows[position]
        item = self.resolve(row.name)
        if item is None:
            return self.nowhere
        if position != self._winner(sent, item):
            return Outcome.DUPLICATE
        version = (sent.stamp(row), sent.seq)
        if item in self.versions and version < self.versions[item]:
            return Outcome.STALE
        changed = self.values.get(item) != row.value
        self.values[item], self.versions[item] = row.value, version
        return Outcome.CHANGED if changed else Outcome.UPDATED

    def _winner(self, sent: Sent, item: str) -> int:
        rivals = [at for at, row in enumerate(sent.rows) if self.resolve(row.name) == item]
        return max(rivals, key=lambda at: (sent.stamp(sent.rows[at]), at))


def standing(resolve: Callable[[str], str | None], feeds: Sequence[Sent]) -> dict[str, int]:
    """The contract's own words: the value with the latest asOf, among equals that of the feed accepted last."""
    best: dict[str, tuple[datetime, int, int, int]] = {}
    for sent in feeds:
        for position, row in enumerate(sent.rows):
            item = resolve(row.name)
            if item is not None:
                version = (sent.stamp(row), sent.seq, position, row.value)
                best[item] = max(best.get(item, version), version)
    return {item: version[-1] for item, version in best.items()}


def by_alias(name: str) -> str | None:
    return None if name == "?" else ALIASES.get(name, name)


def rows(names: Sequence[str] = NAMES) -> st.SearchStrategy[list[Row]]:
    """Small payloads whose rows often meet: few names, few values, few ages, around the 15 minutes of the plan."""
    ages = st.none() | st.sampled_from([1, 2, 5, 14, 15, 16, 20, 40])
    return st.lists(st.builds(Row, st.sampled_from(names), st.integers(0, 2), ages), min_size=1, max_size=7)


def payloads(names: Sequence[str] = NAMES, most: int = 5) -> st.SearchStrategy[list[tuple[int, list[Row]]]]:
    """Feeds to accept one after the other: the minutes since the one before, and the rows."""
    return st.lists(st.tuples(st.sampled_from([0, 1, 3, 10, 15, 16]), rows(names)), min_size=1, max_size=most)


def accepted(chosen: list[tuple[int, list[Row]]], start: datetime = START) -> list[Sent]:
    """The same with acceptance times and sequence."""
    feeds, at = [], start
    for seq, (minutes, body) in enumerate(chosen, 1):
        at += timedelta(minutes=minutes)
        feeds.append(Sent(seq, at, body))
    return feeds
