"""The demo: a catalog, a real stock feed over HTTP, and a look at what became of it."""

import argparse
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from app.local import demo_catalog as catalog
from app.local.demo_tenants import NAMES, DemoTenant, Operator, remember, remembered
from app.local.errors import LocalError
from app.local.record import FILE as RECORD

APPLIED_S_MAX = 60.0
VISIBLE_S_MAX = 5.0
POLL_S = 0.05


@dataclass(frozen=True)
class Demo:
    """One run against the system of one data directory."""

    data_dir: Path
    http: httpx.Client
    operator: Operator

    def run(self) -> None:
        """The whole story; LocalError at the first thing that is not right."""
        shop, maker = self.tenants()
        self.load_catalog(shop, maker)
        turn = int(time.time()) % catalog.STOCK_MAX
        self.feed(shop, catalog.stock_feed(turn, range(catalog.PARTS)))
        self.read_back(shop, index=turn, stock=catalog.stock_of(turn, turn))
        self.feed(maker, catalog.stock_feed(turn + 1, range(1, catalog.PARTS, len(catalog.BRANDS))))
        self.read_back(maker, index=1, stock=catalog.stock_of(turn + 1, 1))
        self.activity(shop)
        self.where_to_look(shop)

    def tenants(self) -> list[DemoTenant]:
        """The two of an earlier run if their keys still sign in, else two new ones."""
        known = remembered(self.data_dir)
        if known and all(self.signs_in(one) for one in known):
            print(f"Demo tenants: {', '.join(one.name for one in known)} (of an earlier run)")
            return known
        made = [self.operator.create(name, kind) for name, kind in NAMES]
        remember(self.data_dir, made)
        print(f"Demo tenants: {', '.join(one.name for one in made)}")
        return made

    def signs_in(self, tenant: DemoTenant) -> bool:
        """Whether the database behind the system knows the tenant's key."""
        return self.get(tenant, "/api/integrations/activity").status_code == 200

    def load_catalog(self, shop: DemoTenant, maker: DemoTenant) -> None:
        """All parts into the central catalog; one tenant sells all, the other its own brand."""
        file = self.data_dir / "demo-catalog.csv"
        catalog.write_catalog(file)
        began = time.monotonic()
        imported = self.operator.run("catalog", "import", str(file))
        print(f"Catalog: {json.dumps(imported)} in {time.monotonic() - began:.1f} s")
        began = time.monotonic()
        everything = self.operator.run("catalog", "activate", "--tenant", shop.tenant_id, "--all")
        brand = self.operator.run(
            "catalog", "activate", "--tenant", maker.tenant_id, "--brand", catalog.brand(1)
        )
        print(
            f"Activated: {json.dumps(everything)} and {json.dumps(brand)} in {time.monotonic() - began:.1f} s"
        )

    def feed(self, tenant: DemoTenant, rows: list[dict[str, object]]) -> None:
        """Post a stock feed as an ERP does, and hold its answer to what was sent."""
        began = time.monotonic()
        answer = self.http.post("/api/integrations/stock-feed", json=rows, headers=_key(tenant))
        result = self.outcome(tenant, answer)
        seconds = time.monotonic() - began
        print(
            f"{tenant.name} sent {len(rows):,} rows: HTTP {answer.status_code} in {seconds:.2f} s,"
            f" {len(rows) / seconds:,.0f} rows/s\n  {json.dumps(result)}"
        )
        if result["received"] != len(rows) or result["updated"] != len(rows):
            raise LocalError(f"the feed of {len(rows)} rows did not update {len(rows)} items")

    def outcome(self, tenant: DemoTenant, answer: httpx.Response) -> dict[str, Any]:
        """The 200's counters, or the result behind a 202 once there is one."""
        body: dict[str, Any] = answer.raise_for_status().json()
        deadline = time.monotonic() + APPLIED_S_MAX
        while answer.status_code == 202:
            state = self.get(tenant, body["statusUrl"]).raise_for_status().json()
            if state["result"]:
                return dict(state["result"])
            if state["status"] == "failed" or time.monotonic() > deadline:
                raise LocalError(f"the feed was not applied: {json.dumps(state)}")
            time.sleep(POLL_S)
        return body

    def read_back(self, tenant: DemoTenant, index: int, stock: int) -> None:
        """The storefront must show what the feed sent."""
        path = f"/api/t/parts/{catalog.part_number(index)}"
        began = time.monotonic()
        while (shown := self.get(tenant, path).raise_for_status().json()["stock"]) != stock:
            if time.monotonic() - began > VISIBLE_S_MAX:
                raise LocalError(f"GET {path} shows stock {shown} where the feed sent {stock}")
            time.sleep(POLL_S)
        print(f"{tenant.name} reads GET {path}: stock {shown}, as sent")

    def activity(self, tenant: DemoTenant) -> None:
        """What the system noted about the feeds."""
        noted = self.get(tenant, "/api/integrations/activity").raise_for_status().json()
        print(f"GET /api/integrations/activity\n  {json.dumps(noted)}")
        surfaces = {one["surface"]: one for one in noted["surfaces"]}
        if not surfaces.get("stock-feed", {}).get("lastSyncAt"):
            raise LocalError("the activity does not show the stock feed")

    def where_to_look(self, tenant: DemoTenant) -> None:
        """For whoever stands before the terminal."""
        url = str(self.http.base_url).rstrip("/")
        print(
            f"\nStockline is up at {url}\n"
            f"  documentation  {url}/api/docs\n"
            f"  try            curl -H 'X-API-Key: {tenant.api_key}' {url}/api/t/parts/{catalog.part_number(42)}\n"
            f"  operate        scripts/admin --data-dir '{self.data_dir}' queue status\n"
            f"  logs           {self.data_dir}/logs",
            flush=True,
        )

    def get(self, tenant: DemoTenant, path: str) -> httpx.Response:
        """One read with the tenant's key."""
        return self.http.get(path, headers=_key(tenant))


def _key(tenant: DemoTenant) -> dict[str, str]:
    return {"X-API-Key": tenant.api_key}


def main() -> int:
    """Run against the system that is up on a data directory; 1 with a reason when something is wrong."""
    parser = argparse.ArgumentParser(prog="python -m app.local.demo")
    parser.add_argument("--data-dir", type=Path, required=True)
    data_dir = parser.parse_args().data_dir
    url = json.loads((data_dir / RECORD).read_text())["url"]
    try:
        with httpx.Client(base_url=url, timeout=90, trust_env=False) as http:
            Demo(data_dir, http, Operator(data_dir)).run()
    except httpx.HTTPStatusError as error:
        return _failed(
            f"{error.request.url} answered {error.response.status_code}: {error.response.text[:500]}"
        )
    except (LocalError, httpx.HTTPError) as error:
        return _failed(str(error))
    return 0


def _failed(reason: str) -> int:
    print(f"demo: {reason}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
