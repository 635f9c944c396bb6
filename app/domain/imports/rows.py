"""One line of an import file, checked: what it sets and clears, or why it is refused."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from app.domain.imports.kinds import Kind

_ABOUT_A_GROUP = ("variantGroupName", "option1Name", "option1Value")
_GROUP_WIDE = ("variantGroupName", "option1Name")


class Row(NamedTuple):
    """A good line: database columns to values, None where it clears; columns it leaves are absent."""

    line: int
    values: dict[str, Any]


class Refusal(NamedTuple):
    """A line that does not go in, and why."""

    line: int
    reason: str


def check(kind: Kind, line: int, given: Mapping[str, Any]) -> Row | Refusal:
    """The line as columns and values; the first thing wrong with it refuses it."""
    try:
        values = dict(_column(kind, name, raw) for name, raw in given.items())
    except ValueError as error:
        return Refusal(line, str(error))
    for name in kind.required:
        if name not in given:
            return Refusal(line, f"{name} is missing")
    if kind.group and not values.get("variant_group"):
        for name in _ABOUT_A_GROUP:
            if name in given and values[kind.group[name].column] is not None:
                return Refusal(line, f"{name} needs a variantGroup on the same line")
    return Row(line, values)


def _column(kind: Kind, name: str, raw: Any) -> tuple[str, Any]:
    """A field's column and what it becomes there; raises ValueError with the reason that refuses it."""
    known = kind.fields.get(name)
    if known is None:
        raise ValueError(f"{name[:60]!r} is no field here; there are {', '.join(kind.fields)}")
    try:
        value = None if raw is None or (isinstance(raw, str) and not raw.strip()) else known.parse(raw)
    except ValueError as error:
        raise ValueError(f"{name} {error}") from None
    if value is None and not known.clearable:
        raise ValueError(f"{name} must not be empty")
    return known.column, known.cleared if value is None else value


@dataclass(slots=True)
class Whole:
    """What must hold across the lines of one file: it remembers keys and group names, not rows."""

    kind: Kind
    _lines: dict[str, int] = field(default_factory=dict)
    _named: set[tuple[str, str]] = field(default_factory=set)

    def admit(self, row: Row) -> Row | Refusal:
        """The row, unless its key was on an earlier line: two of them are a mistake to look at."""
        key = row.values[self.kind.fields[self.kind.key].column]
        first = self._lines.setdefault(key, row.line)
        if first != row.line:
            return Refusal(row.line, f"{self.kind.key} {key!r} is on line {first} already")
        self._group_named_once(row.values)
        return row

    def _group_named_once(self, values: dict[str, Any]) -> None:
        """A group named on one line keeps its name on those that leave the cell empty."""
        code = values.get("variant_group")
        if code is None:
            return
        for column in (self.kind.group[name].column for name in _GROUP_WIDE):
            if values.get(column) is not None:
                self._named.add((code, column))
            elif (code, column) in self._named:
                values.pop(column, None)
