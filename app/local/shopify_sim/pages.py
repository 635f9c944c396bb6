"""Pages that show what a shop now contains. No script; one stylesheet; light and dark by the reader's wish."""

from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.local.shopify_sim.control import contents, summary
from app.local.shopify_sim.simulator import Simulator
from app.local.shopify_sim.store import Store
from app.local.simulated.answer import HTML, Answer, of_text

_HERE = Path(__file__).parent
PRODUCTS_SHOWN = 100
_CALLS_SHOWN = 30
_POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"


@cache
def _templates() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    made.filters["clock"] = lambda moment: datetime.fromtimestamp(moment, UTC).strftime("%H:%M:%S")
    return made


def _page(template: str, status: int = 200, **values: Any) -> Answer:
    text = _templates().get_template(template).render(**values)
    return of_text(text, status, HTML, Content_Security_Policy=_POLICY, Cache_Control="no-store")


def stylesheet() -> Answer:
    """The one file."""
    return of_text((_HERE / "static" / "shop.css").read_text(), 200, "text/css; charset=utf-8")


def home(simulator: Simulator) -> Answer:
    """All shops."""
    return _page("home.html", shops=[_line(one) for one in simulator.stores.values()])


def _line(store: Store) -> dict[str, Any]:
    with store.lock:
        return {**summary(store.shop), "bucket": _bucket(store), "variants": store.count_variants()}


def shop(store: Store, number: int, query: str) -> Answer:
    """One shop, a hundred products at a time, the newest first."""
    with store.lock:
        shown = contents(store)
        values = {
            "shop": _line(store),
            "calls": [asdict(one) for one in list(store.calls)[-_CALLS_SHOWN:]][::-1],
            "subscriptions": shown["subscriptions"],
        }
    words = query.lower()
    found = [one for one in reversed(shown["products"]) if words in _searched(one)]
    pages = max(1, -(-len(found) // PRODUCTS_SHOWN))
    number = min(max(number, 1), pages)
    first = (number - 1) * PRODUCTS_SHOWN
    return _page(
        "shop.html",
        **values,
        products=found[first : first + PRODUCTS_SHOWN],
        count=len(found),
        page=number,
        pages=pages,
        query=query,
    )


def _searched(product: dict[str, Any]) -> str:
    return " ".join(
        [product["title"], product["handle"], *(one["sku"] for one in product["variants"])]
    ).lower()


def _bucket(store: Store) -> dict[str, int] | None:
    for app in store.shop.apps.values():
        if app.bucket:
            app.bucket.settle(store.now)
            return app.bucket.status()
    return None


def missing() -> Answer:
    """No such page."""
    return _page("missing.html", 404)
