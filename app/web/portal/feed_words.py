"""What feeds are called on pages: surfaces, states and outcomes in plain words, and how good each is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from app.domain.stock.feed import Feed, FeedStatus, Outcome, recorded_under

SURFACES: Final = {
    "stock-feed": "Stock feed",
    "price-feed": "Price feed",
    "location-stock": "Store stock",
    "orders": "Orders",
    "shopify-push": "Shopify push",
    "shopify-webhook": "Shopify webhooks",
    "supplier-poll": "Supplier readings",
}
FEED_SURFACES: Final = ("stock-feed", "price-feed", "location-stock", "shopify-webhook")
STATES: Final = {
    FeedStatus.QUEUED: ("waiting", "plain"),
    FeedStatus.APPLYING: ("being applied", "plain"),
    FeedStatus.APPLIED: ("applied", "good"),
    FeedStatus.HELD: ("held for you", "warn"),
    FeedStatus.DISCARDED: ("discarded", "plain"),
    FeedStatus.FAILED: ("failed", "bad"),
}
OUTCOMES: Final = {
    Outcome.CHANGED: ("changed", "good"),
    Outcome.UPDATED: ("confirmed", "good"),
    Outcome.NOT_FOUND: ("not found", "bad"),
    Outcome.DUPLICATE: ("duplicate", "plain"),
    Outcome.STALE: ("stale", "plain"),
    Outcome.ECHO_SKIPPED: ("own echo", "plain"),
    Outcome.INVALID_DEALER: ("unknown store", "bad"),
    Outcome.REJECTED: ("malformed", "bad"),
}
EXPLAINED: Final = {
    Outcome.CHANGED: "The value is now what was sent, and was another before.",
    Outcome.UPDATED: "The value was what was sent already, or is now.",
    Outcome.NOT_FOUND: "No activated catalog item, own part or alias has this part number.",
    Outcome.DUPLICATE: "Another row of the same feed named the same item, and won.",
    Outcome.STALE: "Older than the value that stands.",
    Outcome.ECHO_SKIPPED: "Our own write to Shopify coming back.",
    Outcome.INVALID_DEALER: "None of your stores has this id.",
    Outcome.REJECTED: "The row breaks a rule, and was left out.",
}
WORK: Final = {
    "feeds.apply": "Feeds",
    "pushes.run": "Shopify pushes",
    "pushes.spread": "Push batches",
    "webhooks.handle": "Shopify webhooks",
    "shops.pull": "Shopify stock pulls",
    "suppliers.poll": "Supplier readings",
    "orders.expire": "Expiring orders",
    "alerts.watch": "Alerts",
    "alerts.deliver": "Alert deliveries",
    "purchasing.watch": "Reorder suggestions",
    "purchasing.send": "Purchase orders",
}
_RESULTS: Final = {
    "received": "received",
    "updated": "updated",
    "changed": "changed",
    "resolvedViaAlias": "by alias",
    "echoSkipped": "own echoes",
    "notFound": "not found",
    "duplicates": "duplicates",
    "stale": "stale",
    "rejected": "malformed",
    "invalidDealers": "unknown stores",
}
_TROUBLES: Final = ("notFound", "rejected", "invalidDealers", "failed", "malformed")


@dataclass(frozen=True, slots=True)
class Counter:
    """One counter of a result. `bad`: somebody should look."""

    name: str
    count: int
    bad: bool


def surface_of(feed: Feed) -> str:
    """Where it came from."""
    surface = recorded_under(feed.kind, feed.surface)
    return SURFACES.get(surface, surface)


def counters_of(result: Mapping[str, Any] | None) -> list[Counter]:
    """The counters of a surface's last result that say something, in the order of `_RESULTS`."""
    counted = {name: count for name, count in (result or {}).items() if type(count) is int and count}
    known = [name for name in _RESULTS if name in counted]
    names = known + [name for name in counted if name not in _RESULTS]
    return [Counter(_RESULTS.get(name, name), counted[name], name in _TROUBLES) for name in names]


def tally(feed: Feed) -> dict[Outcome, int]:
    """Rows by outcome so far, those that occur; exclusive, so that they add up to the rows with an outcome."""
    counted = feed.counters
    every = {
        Outcome.CHANGED: counted.changed,
        Outcome.UPDATED: counted.updated - counted.changed,
        Outcome.NOT_FOUND: counted.not_found,
        Outcome.DUPLICATE: counted.duplicates,
        Outcome.STALE: counted.stale,
        Outcome.ECHO_SKIPPED: counted.echo_skipped,
        Outcome.INVALID_DEALER: counted.invalid_dealers,
        Outcome.REJECTED: feed.rejected,
    }
    return {outcome: count for outcome, count in every.items() if count}
