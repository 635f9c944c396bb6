"""The simulator as an object: shops, their mail, the clock. Tests hold it directly; the server speaks HTTP for it."""

import re
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from app.local.shopify_sim import oauth, snapshot
from app.local.shopify_sim.admin_api import AdminApi, settle_operations
from app.local.shopify_sim.bucket import RESTORE_RATES, Bucket
from app.local.shopify_sim.clock import Clock
from app.local.shopify_sim.merchant import DEEDS
from app.local.shopify_sim.state import App, Location, Publication, Shop
from app.local.shopify_sim.store import Store
from app.local.shopify_sim.webhooks import Post
from app.local.simulated.answer import Answer, Request

SCOPES = (
    "write_products",
    "read_products",
    "read_inventory",
    "write_inventory",
    "read_files",
    "read_locations",
    "read_orders",
    "write_publications",
)
"""What a shop's app is given unless somebody says otherwise: what Stockline publishes."""
SAVE_EVERY_S = 1.0
_DOMAIN = re.compile(r"[a-z0-9][a-z0-9-]*\.myshopify\.com")


class NoSuchShopError(LookupError):
    """Nobody made it."""


class Simulator:
    """Several shops under one clock."""

    def __init__(self, clock: Clock | None = None, data_dir: Path | None = None) -> None:
        self.clock = clock or Clock()
        self._data_dir = data_dir
        self._api = AdminApi()
        self._lock = threading.Lock()
        self._stores: dict[str, Store] = {}
        self._posts: dict[str, Post] = {}
        self._next_id = 1
        self._stopped = threading.Event()
        if data_dir and data_dir.is_dir():
            for shop in snapshot.load(data_dir):
                self._add(shop)
        if data_dir:
            threading.Thread(target=self._save_often, daemon=True, name="shopify-sim-snapshots").start()

    def _add(self, shop: Shop) -> Store:
        store = Store(shop, self.clock)
        self._stores[shop.domain], self._posts[shop.domain] = store, Post(store, self.clock)
        self._next_id = max(self._next_id, shop.id + 1)
        return store

    def make_shop(
        self,
        domain: str,
        *,
        name: str | None = None,
        plan: str = "standard",
        currency: str = "EUR",
        restore_rate: float | None = None,
        locations: Sequence[str] = ("Main warehouse",),
        publications: Sequence[str] = ("Online Store", "Point of Sale"),
        client_id: str = "client",
        client_secret: str = "secret",  # noqa: S107 - of a made-up app
        scopes: Sequence[str] = SCOPES,
        installed: bool = True,
        same_organisation: bool = True,
        **settings: Any,
    ) -> Store:
        """A shop with one app. `settings` are the further fields of `Shop`: file_s, operation_s, oauth_errors …"""
        if not _DOMAIN.fullmatch(domain):
            raise ValueError(f"{domain} is no name.myshopify.com")
        if plan not in RESTORE_RATES:
            raise ValueError(f"plan is one of {', '.join(RESTORE_RATES)}")
        with self._lock:
            if domain in self._stores:
                raise ValueError(f"{domain} exists")
            now = self.clock.now()
            rate = RESTORE_RATES[plan] if restore_rate is None else restore_rate
            shop = Shop(
                self._next_id, domain, name or domain.partition(".")[0].title(), now, plan, currency, rate
            )
            shop.serial = shop.id * 10_000_000
            for field, value in settings.items():
                if not hasattr(shop, field):
                    raise ValueError(f"a shop has no {field}")
                setattr(shop, field, value)
            store = self._add(shop)
        app = App(client_id, [client_secret], list(scopes), shop.number(), installed, same_organisation)
        app.bucket = Bucket.full(rate, now)
        shop.apps[client_id] = app
        for each in locations:
            number = shop.number()
            shop.locations[number] = Location(number, each, now, now)
        for each in publications:
            number = shop.number()
            shop.publications[number] = Publication(number, each)
        store.touched = True
        return store

    @property
    def stores(self) -> Mapping[str, Store]:
        """All shops by domain."""
        with self._lock:
            return dict(self._stores)

    def store(self, domain: str) -> Store:
        """One shop; NoSuchShopError."""
        found = self._stores.get(domain)
        if found is None:
            raise NoSuchShopError(domain)
        return found

    def post(self, domain: str) -> Post:
        """Its mail room."""
        self.store(domain)
        return self._posts[domain]

    def remove_shop(self, domain: str) -> None:
        """Close it for good."""
        self.store(domain)
        self._posts.pop(domain).stop()
        with self._lock:
            del self._stores[domain]
        if self._data_dir:
            snapshot.forget(self._data_dir, domain)

    def graphql(self, domain: str, version: str, request: Request) -> Answer:
        """A call of the Admin API."""
        store = self.store(domain)
        self.settle(domain)
        answer = self._api.answer(store, version, request)
        self._tell(domain, store)
        return answer

    def token(self, domain: str, request: Request) -> Answer:
        """A call of the token endpoint."""
        store = self._stores.get(domain)
        return oauth.answer(store, request) if store else oauth.no_such_shop()

    def act(self, domain: str, deed: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """Something the merchant does; see `merchant.DEEDS`."""
        if deed not in DEEDS:
            raise ValueError(f"do is one of {', '.join(DEEDS)}")
        store = self.store(domain)
        with store.lock:
            done = DEEDS[deed](store, given)
        self._tell(domain, store)
        return done

    def settle(self, domain: str) -> None:
        """Let what is due happen: productSets that were asked to run later."""
        store = self.store(domain)
        with store.lock:
            settle_operations(store)
        self._tell(domain, store)

    def _tell(self, domain: str, store: Store) -> None:
        with store.lock:
            events = store.take_events()
            self._posts[domain].tell(events)
            for app in store.shop.apps.values():
                if not app.installed:
                    held = store.shop.subscriptions
                    store.shop.subscriptions = {
                        number: one for number, one in held.items() if one.client_id != app.client_id
                    }

    def _save_often(self) -> None:
        while not self._stopped.wait(SAVE_EVERY_S):
            self.save()

    def save(self) -> None:
        """Write down the shops that changed."""
        if self._data_dir is None:
            return
        for store in self.stores.values():
            with store.lock:
                if store.touched:
                    snapshot.save(self._data_dir, store.shop)
                    store.touched = False

    def stop(self) -> None:
        """End the threads and keep the state."""
        self._stopped.set()
        for post in list(self._posts.values()):
            post.stop()
        self.save()
