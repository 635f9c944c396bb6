"""A tenant with a connected shop of the simulator: its catalog on one side, what the shop contains on the other."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from cryptography.fernet import Fernet
from werkzeug.test import TestResponse

from app.bootstrap import Container
from app.domain.push.push import Push
from app.local.shopify_sim.control import contents
from app.local.shopify_sim.server import Server
from app.local.shopify_sim.simulator import Simulator
from app.local.shopify_sim.store import Logged, Store
from tests.stockline import Stockline

KEYS = Fernet.generate_key().decode()
LOCATION = "Main warehouse"
ITEM_COLUMNS = {"price", "compare_at_price", "cost_price", "stock"}
STOREFRONT_COLUMNS = {"seo_title", "seo_description", "tags"}
RICH = 100_000.0
"""Points a second for shops whose bucket is not what the test is about."""


@contextmanager
def simulated() -> Iterator[Server]:
    """A simulator that serves; shops are made in it."""
    server = Server(Simulator())
    server.start()
    try:
        yield server
    finally:
        server.stop()


@dataclass
class Shopkeeper:
    """One tenant and its shop."""

    stockline: Stockline
    server: Server
    domain: str

    # --- the shop ---

    @property
    def store(self) -> Store:
        return self.server.simulator.store(self.domain)

    def act(self, do: str, **given: Any) -> dict[str, Any]:
        """Something that the merchant does."""
        return self.server.simulator.act(self.domain, do, given)

    def fault(self, kind: str, operation: str = "*", **more: Any) -> None:
        self.store.faults.order({"kind": kind, "operation": operation, **more})

    @property
    def products(self) -> list[dict[str, Any]]:
        """What the shop contains."""
        return contents(self.store)["products"]

    def product(self, sku: str) -> dict[str, Any]:
        """The only product that has a variant with this SKU."""
        (found,) = [one for one in self.products if any(each["sku"] == sku for each in one["variants"])]
        return found

    def variant(self, sku: str) -> dict[str, Any]:
        (found,) = [each for one in self.products for each in one["variants"] if each["sku"] == sku]
        return found

    def stock(self, sku: str) -> int | None:
        """What lies at the connection's location."""
        _, found = next(each for each in self.store.variants() if each[1].sku == sku)
        place = next(one.id for one in self.store.shop.locations.values() if one.name == LOCATION)
        level = found.item.levels.get(place)
        return level.available if level and level.is_active else None

    @property
    def calls(self) -> list[Logged]:
        return list(self.store.calls)

    def operations(self) -> list[str]:
        """The root fields asked for, without tokens."""
        return [one.operation for one in self.calls if one.operation != "token"]

    # --- the catalog ---

    @property
    def tenant_id(self) -> UUID:
        return self.stockline.tenant_id

    def sell(self, part_number: str, **columns: Any) -> int:
        """A central part that the tenant activated; columns of the part, the item and the stock item."""
        (item,) = self.stockline.activate(part_number)
        self.edit(part_number, **{"name": f"Part {part_number}", "price": "10.00", "stock": 5} | columns)
        return item

    def edit(self, part_number: str, **columns: Any) -> None:
        for column, value in columns.items():
            if column in ITEM_COLUMNS:
                table, key = "stock_item", "tenant_id = %s AND part_number = %s"
                whose: tuple[Any, ...] = (self.tenant_id, part_number)
            elif column in STOREFRONT_COLUMNS:
                table = "tenant_catalog_item"
                key = "item_id IN (SELECT id FROM stock_item WHERE tenant_id = %s AND part_number = %s)"
                whose = (self.tenant_id, part_number)
            else:
                table, key, whose = "part", "part_number = %s", (part_number,)
            self.stockline.sql(f"UPDATE {table} SET {column} = %s WHERE {key}", value, *whose)

    def group(self, code: str, members: dict[str, str | None], name: str | None = "Lever") -> None:
        """Put parts into a group, in this order, with their values of the option; who is not named leaves it."""
        self.stockline.sql(
            "INSERT INTO part_variant_group (code, name, option1_name) VALUES (%s, %s, 'Color')"
            " ON CONFLICT (code) DO UPDATE SET name = excluded.name",
            code,
            name,
        )
        self.stockline.sql(
            "DELETE FROM part_variant_group_member WHERE group_id ="
            " (SELECT id FROM part_variant_group WHERE code = %s)",
            code,
        )
        for position, (part_number, value) in enumerate(members.items()):
            self.stockline.sql(
                "INSERT INTO part_variant_group_member (part_id, group_id, option1_value, position)"
                " SELECT p.id, g.id, %s, %s FROM part p, part_variant_group g"
                " WHERE p.part_number = %s AND g.code = %s",
                value,
                position,
                part_number,
                code,
            )

    def mapping(self, part_number: str) -> dict[str, Any] | None:
        cursor = self.stockline.database.execute(
            "SELECT m.* FROM shopify_product_mapping m JOIN stock_item s ON s.id = m.item_id"
            " WHERE s.tenant_id = %s AND s.part_number = %s",
            (self.tenant_id, part_number),
        )
        row = cursor.fetchone()
        assert cursor.description
        return None if row is None else dict(zip((one.name for one in cursor.description), row, strict=True))

    # --- the push ---

    @property
    def container(self) -> Container:
        return self.stockline.container

    def begin(self, *part_numbers: str) -> Push:
        """A push that no worker has taken up; of everything when nothing is named."""
        return self.container.pushes.begin(self.tenant_id, list(part_numbers) or None, requested_by="test")

    def push(self, *part_numbers: str) -> Push:
        """A push that is worked on as far as it goes."""
        begun = self.begin(*part_numbers)
        return self.work(begun.id)

    def work(self, push_id: UUID) -> Push:
        self.stockline.drain()
        return self.container.pushes.get(self.tenant_id, push_id)

    def failures(self, push: Push) -> dict[str, str]:
        """Code by part number."""
        _, body = self.container.pushes.rebuilt(self.tenant_id, push.id)
        return {one["partNumber"]: one["code"] for one in json.loads(body)["failures"]}

    def dry_run(self, *part_numbers: str) -> list[dict[str, Any]]:
        return self.container.pushes.dry_run(self.tenant_id, list(part_numbers))

    def profile(self, **rules: tuple[bool, str]) -> None:
        """Change some fields' (create, update) from what holds now."""
        from app.domain.push.profile import profile_of

        desk = self.container.pushes
        shown = desk.profile(self.tenant_id).shown()
        for name, (create, update) in rules.items():
            shown[name] = {"create": create, "update": update}
        desk.set_profile(self.tenant_id, profile_of(shown))

    def request(self, method: str, path: str, **options: Any) -> TestResponse:
        """A call of the portal's API."""
        headers = {"X-API-Key": self.stockline.key} | options.pop("headers", {})
        client = self.stockline.application.test_client()
        return client.open(f"/api/app/shopify{path}", method=method, headers=headers, **options)


def open_shop(
    stockline: Stockline, server: Server, domain: str = "north.myshopify.com", **shop: Any
) -> Shopkeeper:
    """A new shop of the simulator, connected to the tenant."""
    given = {"restore_rate": RICH, "locations": (LOCATION, "Aa second")} | shop
    server.simulator.make_shop(domain, **given)
    keeper = Shopkeeper(stockline, server, domain)
    keeper.container.connections.connect(stockline.tenant_id, domain, "client", "secret")
    main = next(one.gid for one in keeper.store.shop.locations.values() if one.name == LOCATION)
    keeper.container.connections.set_location(stockline.tenant_id, main)
    keeper.store.calls.clear()
    return keeper
