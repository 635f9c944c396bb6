"""Pushes as a portal knows them, and a shop in memory that takes one product after the other."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any
from uuid import UUID, uuid4

from psycopg import sql
from werkzeug.test import TestResponse

from app.adapters.postgres.pushes import PostgresPushes
from app.adapters.redis.client import client_for
from app.adapters.redis.progress import RedisProgress
from app.bootstrap import Container
from app.domain.push.errors import ShopRefusedError
from app.domain.push.ports import Fence
from app.domain.push.product import Found, Level, ProductInput, ShopProduct, ShopVariant, VariantInput
from app.domain.push.run import PushJob
from app.domain.push.service import PushDesk
from app.domain.shop.connection import Connection
from app.domain.work.dispatch import Actor
from tests.shops import SECRET, SHOP, FakeDesk, connections
from tests.stockline import DEADLINE_S, Stockline, until

BAD = "BAD"
"""The shop refuses a part number that begins so."""


@dataclass
class MemoryShop:
    """Keeps the products that it is sent. While `held`, each product waits for its turn."""

    products: dict[str, ShopProduct] = field(default_factory=dict)
    closed: Exception | None = None
    held: bool = False
    turns: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def open(self, connection: Connection, fence: Fence) -> "MemoryShop":
        return self

    def prepare(self) -> None:
        if self.closed is not None:
            raise self.closed

    def product(self, product_id: str, *, variants: int, content: bool = True) -> ShopProduct | None:
        return self.products.get(product_id)

    def find(self, key: UUID, skus: Sequence[str]) -> Found:
        return Found(next((one for one in self.products.values() if one.key == key), None))

    def create(self, key: UUID, product: ProductInput) -> ShopProduct:
        if self.held:
            assert self.turns.acquire(timeout=DEADLINE_S)
        variants = product.variants or ()
        if any((one.sku or "").startswith(BAD) for one in variants):
            raise ShopRefusedError("invalid_title", "Shopify wants a title; give the part a name")
        product_id = f"gid://shopify/Product/{uuid4().int}"
        made = tuple(_made(product_id, number, one) for number, one in enumerate(variants))
        options = tuple((name, (value,)) for name, value in made[0].options)
        self.products[product_id] = ShopProduct(product_id, product.values, options, made, key=key)
        return self.products[product_id]

    def change(self, product_id: str, product: ProductInput) -> ShopProduct:
        return self.products[product_id]

    def rekey(self, product_id: str, key: UUID) -> None:
        self.products[product_id] = replace(self.products[product_id], key=key)

    def change_variants(self, product_id: str, variants: Sequence[VariantInput]) -> None:
        """Nothing that these tests look at."""

    def set_stock(self, levels: Sequence[Level], key: UUID) -> None:
        """Nothing that these tests look at."""

    def stock_at_location(self, inventory_item_id: str, quantity: int, key: UUID) -> None:
        """Nothing that these tests look at."""

    def tended(self, product_id: str) -> bool:
        return False

    def delete_product(self, product_id: str) -> None:
        self.products.pop(product_id, None)

    def publish(self, product_id: str) -> None:
        """Nothing that these tests look at."""


def _made(product_id: str, number: int, one: VariantInput) -> ShopVariant:
    return ShopVariant(
        id=f"{product_id}/{number}",
        product_id=product_id,
        sku=one.sku or "",
        inventory_item_id=f"{product_id}/{number}/inventory",
        options=one.options,
        values=one.values,
        tracked=True,
        available=one.quantity,
    )


_redis = cache(client_for)


class _NoBell:
    def ring(self, actor: Actor, dispatch_id: UUID) -> None:
        """The tests' worker looks for itself."""


@dataclass
class Portal:
    """One tenant's page of pushes, the workers behind it and its shop."""

    stockline: Stockline
    shop: MemoryShop

    def request(self, method: str, path: str, **options: Any) -> TestResponse:
        headers = {"X-API-Key": self.stockline.key} | options.pop("headers", {})
        return self.stockline.application.test_client().open(
            f"/api/app/shopify{path}", method=method, headers=headers, **options
        )

    def get(self, path: str) -> TestResponse:
        return self.request("GET", path)

    def post(self, path: str = "/pushes", **body: Any) -> TestResponse:
        """`post(partNumbers=…)`, or `post("/pushes/…/cancel")`."""
        return self.request("POST", path, **({"json": body} if body else {}))

    def begin(self, *part_numbers: str) -> str:
        """The id of a push that nobody works on yet; of everything without part numbers."""
        response = self.post(partNumbers=part_numbers) if part_numbers else self.post(all=True)
        assert response.status_code == 202, response.text
        return response.json["pushId"]

    def push(self, push_id: str) -> dict[str, Any]:
        response = self.get(f"/pushes/{push_id}")
        assert response.status_code == 200, response.text
        return added_up(response.json)

    def done(self, *part_numbers: str) -> dict[str, Any]:
        """A push that was worked on to its end."""
        push_id = self.begin(*part_numbers)
        self.stockline.drain()
        return self.push(push_id)

    def kept(self, push_id: str, columns: str) -> tuple[Any, ...]:
        """What PostgreSQL has of it."""
        statement = sql.SQL("SELECT {} FROM push WHERE id = %s").format(sql.SQL(columns))
        row = self.stockline.database.execute(statement, (push_id,)).fetchone()
        assert row is not None
        return row

    @contextmanager
    def working(self) -> Iterator[None]:
        """A worker that waits at the shop's door until `step` lets it go on."""
        self.shop.held = True
        with self.stockline.worker():
            try:
                yield
            finally:
                self.shop.held = False
                self.shop.turns.release(1000)
        self.shop.turns = threading.Semaphore(0)

    def step(self, push_id: str) -> None:
        """Let one product through to its end."""
        settled = "succeeded + failed + skipped"
        (before,) = self.kept(push_id, settled)
        self.shop.turns.release()
        until(lambda: self.kept(push_id, settled) > (before,), "a product's end")

    def at(self, container: Container) -> "Portal":
        """The same tenant, served by another process."""
        return Portal(self.stockline.over(pushing(container, self.shop)), self.shop)


def added_up(push: dict[str, Any]) -> dict[str, Any]:
    """The push, once its counters were seen to add up."""
    parts = [push[name] for name in ("succeeded", "failed", "skipped", "remaining")]
    assert push["total"] == sum(parts), push
    assert min(parts) >= 0, push
    assert len(push["failures"]) == min(push["failed"], 1000), push
    return push


def pushing(container: Container, shop: MemoryShop) -> Container:
    """The container with this shop in place of Shopify, and a board of its own."""
    lease_s, call_s = container.settings.push_lease_s, container.settings.shopify_timeout_s
    transactions = PostgresPushes(container.unit_of_work, lease_s=lease_s)
    board = RedisProgress(_redis(container.settings.redis_url))
    job = PushJob(transactions, shop, board, lease_s=lease_s, call_s=call_s)
    return replace(
        container,
        pushes=PushDesk(transactions, shop, board, _NoBell()),
        handlers={**container.handlers, Actor.PUSHES_RUN: (job.run, job.give_up)},
    )


def open_portal(stockline: Stockline, *, connected: bool = True) -> Portal:
    """The tenant with a shop of its own."""
    shop = MemoryShop()
    if connected:
        connections(stockline, FakeDesk()).connect(stockline.tenant_id, SHOP, "client", SECRET)
    return Portal(stockline.over(pushing(stockline.container, shop)), shop)
