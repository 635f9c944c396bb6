"""Shopify as the push and the connection know it: shops to open, a desk to ask at."""

import hashlib
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final
from uuid import UUID

import httpx
from cachetools import LRUCache

from app.adapters.shopify import webhooks
from app.adapters.shopify.client import Client, Session
from app.adapters.shopify.documents import LOCATIONS, PAGE_MAX
from app.adapters.shopify.errors import lacks
from app.adapters.shopify.inventory import Inventory
from app.adapters.shopify.products import Products
from app.adapters.shopify.publishing import publish
from app.adapters.shopify.tokens import Tokens
from app.adapters.shopify.wire import Fence, Wire
from app.domain.push.product import Found, Level, ProductInput, ShopProduct, VariantInput
from app.domain.shop.connection import Connection, Location, missing_scopes
from app.domain.shop.ports import LevelPage, ShopInfo, Vault

SESSIONS_MAX: Final = 10_000
NEEDED_SCOPES: Final = ("write_products", "read_inventory", "read_locations")
"""Without which no push can do anything. What lacks beside them shows when it is needed."""


def _unfenced() -> float:
    return float("inf")


class ShopifyShop:
    """One shop under one fence; see the port."""

    def __init__(self, client: Client, location: str) -> None:
        self._client = client
        self._products = Products(client, location)
        self._inventory = Inventory(client, location)

    def prepare(self) -> None:
        if self._lacking() and (lacking := self._lacking(anew=True)):
            raise lacks(lacking)
        self._inventory.check_location()
        if not self._client.session.defined:
            self._products.define_key()

    def _lacking(self, *, anew: bool = False) -> list[str]:
        """Scopes that were not given; a token that is older than their being given does not know of them."""
        granted = self._client.grant(anew=anew).scopes
        return [] if granted is None else [one for one in missing_scopes(granted) if one in NEEDED_SCOPES]

    def product(self, product_id: str, *, variants: int, content: bool = True) -> ShopProduct | None:
        read = self._products.get if content else self._products.operational
        return read(product_id, variants)

    def find(self, key: UUID, skus: Sequence[str]) -> Found:
        return self._products.find(key, skus)

    def create(self, key: UUID, product: ProductInput) -> ShopProduct:
        return self._products.create(key, product)

    def rekey(self, product_id: str, key: UUID) -> None:
        self._products.rekey(product_id, key)

    def change(self, product_id: str, product: ProductInput) -> ShopProduct:
        return self._products.change(product_id, product)

    def change_variants(self, product_id: str, variants: Sequence[VariantInput]) -> None:
        self._products.change_variants(product_id, variants)

    def set_stock(self, levels: Sequence[Level], key: UUID) -> None:
        self._inventory.set(levels, key)

    def stock_at_location(self, inventory_item_id: str, quantity: int, key: UUID) -> None:
        self._inventory.begin(inventory_item_id, quantity, key)

    def tended(self, product_id: str) -> bool:
        return self._products.tended(product_id)

    def delete_product(self, product_id: str) -> None:
        self._products.delete(product_id)

    def publish(self, product_id: str) -> None:
        publish(self._client, product_id)


class ShopifyShops:
    """All shops of a process: their tokens and buckets are kept here, whoever opens them how often."""

    def __init__(
        self,
        url_template: str,
        api_version: str,
        timeout_s: float,
        vault: Vault,
        http: httpx.Client,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._url_template = url_template
        self._api_version = api_version
        self._vault = vault
        self._http = http
        self._wire = Wire(http, timeout_s, clock)
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._sessions: LRUCache[tuple[str, str, bytes], Session] = LRUCache(SESSIONS_MAX)

    def open(self, connection: Connection, fence: Fence) -> ShopifyShop:
        """Raises EncryptionMissingError."""
        return ShopifyShop(self._client(connection, fence), connection.location.id)

    def look(self, shop: str, client_id: str, secret: str) -> ShopInfo:
        session = self._session(shop, client_id, secret)
        client = self._client_of(session, shop, _unfenced, reserve_percent=0)
        grant = client.grant(anew=True)
        locations, after = list[Location](), None
        while True:
            page = client.ask(LOCATIONS, PAGE_MAX, first=PAGE_MAX, after=after)["locations"]
            locations += [Location(one["id"], one["name"]) for one in page["nodes"]]
            if not page["pageInfo"]["hasNextPage"]:
                return ShopInfo(grant.scopes or (), tuple(locations))
            after = page["pageInfo"]["endCursor"]

    def subscribe(self, connection: Connection, url: str) -> tuple[str, ...]:
        return webhooks.subscribe(self._client(connection, _unfenced), url)

    def levels(self, connection: Connection, cursor: str | None, limit: int) -> LevelPage:
        client = self._client(connection, _unfenced)
        return Inventory(client, connection.location.id).page(cursor, limit)

    def close(self) -> None:
        """Let go of the kept-alive connections."""
        self._http.close()

    def _client(self, connection: Connection, fence: Fence) -> Client:
        secret = self._vault.open(connection.secret)
        session = self._session(connection.shop, connection.client_id, secret)
        return self._client_of(
            session,
            connection.shop,
            fence,
            reserve_percent=connection.reserve_percent,
            location=connection.location.id,
        )

    def _client_of(
        self,
        session: Session,
        shop: str,
        fence: Fence,
        *,
        reserve_percent: float,
        location: str | None = None,
    ) -> Client:
        url = f"{self._base(shop)}/admin/api/{self._api_version}/graphql.json"
        return Client(
            session,
            self._wire,
            url,
            fence,
            reserve_percent=reserve_percent,
            location=location,
            sleep=self._sleep,
        )

    def _session(self, shop: str, client_id: str, secret: str) -> Session:
        """One per credentials, so that a token that was fetched with an old secret serves no new one."""
        name = (shop, client_id, hashlib.sha256(secret.encode()).digest())
        with self._lock:
            session = self._sessions.get(name)
            if session is None:
                url = f"{self._base(shop)}/admin/oauth/access_token"
                tokens = Tokens(self._wire, url, client_id, secret, self._clock)
                session = self._sessions[name] = Session(tokens, self._clock)
            return session

    def _base(self, shop: str) -> str:
        return self._url_template.replace("{shop}", shop)
