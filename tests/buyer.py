"""Whoever buys for a tenant: suppliers with SKUs that run low, and the purchase orders that come of it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb
from werkzeug.test import TestResponse

from app.domain.work.dispatch import Actor
from tests.stockline import Stockline

SOURCE = {"url": "https://n.example/stock", "format": "json", "fields": {"sku": "sku", "quantity": "qty"}}


@dataclass
class Buyer:
    """One tenant's purchasing."""

    stockline: Stockline

    # --- suppliers and what they report ---

    def supplier(self, code: str = "nord", **columns: Any) -> UUID:
        given = {"source": Jsonb(SOURCE), "reorder_point": 5, "order_email": "orders@nord.example"} | columns
        return self._insert("supplier", {"code": code, "name": code.title(), **given})

    def sku(self, supplier_id: UUID, sku: str, quantity: int = 100, **columns: Any) -> int:
        given = {"supplier_id": supplier_id, "sku": sku, "part_number": f"P-{sku}", "quantity": quantity}
        return self._insert("supplier_stock", given | columns)

    def stock(self, supplier_id: UUID, **quantities: int) -> dict[str, int]:
        return {sku: self.sku(supplier_id, sku, quantity) for sku, quantity in quantities.items()}

    def report(self, stock_id: int, quantity: int) -> None:
        """As a poll writes it."""
        self.set("supplier_stock", stock_id, quantity=quantity)

    def set(self, table: str, id_: Any, **columns: Any) -> None:
        assignments = ", ".join(f"{column} = %s" for column in columns)
        self.stockline.sql(f"UPDATE {table} SET {assignments} WHERE id = %s", *columns.values(), id_)

    def _insert(self, table: str, columns: dict[str, Any]) -> Any:
        given = {"tenant_id": self.stockline.tenant_id, **columns}
        names, places = ", ".join(given), ", ".join(["%s"] * len(given))
        statement = f"INSERT INTO {table} ({names}) VALUES ({places}) RETURNING id"
        return self.stockline._value(statement, *given.values())

    # --- the workers ---

    def watch(self) -> None:
        """The sweep wakes the watch, and the watch looks."""
        self.stockline.container.work.sweep()
        self.work(Actor.PURCHASING_WATCH)

    def work(self, actor: Actor) -> None:
        """What is due of one kind."""
        for dispatch_id in self.due(actor):
            self.stockline.container.work.run(dispatch_id, self.stockline.container.handlers)

    def due(self, actor: Actor) -> list[UUID]:
        rows = self.stockline.database.execute(
            "SELECT id FROM dispatch WHERE tenant_id = %s AND actor = %s", (self.stockline.tenant_id, actor)
        )
        return [one for (one,) in rows.fetchall()]

    # --- the API ---

    def call(self, method: str, path: str = "", **options: Any) -> TestResponse:
        return self.stockline.application.test_client().open(
            f"/api/app/purchase-orders{path}",
            method=method,
            headers={"X-API-Key": self.stockline.key},
            **options,
        )

    def orders(self, **query: Any) -> list[dict[str, Any]]:
        response = self.call("GET", query_string=query)
        assert response.status_code == 200, response.text
        return response.json["data"]

    def order(self, order_id: str) -> dict[str, Any]:
        response = self.call("GET", f"/{order_id}")
        assert response.status_code == 200, response.text
        return response.json

    def draft(self, code: str = "nord") -> dict[str, Any]:
        """The supplier's one draft, with its lines."""
        [draft] = [one for one in self.orders(state="draft") if one["supplierCode"] == code]
        return self.order(draft["purchaseOrderId"])

    def drafted(self, code: str = "nord") -> dict[str, int]:
        return {line["sku"]: line["quantity"] for line in self.draft(code)["lines"]}

    def act(self, order: dict[str, Any], act: str, json: Any = None) -> dict[str, Any]:
        response = self.call("POST", f"/{order['purchaseOrderId']}/{act}", json=json)
        assert response.status_code in {200, 202}, response.text
        return response.json

    def refused(self, order: dict[str, Any], act: str, json: Any = None) -> tuple[int, str]:
        response = self.call("POST", f"/{order['purchaseOrderId']}/{act}", json=json)
        return response.status_code, response.json.get("code", "")

    def set_lines(self, order: dict[str, Any], **quantities: int) -> TestResponse:
        lines = [{"sku": sku, "quantity": quantity} for sku, quantity in quantities.items()]
        return self.call("PATCH", f"/{order['purchaseOrderId']}/lines", json={"lines": lines})

    def receive(self, order: dict[str, Any], receipt_id: str = "", **quantities: int) -> dict[str, Any]:
        return self.act(order, "receive", receipt(receipt_id, **quantities))

    def sent(self, order: dict[str, Any]) -> None:
        """As if the supplier had it."""
        self.set("purchase_order", order["purchaseOrderId"], state="sent")


def receipt(receipt_id: str = "", **quantities: int) -> dict[str, Any]:
    lines = [{"sku": sku, "quantity": quantity} for sku, quantity in quantities.items()]
    return {"receiptId": receipt_id or str(uuid4()), "lines": lines}
