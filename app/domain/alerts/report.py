"""The daily status report: how the suppliers' stock stands, and what needs somebody."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

LISTED_MAX: Final = 50


@dataclass(frozen=True, slots=True)
class Figures:
    """What a report tells. The lists are cut at LISTED_MAX; the counts are not."""

    suppliers: int = 0
    in_stock: int = 0
    low: int = 0
    out: int = 0
    short: int = 0
    new_outs: int = 0
    new_out_names: Sequence[str] = ()
    short_names: Sequence[str] = ()
    troubled_sources: Sequence[str] = ()
    purchase_orders: dict[str, int] = field(default_factory=dict)
    open_alerts: int = 0


def sections(figures: Figures) -> list[tuple[str, list[str]]]:
    """Headings with their lines, the same for text and HTML."""
    orders = [f"{state}: {count}" for state, count in sorted(figures.purchase_orders.items())]
    return [
        (
            f"Stock of {figures.suppliers} suppliers",
            [
                f"in stock: {figures.in_stock}",
                f"low: {figures.low}",
                f"out: {figures.out}",
                f"alerts that nobody has acknowledged: {figures.open_alerts}",
            ],
        ),
        *_listed("Out since yesterday", figures.new_outs, figures.new_out_names),
        *_listed("Short of what is promised to orders", figures.short, figures.short_names),
        *_listed("Suppliers without fresh data", len(figures.troubled_sources), figures.troubled_sources),
        *([("Open purchase orders", orders)] if orders else []),
    ]


def _listed(heading: str, count: int, names: Sequence[str]) -> list[tuple[str, list[str]]]:
    if not count:
        return []
    lines = list(names[:LISTED_MAX])
    if count > len(lines):
        lines.append(f"and {count - len(lines)} more")
    return [(f"{heading}: {count}", lines)]
