"""What a benchmark found: checks against what was asked, notes, raw numbers; as a table and as JSON."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

_WIDTHS = (58, 13, 13)


@dataclass(frozen=True)
class Check:
    """One asked bound. `value` is a ratio to the peer or an absolute number in `unit`."""

    what: str
    asked: float
    value: float
    unit: str = "×"
    sense: Literal["at least", "at most"] = "at least"
    detail: str = ""

    @property
    def passed(self) -> bool:
        """Whether the bound holds."""
        return self.value >= self.asked if self.sense == "at least" else self.value <= self.asked

    def line(self) -> str:
        """One row of the table."""
        sign = "≥" if self.sense == "at least" else "≤"
        cells = (self.what, f"{sign} {number(self.asked)} {self.unit}", f"{number(self.value)} {self.unit}")
        row = "  ".join(cell.ljust(width) for cell, width in zip(cells, _WIDTHS, strict=True))
        return f"  {row}  {'pass' if self.passed else 'MISS'}  {self.detail}".rstrip()


@dataclass
class Section:
    """One benchmark's result. `raw` goes into the JSON as it is."""

    name: str
    title: str
    checks: list[Check] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    raw: dict[str, Any] = field(default_factory=dict)

    def lines(self) -> Iterator[str]:
        """The section of the printed table."""
        yield f"\n{self.name}: {self.title}"
        yield from (check.line() for check in self.checks)
        yield from (f"    {note}" for note in self.notes)

    def as_json(self) -> dict[str, Any]:
        """Every number."""
        checks = [
            {
                "what": one.what,
                "sense": one.sense,
                "asked": one.asked,
                "measured": one.value,
                "unit": one.unit,
                "passed": one.passed,
            }
            for one in self.checks
        ]
        return {
            "name": self.name,
            "title": self.title,
            "checks": checks,
            "notes": self.notes,
            "raw": self.raw,
        }


def number(value: float) -> str:
    """Three digits that matter, thousands apart."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def summary(sections: Sequence[Section]) -> str:
    """The last line: how many bounds hold, and which do not."""
    checks = [(section.name, check) for section in sections for check in section.checks]
    missed = [f"{name}: {check.what}" for name, check in checks if not check.passed]
    held = f"{len(checks) - len(missed)} of {len(checks)} bounds hold"
    return f"{held}; missed: {'; '.join(missed)}" if missed else held
