"""The demo: a catalog, real stock feeds over HTTP, a network of dealers, and a look at what became of it."""

import json
import time
from dataclasses import dataclass
from pathlib import Path

from app.local.demo import catalog
from app.local.demo.calls import POLL_S, Calls
from app.local.demo.dealers import resellers
from app.local.demo.nearby import VISIBLE_S_MAX, visit
from app.local.demo.network import Network
from app.local.demo.operator import Operator
from app.local.demo.people import PEOPLE, DemoPerson
from app.local.demo.people import settle as settle_people
from app.local.demo.storefront import SHOP, Storefront
from app.local.demo.supplier import read_supplier
from app.local.demo.tenants import (
    MAKERS,
    RETAILER,
    SHOPS,
    DemoTenant,
    Tenants,
    make,
    remember,
    remembered,
    with_shop_key,
)
from app.local.errors import LocalError

NAMES = (RETAILER, *MAKERS, *resellers())
MUNICH = {"lat": "48.137", "lng": "11.575"}
OSLO = {"postalCode": "0155", "country": "NO"}
SHOWN = 1  # the index of the part that the visitors look for


@dataclass(frozen=True)
class Demo:
    """One run against the system of one data directory."""

    data_dir: Path
    calls: Calls
    operator: Operator
    shop_url: str
    simulator_url: str
    supplier_url: str

    def run(self) -> None:
        """The whole story; LocalError at the first thing that is not right."""
        tenants = self.tenants()
        retailer = tenants[RETAILER]
        self.load_catalog(tenants)
        turn = int(time.time()) % catalog.STOCK_MAX
        self.feed(retailer, turn, range(catalog.PARTS))
        for name, brand in MAKERS.items():
            self.feed(tenants[name], turn, catalog.of_brand(brand))
        self.activity(retailer)
        network = Network(self.data_dir, self.calls, self.operator, tenants)
        network.settle()
        network.feed(turn)
        shown = catalog.part_number(SHOWN)
        visit(self.calls, tenants["Kestrel Motor Works"], shown, "Munich", **MUNICH)
        visit(self.calls, retailer, shown, "Oslo", **OSLO)
        if self.simulator_url:
            Storefront(self.data_dir, self.calls, self.operator, retailer, self.simulator_url).fill()
        if self.supplier_url:
            read_supplier(self.data_dir, self.operator, retailer, self.supplier_url)
        self.where_to_look(retailer, settle_people(self.data_dir, self.operator, tenants))

    def tenants(self) -> Tenants:
        """Those of an earlier run whose keys still sign in, and new ones for the others."""
        known = remembered(self.data_dir)
        kept = {name: one for name, one in known.items() if name in NAMES and self.calls.signs_in(one)}
        made = {name: kept.get(name) or make(self.operator, name) for name in NAMES}
        tenants = {name: with_shop_key(self.operator, one) for name, one in made.items()}
        remember(self.data_dir, tenants)
        when = " (of an earlier run)" if len(kept) == len(NAMES) else ""
        print(f"Demo tenants: {', '.join(SHOPS)} and {len(resellers())} resellers{when}")
        return tenants

    def load_catalog(self, tenants: Tenants) -> None:
        """All parts into the central catalog; the retailer sells all, each manufacturer its own brand."""
        file = self.data_dir / "demo-catalog.csv"
        catalog.write_catalog(file)
        began = time.monotonic()
        imported = self.operator.imported("catalog", "import", str(file))
        print(f"Catalog: {json.dumps(imported)} in {time.monotonic() - began:.1f} s")
        began = time.monotonic()
        activate = ("catalog", "activate", "--tenant")
        counts = [self.operator.imported(*activate, tenants[RETAILER].tenant_id, "--all")]
        for name, brand in MAKERS.items():
            counts.append(self.operator.imported(*activate, tenants[name].tenant_id, "--brand", brand))
        seconds = time.monotonic() - began
        print(f"Activated: {sum(sum(one.values()) for one in counts):,} items in {seconds:.1f} s")

    def feed(self, tenant: DemoTenant, turn: int, indexes: range) -> None:
        """Post a stock feed as an ERP does, and read one of its rows back."""
        rows = catalog.stock_feed(turn, indexes)
        began = time.monotonic()
        status, result = self.calls.feed(tenant, "stock-feed", rows)
        seconds = time.monotonic() - began
        print(
            f"{tenant.name} sent {len(rows):,} rows: HTTP {status} in {seconds:.2f} s,"
            f" {len(rows) / seconds:,.0f} rows/s\n  {json.dumps(result)}"
        )
        index = indexes[turn % len(indexes)]
        self.read_back(tenant, index, catalog.stock_of(turn, index))

    def read_back(self, tenant: DemoTenant, index: int, stock: int) -> None:
        """The storefront must show what the feed sent."""
        path = f"/api/t/parts/{catalog.part_number(index)}"
        began = time.monotonic()
        while (shown := self.calls.get(tenant, path).raise_for_status().json()["stock"]) != stock:
            if time.monotonic() - began > VISIBLE_S_MAX:
                raise LocalError(f"GET {path} shows stock {shown} where the feed sent {stock}")
            time.sleep(POLL_S)
        print(f"{tenant.name} reads GET {path}: stock {shown}, as sent")

    def activity(self, tenant: DemoTenant) -> None:
        """What the system noted about the feeds."""
        noted = self.calls.get(tenant, "/api/integrations/activity").raise_for_status().json()
        print(f"GET /api/integrations/activity\n  {json.dumps(noted)}")
        surfaces = {one["surface"]: one for one in noted["surfaces"]}
        if not surfaces.get("stock-feed", {}).get("lastSyncAt"):
            raise LocalError("the activity does not show the stock feed")

    def where_to_look(self, tenant: DemoTenant, password: str) -> None:
        """For whoever stands before the terminal."""
        url = self.calls.url
        shop = f"  demo shops     {self.shop_url}\n" if self.shop_url else ""
        simulator = f"  Shopify shop   {self.simulator_url}/{SHOP}\n" if self.simulator_url else ""
        people = "".join(f"    {_role(one):<15}{one.email}\n" for one in PEOPLE)
        print(
            f"\nStockline is up at {url}\n"
            f"  portal         {url}/portal with the password {password} as one of\n{people}"
            f"{shop}{simulator}"
            f"  documentation  {url}/api/docs\n"
            f"  try            curl -H 'X-API-Key: {tenant.api_key}' {url}/api/t/parts/{catalog.part_number(42)}\n"
            f"  operate        scripts/admin --data-dir '{self.data_dir}' queue status\n"
            f"  logs           {self.data_dir}/logs",
            flush=True,
        )


def _role(one: DemoPerson) -> str:
    return "platform" if one.platform else one.role.value
