"""The storefront against PostgreSQL once the faults are over, and after one more feed."""

import statistics
import time
from decimal import Decimal
from typing import Any

import httpx
import psycopg

from tests.chaos.world import Tenant

STALE_S_MAX = 60.0
NORMAL_S_MAX = 1.0
SHOPPED = 300  # what the shoppers read and so may be cached
PARTS = 25
TRIES = 5


def seconds_until_equal(url: str, database: psycopg.Connection, tenant: Tenant) -> float:
    """How long some answer still differed; more than STALE_S_MAX when one never came right."""
    began = time.monotonic()
    with _shop(url, tenant) as http:
        while differing(http, database, tenant):
            if time.monotonic() - began > STALE_S_MAX:
                break
            time.sleep(0.25)
    return time.monotonic() - began


def differing(http: httpx.Client, database: psycopg.Connection, tenant: Tenant) -> list[str]:
    """Part numbers whose answer is not what PostgreSQL has."""
    parts = tenant.parts[:SHOPPED]
    rows = database.execute(
        "SELECT part_number, stock, price FROM stock_item WHERE tenant_id = %s AND part_number = ANY(%s)",
        (tenant.id, parts),
    ).fetchall()
    truth = {part: (stock, price) for part, stock, price in rows}
    told = {
        row["partNumber"]: row["stock"]
        for start in range(0, len(parts), 100)
        for row in _stock(http, parts[start : start + 100])
    }
    wrong = [part for part in parts if told.get(part) != truth[part][0]]
    for part in parts[:PARTS]:
        page = http.get(f"/api/t/parts/{part}").raise_for_status().json()
        price = None if page["price"] is None else Decimal(str(page["price"]))
        if (page["stock"], price) != truth[part]:
            wrong.append(part)
    return wrong


def normal_seconds(url: str, tenant: Tenant) -> float:
    """The median time from a feed's 200 until the storefront has its value, with nothing broken."""
    with _shop(url, tenant) as http:
        return statistics.median(_visible_after(http, tenant, value) for value in range(100, 100 + TRIES))


def _visible_after(http: httpx.Client, tenant: Tenant, value: int) -> float:
    part = tenant.parts[0]
    _stock(http, [part])  # so that there is an old answer to be kept
    body = [{"partNumber": part, "stock": value}]
    http.post("/api/integrations/stock-feed", json=body, headers={"Prefer": "wait=20"}).raise_for_status()
    began = time.monotonic()
    while _stock(http, [part])[0]["stock"] != value and time.monotonic() - began < STALE_S_MAX:
        time.sleep(0.005)
    return time.monotonic() - began


def _stock(http: httpx.Client, parts: list[str]) -> list[dict[str, Any]]:
    return list(http.get("/api/t/stock", params={"partNumbers": ",".join(parts)}).raise_for_status().json())


def _shop(url: str, tenant: Tenant) -> httpx.Client:
    return httpx.Client(base_url=url, headers={"X-API-Key": tenant.key}, timeout=30.0)
