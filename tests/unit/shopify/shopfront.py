"""What tests of the adapter hold: a shop, its simulator, and what was slept."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx

from app.adapters.shopify.shops import ShopifyShop, ShopifyShops
from app.domain.push.product import ProductInput, ShopProduct, VariantInput
from app.domain.push.profile import Field
from app.domain.shop.connection import SCOPES, Connection, ConnectionState, Location
from app.local.shopify_sim.server import Server
from app.local.shopify_sim.simulator import Simulator
from app.local.shopify_sim.store import Logged, Store
from tests.shopify import DOMAIN

KEY = UUID("6f1de1d2-5f0e-4c5e-9a6c-6a4f0f7a2f11")
SECRET = "secret"


class PlainVault:
    """Seals nothing."""

    def seal(self, secret: str) -> bytes:
        return secret.encode()

    def open(self, sealed: bytes) -> str:
        return sealed.decode()

    def rotate(self, sealed: bytes) -> bytes:
        return sealed


class Front:
    """A connection to one shop of the simulator."""

    def __init__(self, simulator: Simulator, server: Server, http: httpx.Client, timeout_s=5.0) -> None:
        self.simulator, self.server = simulator, server
        self.slept: list[float] = []
        self.shops = ShopifyShops(
            server.template,
            "2026-07",
            timeout_s,
            PlainVault(),
            http,
            clock=simulator.clock.now,
            sleep=self.sleep,
        )
        self.connection = connection(self.location("Stockholm"))

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.simulator.clock.advance(seconds)

    @property
    def store(self) -> Store:
        return self.simulator.store(DOMAIN)

    @property
    def calls(self) -> list[Logged]:
        return list(self.store.calls)

    def operations(self) -> list[str]:
        """What was asked of the Admin API, without the tokens."""
        return [one.operation for one in self.calls if one.operation != "token"]

    def location(self, name: str) -> Location:
        found = next(one for one in self.store.shop.locations.values() if one.name == name)
        return Location(found.gid, name)

    def shop(self, fence=lambda: float("inf"), **changed: Any) -> ShopifyShop:
        return self.shops.open(replace(self.connection, **changed), fence)

    def fault(self, kind: str, operation: str = "*", **more: Any) -> None:
        self.store.faults.order({"kind": kind, "operation": operation, **more})

    def act(self, do: str, **given: Any) -> dict[str, Any]:
        return self.simulator.act(DOMAIN, do, given)

    def before(self, document: str, deed: Callable[[], Any]) -> None:
        """Do something just before the adapter sends that document."""
        send = self.shops._wire.post

        def post(url, fence, content, headers):
            if document.encode() in content:
                deed()
            return send(url, fence, content, headers)

        self.shops._wire.post = post  # type: ignore[method-assign]

    def stock(self, sku: str, location: str = "Stockholm") -> int | None:
        """What lies there."""
        _, found = next(each for each in self.store.variants() if each[1].sku == sku)
        place = next(one.id for one in self.store.shop.locations.values() if one.name == location)
        level = found.item.levels.get(place)
        return level.available if level and level.is_active else None


def connection(location: Location, **changed: Any) -> Connection:
    now = datetime.now(UTC)
    made = Connection(
        id=uuid4(),
        tenant_id=uuid4(),
        shop=DOMAIN,
        client_id="client",
        secret=SECRET.encode(),
        old_secret=None,
        old_secret_until=None,
        state=ConnectionState.CONNECTED,
        location=location,
        scopes=SCOPES,
        reserve_percent=0,
        publish=False,
        pull_interval_s=None,
        created_at=now,
        updated_at=now,
    )
    return replace(made, **changed)


def part(sku: str = "A-1", quantity: int | None = 5, **values: Any) -> ProductInput:
    """A product of one variant."""
    variant = VariantInput(
        None,
        sku,
        {Field.PRICE: "12.50", **values},
        (("Title", "Default Title"),),
        quantity=quantity,
        tracked=True,
    )
    return ProductInput({Field.TITLE: f"Part {sku}"}, variants=(variant,))


def group(*options: str, quantity: int | None = 5) -> ProductInput:
    """A product with a variant per colour, whose SKU is `G-` and the colour."""
    variants = tuple(
        VariantInput(
            None, f"G-{one}", {Field.PRICE: "5.00"}, (("Color", one),), quantity=quantity, tracked=True
        )
        for one in options
    )
    return ProductInput({Field.TITLE: "Lever"}, (("Color", options),), variants)


def only(product: ShopProduct) -> Any:
    """Its one variant."""
    (variant,) = product.variants
    return variant
