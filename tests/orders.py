"""A shop that sells what suppliers ship: their SKUs set by hand, orders by the API."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from werkzeug.test import TestResponse

from tests.stockline import Stockline


@dataclass
class OrderBook:
    """One tenant with suppliers."""

    stockline: Stockline

    # --- as suppliers ---

    def supplier(self, code: str = "S", *, active: bool = True) -> UUID:
        return self.stockline._value(
            "INSERT INTO supplier (tenant_id, code, name, source, active) VALUES (%s, %s, %s, '{}', %s) RETURNING id",
            self.stockline.tenant_id,
            code,
            code,
            active,
        )

    def lists(self, supplier: UUID, part_number: str, quantity: int, *, sku: str | None = None) -> int:
        """A SKU of the supplier's; its id."""
        return self.stockline._value(
            "INSERT INTO supplier_stock (tenant_id, supplier_id, sku, part_number, quantity)"
            " VALUES (%s, %s, %s, %s, %s) RETURNING id",
            self.stockline.tenant_id,
            supplier,
            sku or part_number,
            part_number,
            quantity,
        )

    def reports(self, stock_id: int, quantity: int, *, as_of: str | None = None) -> None:
        """The supplier counted: as of now, or of an earlier time."""
        report(self.stockline.database, stock_id, quantity, as_of)

    def stock(self, stock_id: int) -> dict[str, int]:
        row = self.stockline.database.execute(
            "SELECT quantity, reserved, shipped, shortage, available FROM supplier_stock WHERE id = %s",
            (stock_id,),
        ).fetchone()
        assert row is not None
        return dict(zip(("quantity", "reserved", "shipped", "shortage", "available"), row, strict=True))

    def available(self, stock_id: int) -> int:
        return self.stock(stock_id)["available"]

    # --- as callers ---

    def post(self, order_id: str, *lines: tuple[str, int], channel: str = "web", **more: Any) -> TestResponse:
        body = {
            "channel": channel,
            "orderId": order_id,
            "lines": [{"partNumber": name, "quantity": quantity} for name, quantity in lines],
        }
        return self.stockline.request("POST", "/orders", json=body | more)

    def take(self, order_id: str, *lines: tuple[str, int], **more: Any) -> dict[str, Any]:
        response = self.post(order_id, *lines, **more)
        assert response.status_code == 201, response.text
        return response.json

    def refused(self, order_id: str, *lines: tuple[str, int], **more: Any) -> dict[str, Any]:
        response = self.post(order_id, *lines, **more)
        assert response.status_code == 409, response.text
        return response.json

    def settle(self, word: str, order_id: str, channel: str = "web") -> TestResponse:
        """`fulfil` or `cancel`."""
        return self.stockline.request("POST", f"/orders/{channel}/{order_id}/{word}")

    def get(self, order_id: str, channel: str = "web") -> TestResponse:
        return self.stockline.get(f"/orders/{channel}/{order_id}")

    def desk(self, method: str, path: str = "", **options: Any) -> TestResponse:
        return self.stockline.application.test_client().open(
            f"/api/app/orders{path}", method=method, headers={"X-API-Key": self.stockline.key}, **options
        )

    def rules(self, *rules: dict[str, Any]) -> dict[str, Any]:
        response = self.desk("PUT", "/rules", json={"rules": list(rules)})
        assert response.status_code == 200, response.text
        return response.json

    def refusals(self, state: str = "open") -> list[dict[str, Any]]:
        return self.desk("GET", f"/refusals?state={state}").json["data"]

    def drift(self) -> Any:
        """What the books say against the counts; None when they agree."""
        return self.stockline.database.execute(
            "SELECT s.id, s.reserved, s.shipped, s.shortage, h.open, h.shipped FROM supplier_stock s"
            " CROSS JOIN LATERAL (SELECT COALESCE(sum(quantity) FILTER (WHERE state = 'open'), 0) AS open,"
            " COALESCE(sum(quantity) FILTER (WHERE state = 'shipped'), 0) AS shipped"
            " FROM reservation r WHERE r.stock_id = s.id) h"
            " WHERE s.tenant_id = %s AND (s.reserved, s.shipped, s.shortage)"
            " IS DISTINCT FROM (h.open, h.shipped, GREATEST(0, h.open + h.shipped - s.quantity))",
            (self.stockline.tenant_id,),
        ).fetchone()


def report(database: psycopg.Connection, stock_id: int, quantity: int, as_of: str | None = None) -> None:
    """One SKU's count, as a report applies it: rows by id, what it confirms, what falls short."""
    with database.transaction():
        database.execute("SELECT FROM supplier_stock WHERE id = %s FOR NO KEY UPDATE", (stock_id,))
        row = database.execute(
            "UPDATE supplier_stock SET as_of = COALESCE(%s, clock_timestamp())"
            " WHERE id = %s AND (as_of IS NULL OR as_of <= COALESCE(%s, clock_timestamp())) RETURNING as_of",
            (as_of, stock_id, as_of),
        ).fetchone()
        if row is None:
            return
        database.execute(
            "WITH c AS (UPDATE reservation SET state = 'confirmed'"
            "   WHERE stock_id = %(id)s AND state = 'shipped' AND fulfilled_at <= %(as_of)s RETURNING quantity),"
            " f AS (SELECT COALESCE(sum(quantity), 0)::int AS freed FROM c)"
            " UPDATE supplier_stock s SET quantity = %(quantity)s, shipped = s.shipped - f.freed,"
            " shortage = GREATEST(0, s.reserved + s.shipped - f.freed - %(quantity)s) FROM f WHERE s.id = %(id)s",
            {"id": stock_id, "as_of": row[0], "quantity": quantity},
        )
