"""A merchant's shop as our web server meets it: what the portal asks about it, and what it tells by itself."""

import base64
import hashlib
import hmac
import itertools
import json
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from werkzeug.test import TestResponse

from app.bootstrap import Container
from tests.shops import KEY, MAIN, SECRET, SHOP, FakeDesk, connections
from tests.stockline import Stockline, stamp

_EVENTS = itertools.count(1)
SETTINGS = {"encryption_keys": KEY, "public_url": "https://stock.example"}
"""For `build`."""


@dataclass
class Merchant:
    """One tenant with a shop; the shop itself answers what the test says."""

    stockline: Stockline
    desk: FakeDesk
    secret: str = SECRET

    # --- as the portal ---

    def request(self, method: str, path: str = "", **options: Any) -> TestResponse:
        headers = {"X-API-Key": self.stockline.key} | options.pop("headers", {})
        return self.stockline.application.test_client().open(
            f"/api/app/shopify/connection{path}", method=method, headers=headers, **options
        )

    def connect(self, shop: str = SHOP, secret: str = SECRET) -> dict[str, Any]:
        response = self.request("PUT", json={"shop": shop, "clientId": "client", "clientSecret": secret})
        assert response.status_code == 200, response.text
        self.secret = secret
        return response.json

    # --- as Shopify ---

    def tell(
        self, topic: str, payload: Any, *, to: Any = None, secret: str | None = None, **headers: str | None
    ) -> TestResponse:
        """One webhook: `X_Shopify_Event_Id="e-1"`; a header that is None is left out."""
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        number = next(_EVENTS)
        named: dict[str, str | None] = {
            "X-Shopify-Topic": topic,
            "X-Shopify-Hmac-Sha256": signature(self.secret if secret is None else secret, body),
            "X-Shopify-Shop-Domain": SHOP,
            "X-Shopify-Event-Id": f"event-{number}",
            "X-Shopify-Webhook-Id": f"webhook-{number}",
            "Content-Type": "application/json",
        }
        named |= {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {name: value for name, value in named.items() if value is not None}
        connection_id = to or self.connection_id
        return self.stockline.application.test_client().post(
            f"/api/webhooks/shopify/{connection_id}", data=body, headers=sent
        )

    def counted(self, item: int, available: Any, *, updated_at: str | None = None, **more: Any) -> None:
        """The merchant counted the shelf; told, and done by a worker."""
        told = self.tell("inventory_levels/update", level(item, available, updated_at), **more)
        assert told.status_code == 200, told.text
        self.stockline.drain()

    @property
    def connection_id(self) -> UUID:
        return self.stockline._value(
            "SELECT id FROM shopify_connection WHERE tenant_id = %s", self.stockline.tenant_id
        )

    # --- as the tables have it ---

    def mapped(self, part_number: str, item: int, *, stock: int = 0, product: int = 7) -> int:
        """An item of ours that is in the shop; its id."""
        (item_id,) = self.stockline.own(part_number, stock=stock)
        self.stockline.sql(
            "INSERT INTO shopify_product_mapping (item_id, tenant_id, product_id, inventory_item_id)"
            " VALUES (%s, %s, %s, %s)",
            item_id,
            self.stockline.tenant_id,
            f"gid://shopify/Product/{product}",
            f"gid://shopify/InventoryItem/{item}",
        )
        return item_id

    def pushed(self, item_id: int, stock: int, *, seconds_ago: float) -> None:
        """What a push records before it calls."""
        self.stockline.sql(
            "UPDATE shopify_product_mapping SET last_push_hash = %s,"
            " last_pushed_at = now() - make_interval(secs => %s) WHERE item_id = %s",
            f"stock:{stock}",
            seconds_ago,
            item_id,
        )

    def outcomes(self) -> list[str | None]:
        """What became of what was told, in its order."""
        rows = self.stockline.database.execute(
            "SELECT outcome FROM webhook_event WHERE tenant_id = %s ORDER BY id", (self.stockline.tenant_id,)
        )
        return [outcome for (outcome,) in rows.fetchall()]


def signature(secret: str, body: bytes) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def level(item: int, available: Any, updated_at: str | None = None, location: int = 1) -> dict[str, Any]:
    """The payload of inventory_levels/update."""
    assert MAIN.id.endswith("/1")
    return {
        "inventory_item_id": item,
        "location_id": location,
        "available": available,
        "updated_at": updated_at or stamp(),
        "admin_graphql_api_id": f"gid://shopify/InventoryLevel/1?inventory_item_id={item}",
    }


def open_merchant(stockline: Stockline, container: Container) -> Merchant:
    """The tenant, served by a process whose shop is a fake."""
    desk = FakeDesk()
    served = replace(container, connections=connections(stockline, desk))
    return Merchant(stockline.over(served), desk)
