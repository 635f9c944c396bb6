"""A shop with what is needed to work on it: its lock, its indexes, what it has to tell, what was asked of it."""

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import RLock
from typing import Any

from app.local.shopify_sim.clock import Clock
from app.local.shopify_sim.faults import Faults
from app.local.shopify_sim.payloads import PAYLOADS
from app.local.shopify_sim.state import App, File, Item, Level, Location, Product, Shop, Variant

CALLS_KEPT = 20_000
_NOT_IN_HANDLES = re.compile(r"[^\w]+|_", re.UNICODE)


class UnknownThingError(LookupError):
    """What is named is not in the shop."""


@dataclass(frozen=True)
class Event:
    """Something that happened, before it becomes webhooks."""

    topic: str
    payload: dict[str, Any]


@dataclass(frozen=True)
class Logged:
    """A call as it ended."""

    at: float
    operation: str
    status: int
    requested: int | None = None
    actual: int | None = None
    available: int | None = None
    codes: tuple[str, ...] = ()
    fault: str | None = None


class Store:
    """One shop. Whoever reads or writes it holds `lock`."""

    def __init__(self, shop: Shop, clock: Clock) -> None:
        self.shop, self.clock, self.lock = shop, clock, RLock()
        self.faults = Faults()
        self.calls: deque[Logged] = deque(maxlen=CALLS_KEPT)
        self.events: list[Event] = []
        self.touched = False
        self._variants: dict[int, tuple[Product, Variant]] = {}
        self._items: dict[int, Item] = {}
        self._handles: dict[str, int] = {}
        self._custom_ids: dict[tuple[str, str, str], int] = {}
        for product in shop.products.values():
            self.index(product)

    @property
    def now(self) -> float:
        """The simulator's time."""
        return self.clock.now()

    # Products and what is in them

    def index(self, product: Product) -> None:
        """After a product was made or changed: find it again by all its names."""
        self.touched = True
        self.shop.products[product.id] = product
        self._handles[product.handle] = product.id
        for one in product.metafields:
            if one.type == "id":
                self._custom_ids[one.namespace, one.key, one.value] = product.id
        for variant in product.variants:
            self._variants[variant.id] = product, variant
            self._items[variant.item.id] = variant.item

    def unindex(self, product: Product) -> None:
        """Before a product is changed."""
        self._handles.pop(product.handle, None)
        for one in product.metafields:
            self._custom_ids.pop((one.namespace, one.key, one.value), None)
        for variant in product.variants:
            self._variants.pop(variant.id, None)
            self._items.pop(variant.item.id, None)

    def remove(self, product: Product) -> None:
        """Delete it. Its files stay among the shop's files."""
        self.unindex(product)
        self.touched = True
        del self.shop.products[product.id]
        self.happened("products/delete", {"id": product.id, "admin_graphql_api_id": product.gid})

    def variant(self, number: int | None) -> tuple[Product, Variant] | None:
        """With its product."""
        return self._variants.get(number) if number is not None else None

    def item(self, number: int | None) -> Item | None:
        """By its number."""
        return self._items.get(number) if number is not None else None

    def variants(self) -> Iterator[tuple[Product, Variant]]:
        """All, by id."""
        return (self._variants[number] for number in sorted(self._variants))

    def count_variants(self) -> int:
        """How many the shop has."""
        return len(self._variants)

    def by_handle(self, handle: str) -> Product | None:
        """The product of that address."""
        number = self._handles.get(handle)
        return self.shop.products[number] if number is not None else None

    def by_custom_id(self, namespace: str, key: str, value: str) -> Product | None:
        """The product with that value of a metafield of type id."""
        number = self._custom_ids.get((namespace, key, value))
        return self.shop.products[number] if number is not None else None

    @staticmethod
    def slug(title: str) -> str:
        """As Shopify writes addresses: small letters and digits, everything else a hyphen."""
        return _NOT_IN_HANDLES.sub("-", title.strip().lower()).strip("-")

    def free_handle(self, title: str) -> str:
        """Out of a title: `-1`, `-2` … are added while another product has it."""
        stem = self.slug(title) or "product"
        handle, count = stem, 0
        while handle in self._handles:
            count += 1
            handle = f"{stem}-{count}"
        return handle

    def files_of(self, numbers: list[int]) -> list[File]:
        """Those that still are there."""
        return [self.shop.files[number] for number in numbers if number in self.shop.files]

    # Stock

    def primary_location(self) -> Location | None:
        """The oldest active one, where a new variant without quantities is stocked."""
        active = [one for one in self.shop.locations.values() if one.is_active]
        return min(active, key=lambda one: one.id, default=None)

    def stock(self, item: Item, location: int) -> Level:
        """The item's level there, made if it was not stocked there."""
        level = item.levels.get(location)
        if level is None:
            level = Level(self.shop.number(), item.id, location, self.now, self.now)
            item.levels[location] = level
        elif not level.is_active:
            level.is_active = True
        return level

    def set_available(self, level: Level, quantity: int) -> int:
        """Write a quantity and tell of it, if it is another one; the difference."""
        delta = quantity - level.available
        if delta:
            level.available, level.updated_at, self.touched = quantity, self.now, True
            self.happened("inventory_levels/update", level)
        return delta

    # What happened

    def happened(self, topic: str, subject: Any) -> None:
        """Tell the subscribers once the change is complete. `subject` is the object or the payload itself."""
        self.touched = True
        if isinstance(subject, Level):
            item = self.item(subject.item)
            subject = PAYLOADS[topic](subject) | ({"available": None} if item and not item.tracked else {})
        self.events.append(Event(topic, subject if isinstance(subject, dict) else PAYLOADS[topic](subject)))

    def take_events(self) -> list[Event]:
        """What is to be told now."""
        taken, self.events = self.events, []
        return taken

    def app_of_token(self, token: str) -> App | None:
        """Whose token it is, if it is still good."""
        for app in self.shop.apps.values():
            if app.installed and not app.revoked and app.tokens.get(token, 0) > self.now:
                return app
        return None


@dataclass
class Mischief:
    """What is done to a shop's webhooks on the way."""

    late_s: float = 0.0
    twice: int = 0
    out_of_order: int = 0
    held: list[Any] = field(default_factory=list)
