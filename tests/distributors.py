"""Distributors and the resellers whose shops they push into, as each of them calls the API."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from werkzeug.test import TestResponse

from tests.portal import Portal, open_portal
from tests.stockline import Stockline


def call(tenant: Stockline, method: str, path: str, **options: Any) -> TestResponse:
    """A call of the tenant's to /api/app/shopify."""
    headers = {"X-API-Key": tenant.key} | options.pop("headers", {})
    client = tenant.application.test_client()
    return client.open(f"/api/app/shopify{path}", method=method, headers=headers, **options)


def ok(response: TestResponse, status: int = 200) -> Any:
    assert response.status_code == status, response.text
    return response.json


@dataclass
class Distributor:
    """A tenant that pushes for others."""

    stockline: Stockline

    @property
    def id(self) -> UUID:
        return self.stockline.tenant_id

    def call(self, method: str, path: str = "", **options: Any) -> TestResponse:
        return call(self.stockline, method, f"/push-batches{path}", **options)

    def order(self, *part_numbers: str, **more: Any) -> str:
        """The id of a batch that no worker has taken up."""
        accepted = ok(self.call("POST", json={"partNumbers": part_numbers, **more}), 202)
        return accepted["batchId"]

    def spread(self, *part_numbers: str, **more: Any) -> dict[str, Any]:
        """A batch whose every reseller had its turn; nothing is pushed yet."""
        batch_id = self.order(*part_numbers, **more)
        self.stockline.drain()
        return self.batch(batch_id)

    def batch(self, batch_id: str) -> dict[str, Any]:
        return added_up(ok(self.call("GET", f"/{batch_id}")))

    def cancel(self, batch_id: str) -> TestResponse:
        return self.call("POST", f"/{batch_id}/cancel")

    def rights(self) -> dict[str, list[str]]:
        """Brands by reseller."""
        found = ok(call(self.stockline, "GET", "/push-rights"))["data"]
        return {one["resellerId"]: one["brands"] for one in found}


def grant(reseller: Stockline, to: Distributor, *brands: str) -> dict[str, Any]:
    return ok(call(reseller, "PUT", f"/push-grants/{to.id}", json={"brands": brands}))


def revoke(reseller: Stockline, to: Distributor) -> None:
    ok(call(reseller, "DELETE", f"/push-grants/{to.id}"), 204)


def sell(reseller: Stockline, parts: Mapping[str, str]) -> None:
    """Own parts, each of its brand."""
    for (item,), brand in ((reseller.own(part_number), brand) for part_number, brand in parts.items()):
        reseller.sql("UPDATE tenant_part SET brand = %s WHERE item_id = %s", brand, item)


def shop_of(stockline: Stockline, to: Distributor, parts: Mapping[str, str], *brands: str) -> Portal:
    """A new reseller with a shop and these parts that lets the distributor push these brands."""
    portal = open_portal(stockline.another("RESELLER"))
    sell(portal.stockline, parts)
    if brands:
        grant(portal.stockline, to, *brands)
    return portal


def added_up(batch: dict[str, Any]) -> dict[str, Any]:
    """The batch, once its counters were seen to add up, over all and shop by shop."""
    parts = ("succeeded", "failed", "skipped", "remaining")
    for one in (batch, *batch["pushes"]):
        assert one["total"] == sum(one[name] for name in parts), batch
        assert min(one[name] for name in parts) >= 0, batch
    for name in ("succeeded", "failed", "skipped"):
        assert batch[name] == sum(one[name] for one in batch["pushes"]), batch
    return batch
