"""What a visitor of a manufacturer's page is told, and whether that may be told."""

import time
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from app.local.demo.calls import POLL_S, Calls
from app.local.demo.tenants import DemoTenant
from app.local.errors import LocalError

VISIBLE_S_MAX = 5.0
Rows = Sequence[Mapping[str, Any]]


def visit(calls: Calls, tenant: DemoTenant, part_number: str, where: str, **place: str) -> None:
    """Ask who near a place has a part, print it, and raise LocalError for what must not be."""
    path = "/api/t/dealers/stock?" + urlencode({"partNumber": part_number, "limit": 50, **place})
    began = time.monotonic()
    while not (rows := calls.get(tenant, path).raise_for_status().json()):
        if time.monotonic() - began > VISIBLE_S_MAX:
            raise LocalError(f"GET {path} shows no dealer though some share their stock of it")
        time.sleep(POLL_S)
    if faults := wrong(rows):
        raise LocalError(f"GET {path} is not right: {'; '.join(faults)}")
    nearest = ", ".join(_told(row) for row in rows[:3])
    print(f"{tenant.name}'s visitor in {where} finds {part_number} at {len(rows)} dealers: {nearest}")


def wrong(rows: Rows) -> list[str]:
    """What breaks the promise made to resellers or to the visitor."""
    distances = [row["distanceKm"] for row in rows]
    found = [] if distances == sorted(distances) else ["the nearest is not first"]
    for row in rows:
        if row["stockLevel"] == "out":
            found.append(f"{row['name']} has none")
        if row["precision"] == "LEVEL" and "stock" in row:
            found.append(f"{row['name']} shares a level and its number is shown")
        if row["precision"] == "EXACT" and not row.get("stock"):
            found.append(f"{row['name']} shares its number and none is shown")
    return found


def _told(row: Mapping[str, Any]) -> str:
    stock = row.get("stock", row["stockLevel"])
    return f"{row['name']} ({row['distanceKm']} km, {stock}, {row['precision']})"
