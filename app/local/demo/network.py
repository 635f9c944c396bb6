"""The demo's dealer network: who deals with whom, what they share, and what stands on their shelves."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from app.local.demo import catalog
from app.local.demo.calls import Calls, Rows
from app.local.demo.dealers import dealers, resellers, write_import
from app.local.demo.operator import Operator
from app.local.demo.tenants import MAKERS, RETAILER, Tenants, slug

PRECISIONS = ("EXACT", "LEVEL", "LEVEL", "EXACT", "LEVEL", "")
"""What resellers choose, in turn; the last of them never decided."""


@dataclass(frozen=True)
class Network:
    """Told and fed by its members, each in its own way: imports, commands and stock feeds over HTTP."""

    data_dir: Path
    calls: Calls
    operator: Operator
    tenants: Tenants

    def settle(self) -> None:
        """Parts, dealers and consents. What stands from an earlier run stays, whoever changed a consent since."""
        began = time.monotonic()
        for name, brands in resellers().items():
            self._stock_up(name, brands)
        lines = sum(self._import(name, brand) for name, brand in MAKERS.items())
        self._import_stores()
        given = [self._consent(place, name) for place, name in enumerate(resellers())]
        print(
            f"Network: {len(dealers())} dealers in {len({one.told['country'] for one in dealers()})} countries,"
            f" imported in {lines} lines by {len(MAKERS)} manufacturers; {len(given)} resellers gave"
            f" {sum(given)} new consents, in {time.monotonic() - began:.1f} s"
        )

    def _stock_up(self, name: str, brands: frozenset[str]) -> None:
        numbers = [catalog.part_number(index) for index in catalog.shelf(sorted(brands))]
        self.operator.imported("catalog", "activate", "--tenant", self._id(name), "--part-number", *numbers)

    def _import(self, name: str, brand: str) -> int:
        """A manufacturer's dealers; how many."""
        selected = [one for one in dealers() if brand in one.brands]
        file = self.data_dir / f"demo-dealers-{slug(name)}.csv"
        ids = {reseller: self._id(reseller) for reseller in resellers()}
        write_import(file, selected, ids, _year())
        self.operator.imported("dealer", "import", "--tenant", self._id(name), str(file))
        return len(selected)

    def _import_stores(self) -> None:
        file = self.data_dir / "demo-stores.csv"
        write_import(file, dealers("stores.csv"), {}, _year())
        self.operator.imported("dealer", "import", "--tenant", self._id(RETAILER), str(file))

    def _consent(self, place: int, name: str) -> int:
        """A reseller's to its manufacturers, where it has said nothing yet; how many."""
        listed = self.operator.run("consent", "list", "--reseller", self._id(name))
        silent = {one["manufacturerId"] for one in listed if one["changedAt"] is None}
        wanted = {
            self._id(maker): PRECISIONS[(place + number) % len(PRECISIONS)]
            for number, (maker, brand) in enumerate(MAKERS.items())
            if brand in resellers()[name]
        }
        given = {maker: precision for maker, precision in wanted.items() if precision and maker in silent}
        for maker, precision in given.items():
            words = ("--reseller", self._id(name), "--manufacturer", maker, "--precision", precision)
            self.operator.run("consent", "set", *words)
        return len(given)

    def feed(self, turn: int) -> None:
        """Each reseller's stock, as its ERP sends it, and the retailer's by store."""
        began = time.monotonic()
        feeds = [(self.tenants[name], self._shelves(place, turn)) for place, name in enumerate(resellers())]
        for tenant, rows in feeds:
            self.calls.feed(tenant, "stock-feed", rows)
        stores = self._stores(turn)
        self.calls.feed(self.tenants[RETAILER], "location-stock", stores)
        print(
            f"{len(feeds)} resellers sent {sum(len(rows) for _, rows in feeds):,} rows of stock and"
            f" {RETAILER} {len(stores)} of its stores, in {time.monotonic() - began:.1f} s"
        )

    def _shelves(self, place: int, turn: int) -> Rows:
        brands = list(resellers().values())[place]
        return [
            {"partNumber": catalog.part_number(index), "stock": catalog.shelf_stock(place, index, turn)}
            for index in catalog.shelf(sorted(brands))
        ]

    def _stores(self, turn: int) -> Rows:
        listed = self.operator.run("dealer", "list", "--tenant", self._id(RETAILER))["data"]
        return [
            {
                "dealerId": store["dealerId"],
                "partNumber": catalog.part_number(index),
                "stock": catalog.shelf_stock(place, index, turn),
            }
            for place, store in enumerate(listed)
            for index in catalog.shelf(MAKERS.values())
        ]

    def _id(self, name: str) -> str:
        return self.tenants[name].tenant_id


def _year() -> int:
    return datetime.now(UTC).year
