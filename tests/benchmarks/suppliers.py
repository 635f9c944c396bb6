"""Polls of suppliers: what one costs, and how late the last of a thousand suppliers is read by two workers.

Reading, planning and writing are the product's own, in two processes over the system's PostgreSQL, with payloads made
beforehand in place of the network: 5,000 SKUs, 5 % of them changed. Fifteen minutes of a thousand suppliers are then
played on a clock that jumps, with the times that were measured, once with their times spread and once with all due at
the same moment. A source's own slowness is not in it: it holds a thread of a worker, not its processor.
"""

import heapq
import json
import multiprocessing
import random
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import mean
from typing import Any
from uuid import UUID

from app import bootstrap
from app.adapters.postgres.supplier_polls import PostgresSupplierPolls
from app.adapters.postgres.work import PostgresWork
from app.adapters.secrets.vault import MultiFernetVault
from app.domain.suppliers.poll import PollJob
from app.domain.suppliers.schedule import Schedule, answered
from app.domain.suppliers.source import Fetched, Source
from app.settings import Settings
from tests.benchmarks.bench import Bench
from tests.benchmarks.report import Check, Section, number
from tests.benchmarks.rounds import percentile
from tests.benchmarks.system import System
from tests.benchmarks.tenants import part_number, settle

SUPPLIERS, SUPPLIERS_QUICK = 1_000, 40
POLLS, POLLS_QUICK = 300, 40
SKUS = 5_000
CHANGED = 0.05
WORKERS = 2
INTERVAL_S = 900
HOURS = 4
LATE_S = 300.0

_SEED = """
    WITH p AS (
        INSERT INTO supplier (tenant_id, code, name, source, interval_s, due_at, poll_at, confirmed_at)
        SELECT %(tenant)s::uuid, 'bench-' || n, 'Bench ' || n, %(source)s::jsonb, 86400, now(), now(), now()
        FROM generate_series(%(first)s::int, %(last)s::int) n RETURNING id, tenant_id),
    d AS (
        INSERT INTO dispatch (id, actor, tenant_id, lane, seq, not_before, ring_after)
        SELECT id, 'suppliers.poll', tenant_id, 'supplier:' || id, nextval('accept_seq'), 'infinity', 'infinity' FROM p)
    INSERT INTO supplier_stock (tenant_id, supplier_id, sku, part_number, quantity, price)
    SELECT p.tenant_id, p.id, 'BENCH-' || lpad(n::text, 7, '0'), 'BENCH-' || lpad(n::text, 7, '0'), n %% 60, 9.90
    FROM p, generate_series(0, %(skus)s::int - 1) n
"""
_SOURCE = {
    "url": "https://stock.example/bench",
    "format": "json",
    "auth": {"type": "none"},
    "items": "items",
    "fields": {"sku": "sku", "quantity": "stock.free", "price": "price"},
}


@dataclass(frozen=True)
class _Prepared:
    """A source that answers with a payload made beforehand."""

    payload: bytes

    def fetch(
        self,
        source: Source,
        secrets: Mapping[str, str],
        *,
        etag: str | None = None,
        last_modified: str | None = None,
    ) -> Fetched:
        """At once."""
        return Fetched(200, (self.payload,), None, None, 0.0)


def run(bench: Bench) -> Section:
    """Measure, then play."""
    suppliers, polls = (SUPPLIERS_QUICK, POLLS_QUICK) if bench.quick else (SUPPLIERS, POLLS)
    section = Section(
        "suppliers", f"{suppliers:,} suppliers of {SKUS:,} SKUs, {CHANGED:.0%} changed at each poll"
    )
    ids = _seeded(bench, suppliers)
    measured = _measured(bench.system, ids[:polls])
    seconds = [one for worker in measured["seconds"] for one in worker]
    rate = WORKERS / mean(seconds)
    spread, at_once = (_played(seconds, spread=spread) for spread in (True, False))
    what = f"{SUPPLIERS:,} suppliers on {WORKERS} workers, due → normalised, p95"
    detail = f"{number(rate)} polls/s, {number(rate * SKUS)} SKUs/s; asked of them {number(SUPPLIERS / INTERVAL_S)} polls/s"
    section.checks += [
        Check(f"{what}, simulated", LATE_S, percentile(spread, 95), "s", "at most", detail),
        Check(f"{what}, all due at once", LATE_S, percentile(at_once, 95), "s", "at most"),
    ]
    section.notes += [
        (
            f"a poll: p50 {number(percentile(seconds, 50))} s, p95 {number(percentile(seconds, 95))} s;"
            f" {number(measured['cpu_s'] / len(seconds))} s of a worker's CPU"
        ),
        (
            f"written for a poll: {number(measured['wal_bytes'] / len(seconds) / 1024)} KiB of WAL,"
            f" {number(measured['updated'] / len(seconds))} rows of supplier_stock"
        ),
    ]
    section.raw = {**measured, "late s, spread": _summary(spread), "late s, at once": _summary(at_once)}
    return section


def _seeded(bench: Bench, suppliers: int) -> list[UUID]:
    (tenant,) = bench.tenants.first(1)
    with bench.system.owner() as owner:
        owner.execute("SET statement_timeout = 0")
        for first in range(1, suppliers + 1, 50):
            given = {
                "tenant": tenant.id,
                "source": json.dumps(_SOURCE),
                "first": first,
                "last": min(first + 49, suppliers),
                "skus": SKUS,
            }
            owner.execute(_SEED, given)
        rows = owner.execute(
            "SELECT id FROM supplier WHERE tenant_id = %s ORDER BY id", (tenant.id,)
        ).fetchall()
    settle(bench.system)
    return [one for (one,) in rows]


def _measured(system: System, ids: Sequence[UUID]) -> dict[str, Any]:
    with system.owner() as owner:
        before = _written(owner)
        fork = multiprocessing.get_context("fork")
        with ProcessPoolExecutor(WORKERS, mp_context=fork) as workers:
            shares = [list(ids[worker::WORKERS]) for worker in range(WORKERS)]
            done = list(workers.map(_poll_all, [system.settings] * WORKERS, shares))
        after = _written(owner)
    return {
        "seconds": [seconds for seconds, _ in done],
        "cpu_s": sum(cpu_s for _, cpu_s in done),
        "wal_bytes": after[0] - before[0],
        "updated": after[1] - before[1],
    }


def _written(owner: Any) -> tuple[float, int]:
    owner.execute("SELECT pg_stat_force_next_flush()")
    time.sleep(1.5)
    row = owner.execute(
        "SELECT pg_current_wal_lsn() - '0/0', (SELECT n_tup_upd FROM pg_stat_all_tables WHERE relname = 'supplier_stock')"
    ).fetchone()
    return float(row[0]), int(row[1])


def _poll_all(settings: Settings, ids: Sequence[UUID]) -> tuple[list[float], float]:
    """A worker: the seconds of each poll, and the CPU of all of them, payloads not counted."""
    uow = bootstrap.build(settings).unit_of_work
    transactions, work = PostgresSupplierPolls(uow), PostgresWork(uow)
    dice, seconds, cpu_s = random.Random(ids[0].int), [], 0.0
    for supplier_id in ids:
        job = PollJob(transactions, _Prepared(_payload(dice)), MultiFernetVault(""), lease_s=90.0)
        with uow.platform() as database:
            database.exec_driver_sql("UPDATE dispatch SET not_before = now() WHERE id = %s", (supplier_id,))
        began, cpu = time.perf_counter(), time.process_time()
        with work.platform() as tx:
            claim = tx.claim_rung(supplier_id, 90.0)
        if claim is None:
            raise RuntimeError("somebody else took the supplier up")
        job.run(claim, lambda: False)
        seconds.append(time.perf_counter() - began)
        cpu_s += time.process_time() - cpu
    return seconds, cpu_s


def _payload(dice: random.Random) -> bytes:
    changed = set(dice.sample(range(SKUS), int(SKUS * CHANGED)))
    items = [
        {
            "sku": part_number(n),
            "stock": {"free": n % 60 + 60 if n in changed else n % 60, "warehouse": "main"},
            "price": "9.90",
            "title": f"Drive belt {n}",
        }
        for n in range(SKUS)
    ]
    return json.dumps({"items": items}).encode()


def _played(seconds: Sequence[float], *, spread: bool) -> list[float]:
    """How late each reading was, over some hours: first come, first served by whichever worker is free."""
    dice, start = random.Random(1), datetime(2026, 3, 1, tzinfo=UTC)
    queue = []
    for one in range(SUPPLIERS):
        due = start + timedelta(seconds=dice.uniform(0, INTERVAL_S) if spread else 0)
        queue.append((due, one, Schedule(due, due)))
    heapq.heapify(queue)
    free, late, end = [start] * WORKERS, [], start + timedelta(hours=HOURS)
    while queue[0][0] < end:
        due, one, schedule = heapq.heappop(queue)
        done = max(due, heapq.heappop(free)) + timedelta(seconds=dice.choice(seconds))
        heapq.heappush(free, done)
        late.append((done - schedule.slot).total_seconds())
        # All at once stays all at once: without the jitter that would spread them.
        draw = dice.uniform if spread else (lambda low, high: (low + high) / 2)
        after = answered(schedule, INTERVAL_S, done, draw)
        heapq.heappush(queue, (after.poll_at, one, after))
    return late


def _summary(late: list[float]) -> dict[str, float]:
    return {
        name: percentile(late, share) for name, share in (("p50", 50), ("p95", 95), ("p99", 99), ("max", 100))
    }
