"""Orders: attempts on one hot SKU beside the bare conditional update, and rushes in which nothing may be sold twice."""

import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from app import bootstrap
from app.bootstrap import Container
from app.domain.orders.errors import OrderRefusedError
from app.domain.orders.order import Line, NewOrder
from tests.benchmarks.bench import Bench
from tests.benchmarks.report import Check, Section, number
from tests.benchmarks.system import System
from tests.benchmarks.tenants import create
from tests.rush import Sale, rush, stock

RUNS, RUNS_QUICK = 20, 2
KILLS = 4
ATTEMPTS = 2_000
CLIENTS = 64
CONNECTIONS = 16
ATTEMPTS_ASKED = 3_000
HOT = Sale(skus=1, units=500, asked=ATTEMPTS)
_BARE = "UPDATE supplier_stock SET reserved = reserved + 1 WHERE supplier_id = %s AND quantity - reserved - shipped >= 1"


def run(bench: Bench) -> Section:
    """A hot SKU of 500 units and 2,000 attempts; then 200 clients, 20 SKUs, 1,000 units, 1,400 orders, kills."""
    section = Section("orders", "orders of one unit: never one too many, and how many a second")
    system = bench.system
    container = bootstrap.build(system.settings.model_copy(update={"web_threads": CONNECTIONS}))
    try:
        with system.owner() as database:
            _hot(section, container, system, database)
            _rushes(section, container, system, database, bench.rounds(RUNS, RUNS_QUICK))
    finally:
        container.close()
        container.shops.close()
    return section


def _tenant(system: System, name: str) -> UUID:
    return UUID(create(system, name).id)


def _hot(section: Section, container: Container, system: System, database: psycopg.Connection) -> None:
    tenant_id = _tenant(system, "Hot orders")
    supplier = stock(database, tenant_id, HOT)

    def attempt(at: int) -> bool:
        try:
            container.orders.reserve(tenant_id, NewOrder("bench", str(at), [Line(HOT.sku(0), 1)]))
        except OrderRefusedError:
            return False
        return True

    began = time.perf_counter()
    sold = _rate(attempt, range(HOT.units))
    busy_s = time.perf_counter() - began
    refused = _rate(attempt, range(HOT.units, ATTEMPTS))
    all_s = time.perf_counter() - began
    granted = int(sold["granted"]) + int(refused["granted"])
    bare = _bare(system, database, supplier)
    section.raw["hot SKU"] = {
        "sold/s": HOT.units / busy_s,
        "attempts/s": ATTEMPTS / all_s,
        "bare updates/s": bare,
    }
    section.checks.append(
        Check("hot SKU: granted of 500", HOT.units, granted, unit="", detail="and not one more")
    )
    section.checks.append(
        Check("hot SKU: granted of 500, at most", HOT.units, granted, unit="", sense="at most")
    )
    section.checks.append(Check("hot SKU: attempts a second", ATTEMPTS_ASKED, ATTEMPTS / all_s, unit="/s"))
    section.notes.append(
        f"hot SKU, {CLIENTS} threads of one process: {number(HOT.units / busy_s)} orders/s sold,"
        f" {number(ATTEMPTS / all_s)} attempts/s in all; a bare conditional update {number(bare)}/s"
    )


def _rate(attempt: Callable[[int], bool], numbers: range) -> dict[str, Any]:
    with ThreadPoolExecutor(CLIENTS) as threads:
        return {"granted": sum(threads.map(attempt, numbers))}


def _bare(system: System, database: psycopg.Connection, supplier: UUID) -> float:
    """The bound: one statement a transaction on one row, from as many connections as the desk has."""
    database.execute("UPDATE supplier_stock SET quantity = 100000 WHERE supplier_id = %s", (supplier,))

    def update(count: int) -> None:
        with system.owner() as own:
            for _ in range(count):
                own.execute(_BARE, (supplier,))

    began = time.perf_counter()
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        list(threads.map(update, [ATTEMPTS // CONNECTIONS] * CONNECTIONS))
    return ATTEMPTS / (time.perf_counter() - began)


def _rushes(
    section: Section, container: Container, system: System, database: psycopg.Connection, runs: int
) -> None:
    sale, done = Sale(), []
    with tempfile.TemporaryDirectory() as place:
        for seed in range(runs):
            tenant_id = _tenant(system, f"Rush {seed}")
            done.append(rush(container, database, tenant_id, sale, Path(place), kills=KILLS, seed=seed))
    exact = sum(one.exact(sale) for one in done)
    section.raw["rushes"] = [
        {"seconds": one.seconds, "told": dict(one.told), "kills": one.kills, "reports": one.reports}
        for one in done
    ]
    rate = statistics.median(sale.asked / one.seconds for one in done)
    detail = (
        f"{sale.clients} clients, {sale.skus} SKUs, {sale.units:,} units, {sale.asked:,} orders,"
        f" {sum(one.kills for one in done)} kills, {sum(one.reports for one in done)} reports;"
        f" {number(rate)} orders/s, starts of killed processes included"
    )
    section.checks.append(
        Check("rushes that sold min(asked, available)", runs, exact, unit="runs", detail=detail)
    )
