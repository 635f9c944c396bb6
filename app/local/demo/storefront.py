"""The retailer's Shopify shop: made in the simulator, connected, filled by a bulk push that is watched."""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from app.domain.errors import StocklineError
from app.local.demo import catalog
from app.local.demo.calls import Calls
from app.local.demo.operator import Operator
from app.local.demo.tenants import DemoTenant
from app.local.errors import LocalError

SHOP = "nordlys.myshopify.com"
CLIENT_ID = "demo-app"
CLIENT_SECRET = "demo-secret"  # noqa: S105 - of a made-up app in a made-up shop
PUSHED = 60
DONE_S_MAX = 120.0
WATCHED_EVERY_S = 1.0


@dataclass(frozen=True)
class Storefront:
    """One tenant's shop."""

    data_dir: Path
    calls: Calls
    operator: Operator
    tenant: DemoTenant
    simulator_url: str

    def fill(self) -> None:
        """Connect the shop and push some parts into it; LocalError when it does not come out as it should."""
        self.open()
        self.price()
        connections = self.operator.services.connections
        try:
            done = connections.connect(UUID(self.tenant.tenant_id), SHOP, CLIENT_ID, CLIENT_SECRET)
        except StocklineError as error:
            raise LocalError(f"the shop {SHOP} could not be connected: {error}") from None
        print(f"{self.tenant.name} connected {SHOP}; webhooks to {connections.webhook_url(done.connection)}")
        numbers = [catalog.part_number(index) for index in range(PUSHED)]
        shown = self.push({"partNumbers": [*numbers, "NO-SUCH-PART"]})
        if (shown["status"], shown["failed"]) != ("completed", 1):
            raise LocalError(f"the push came out otherwise: {json.dumps(shown)}")
        self.look(numbers)

    def open(self) -> None:
        """The shop in the simulator, which an earlier demo may have made."""
        made = {"domain": SHOP, "name": self.tenant.name, "locations": ["Oslo warehouse"]}
        made |= {"clientId": CLIENT_ID, "clientSecret": CLIENT_SECRET}
        shops = (
            httpx.get(f"{self.simulator_url}/_sim/shops", timeout=10, trust_env=False)
            .raise_for_status()
            .json()
        )
        if not any(one["domain"] == SHOP for one in shops["shops"]):
            url = f"{self.simulator_url}/_sim/shops"
            httpx.post(url, json=made, timeout=10, trust_env=False).raise_for_status()

    def price(self) -> None:
        """What the push will write of each part beside its content and stock."""
        rows = [
            {
                "partNumber": catalog.part_number(index),
                "price": f"{20 + index}.90",
                "costPrice": f"{11 + index}.00",
            }
            | {"seoTitle": f"{catalog.part_number(index)} at Nordlys", "tags": ["demo", "powersport"]}
            for index in range(PUSHED)
        ]
        file = self.data_dir / "demo-items.jsonl"
        file.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
        self.operator.imported("item", "import", "--tenant", self.tenant.tenant_id, str(file))

    def push(self, order: dict[str, object]) -> dict[str, Any]:
        """Begin a push and poll it as a portal does; its last state."""
        began = time.monotonic()
        answer = self.calls.post(self.tenant, "/api/app/shopify/pushes", order)
        url = answer.raise_for_status().json()["statusUrl"]
        print(f"POST /api/app/shopify/pushes: HTTP {answer.status_code}, then GET {url}")
        while True:
            shown: dict[str, Any] = self.calls.get(self.tenant, url).raise_for_status().json()
            print(f"  {_line(shown)}", flush=True)
            if shown["finishedAt"] or shown["status"] == "paused":
                break
            if time.monotonic() - began > DONE_S_MAX:
                raise LocalError(f"the push is not done after {DONE_S_MAX:.0f} s: {json.dumps(shown)}")
            time.sleep(WATCHED_EVERY_S)
        print(f"  in {time.monotonic() - began:.1f} s; failures: {json.dumps(shown['failures'])}")
        return shown

    def look(self, numbers: list[str]) -> None:
        """The shop must have them all."""
        contents = httpx.get(f"{self.simulator_url}/_sim/shops/{SHOP}", timeout=10, trust_env=False)
        products = contents.raise_for_status().json()["products"]
        skus = {one["sku"] for product in products for one in product["variants"]}
        if missing := set(numbers) - skus:
            raise LocalError(f"the shop lacks {', '.join(sorted(missing)[:5])}")
        print(f"{SHOP} has {len(products)} products")


def _line(shown: dict[str, Any]) -> str:
    names = ("succeeded", "failed", "skipped", "remaining")
    return " ".join([f"{shown['status']:9}", *(f"{name} {shown[name]:<4}" for name in names)])
