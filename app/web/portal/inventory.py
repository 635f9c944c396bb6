"""All stock in one view: suppliers' and the tenant's own, what is not known of it, and how long it lasts."""

from typing import Any, Final

from flask import render_template

from app.domain.suppliers.shown import shown_line
from app.web import inventory as api
from app.web import supplier_figures
from app.web.context import container, principal
from app.web.portal.lists import age, asked, following
from app.web.portal.pages import HOME, Link, Pages
from app.web.supplier_models import GapQuery, InventoryQuery

PATH: Final = f"{HOME}/inventory"
TONES: Final = {"in-stock": "good", "low": "warn", "out": "bad"}
LEVELS: Final = (("", "any"), ("in-stock", "in stock"), ("low", "low"), ("out", "out"))
FRESH: Final = (("", "fresh or not"), ("true", "fresh"), ("false", "stale"))
SOURCES: Final = (("", "all stock"), ("own", "our own"), ("supplier", "suppliers'"))
GAPS: Final = (
    ("supplier", "Suppliers without fresh data"),
    ("sku", "SKUs without fresh data"),
    ("part", "Parts that no supplier lists freshly"),
)

pages = Pages("Supply", Link("Inventory", PATH))


@pages.page("GET", PATH)
def list_inventory() -> str:
    """By part number, the tenant's own before suppliers'."""
    query, here, tenant_id = asked(InventoryQuery), container(), principal().tenant.id
    lines, more = api.page_of_lines(query)
    ids = [line.place[2] for line in lines if line.source == "supplier"]
    lasts = here.covers().of(tenant_id, ids) if ids else {}
    return _page(
        "lines",
        query=query,
        lines=[(shown_line(line), lasts.get(line.place[2])) for line in lines],
        suppliers=here.suppliers.names(tenant_id),
        more=following(more),
    )


@pages.page("GET", f"{PATH}/gaps")
def list_gaps() -> str:
    """The map of what is not known."""
    query = asked(GapQuery)
    told = api.list_inventory_gaps(query)
    return _page("gaps", query=query, kinds=GAPS, gaps=told["data"], more=following(told["nextCursor"]))


@pages.page("GET", f"{PATH}/forecast")
def list_forecast() -> str:
    """What runs out first."""
    query = asked(supplier_figures.ForecastQuery)
    told = supplier_figures.list_inventory_forecasts(query)
    return _page("forecast", query=query, skus=told["data"], more=following(told["nextCursor"]))


def _page(name: str, **given: Any) -> str:
    choices = {"levels": LEVELS, "freshness": FRESH, "sources": SOURCES}
    return render_template(f"portal/inventory/{name}.html", tones=TONES, age=age, **choices, **given)
