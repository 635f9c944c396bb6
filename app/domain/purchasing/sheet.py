"""A purchase order as a supplier gets it: CSV or JSON, the same whenever it is sent."""

import csv
import io
import json
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from app.domain.purchasing.order import Line, PurchaseOrder

COLUMNS: Final = ("orderNumber", "orderId", "sku", "partNumber", "quantity", "price")


def csv_of(order: PurchaseOrder, lines: Sequence[Line]) -> bytes:
    """One row a line, with a header, in UTF-8."""
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(COLUMNS)
    for line in lines:
        price = "" if line.price is None else line.price
        rows.writerow([order.number, order.id, line.sku, line.part_number or "", line.quantity, price])
    return out.getvalue().encode()


def json_of(order: PurchaseOrder, lines: Sequence[Line]) -> bytes:
    """One object."""
    return json.dumps(
        {
            "orderNumber": order.number,
            "orderId": str(order.id),
            "lines": [
                {
                    "sku": line.sku,
                    "partNumber": line.part_number,
                    "quantity": line.quantity,
                    "price": None if line.price is None else str(line.price),
                }
                for line in lines
            ],
        },
        ensure_ascii=False,
    ).encode()


def filename(order: PurchaseOrder) -> str:
    """Of the CSV."""
    return f"purchase-order-{order.number}.csv"


def message_id(order_id: UUID) -> str:
    """Of the letter: one order is one letter, however often it had to be sent."""
    return f"<purchase-order-{order_id}@stockline>"
