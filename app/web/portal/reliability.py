"""How far suppliers can be relied on: all of them in a ranking, and one with its score's parts and its days."""

from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID

from flask import render_template

from app.web import supplier_figures as api
from app.web import suppliers
from app.web.portal import charts
from app.web.portal.lists import asked, following
from app.web.portal.pages import Pages
from app.web.portal.suppliers import ONE, PATH

PARTS: Final = {
    "successRate": "Readings that succeeded",
    "delayIntervals": "How late its data is",
    "stockOutsPerSku": "How often SKUs run out",
    "latencyS": "How long a reading takes",
    "shrinksPerMonth": "Reports with a good part of the list gone",
}
WINDOWS: Final = (("7", "7 days"), ("30", "30 days"), ("90", "90 days"))

pages = Pages("Suppliers")


@pages.page("GET", f"{PATH}/reliability")
def rank_suppliers() -> str:
    """The best first."""
    query = asked(api.RankingQuery)
    told = api.list_supplier_reliability(query)
    return render_template(
        "portal/suppliers/ranking.html",
        query=query,
        windows=WINDOWS,
        ranked=told["data"],
        told=_value,
        tone=_tone,
        more=following(told["nextCursor"]),
    )


@pages.page("GET", f"{ONE}/reliability")
def show_reliability(supplier_id: UUID) -> str:
    """The score, what it is made of, and the days."""
    query = asked(api.DaysQuery)
    windows = api.get_supplier_reliability(supplier_id)["windows"]
    days = api.list_supplier_days(supplier_id, query)["data"]
    return render_template(
        "portal/suppliers/reliability.html",
        supplier=suppliers.get_supplier(str(supplier_id)),
        query=query,
        choices=WINDOWS,
        windows=windows,
        window=next(one for one in windows if one["days"] == int(query.days)),
        names=PARTS,
        told=_value,
        tone=_tone,
        days=days,
        charts=_charts(days, int(query.days)) if days else (),
        width=charts.WIDTH,
        height=charts.HEIGHT,
    )


def _charts(days: list[dict[str, Any]], count: int) -> list[charts.Chart]:
    window = charts.days_until(datetime.now(UTC).date(), count)

    def of(name: str, by: float = 1.0) -> charts.Values:
        known: dict[date, float | None] = {
            one["day"]: None if one[name] is None else one[name] * by for one in days
        }
        return charts.filled(window, known)

    return [
        charts.line("Readings that succeeded", of("successRate", 100), lambda one: f"{one:.4g} %", most=100),
        charts.line("Seconds that a reading takes", of("latencyS"), lambda one: f"{one:.3g} s"),
        charts.line("Minutes until its data was had", of("delayS", 1 / 60), lambda one: f"{one:.3g} min"),
        charts.bars("SKUs that ran out", of("stockOuts"), lambda one: f"{one:.3g}"),
        charts.bars("Reports with much of the list gone", of("shrinks"), lambda one: f"{one:.3g}"),
    ]


def _value(name: str, value: float | None) -> str:
    """A part's value in words."""
    if value is None:
        return "not known"
    return {
        "successRate": f"{value:.1%}",
        "delayIntervals": f"{value:.2f} intervals",
        "stockOutsPerSku": f"{value:.2f} times a SKU and month",
        "latencyS": f"{value:.1f} s",
        "shrinksPerMonth": f"{value:.1f} a month",
    }[name]


def _tone(score: float | None) -> str:
    """How a score is coloured."""
    if score is None:
        return "plain"
    return "good" if score >= 80 else "warn" if score >= 50 else "bad"
