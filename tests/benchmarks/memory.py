"""What one feed of 1,000,000 rows costs in memory, beside a process that only parses the same body."""

import json
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psutil

from app.local.processes import ROOT
from tests.benchmarks.bench import Bench
from tests.benchmarks.client import Client
from tests.benchmarks.feeds import FEED
from tests.benchmarks.processes import python
from tests.benchmarks.report import Check, Section, number
from tests.benchmarks.stock import body
from tests.benchmarks.system import System
from tests.benchmarks.tenants import Tenant, create, settle

ROWS = 1_000_000
ROWS_QUICK = 200_000
MIB = 1024 * 1024
SAMPLE_EVERY_S = 0.05
WARM_FEEDS = 24
APPLIED_S_MAX = 300.0
GROUPS = ("worker-feeds", "web")
# Own parts under the owner's eyes: the same rows that an import leaves, made in one statement.
_OWN_PARTS = """
    WITH item AS (
        INSERT INTO stock_item (tenant_id, source, part_number)
        SELECT %(tenant)s, 'own', 'BENCH-' || lpad(n::text, 7, '0') FROM generate_series(0, %(count)s - 1) n
        RETURNING id, tenant_id, part_number)
    INSERT INTO tenant_part (item_id, tenant_id, name) SELECT id, tenant_id, part_number FROM item
"""


def run(bench: Bench) -> Section:
    """Fresh processes, warmed by small feeds; then the large one, watched until it is applied."""
    rows = ROWS_QUICK if bench.quick else ROWS
    system = bench.system
    tenant = create(system, "Bench memory")
    with system.owner() as owner:
        owner.execute(_OWN_PARTS, {"tenant": tenant.id, "count": rows})
    settle(system)
    system.restart(*GROUPS)
    client = _warmed(bench, tenant)
    payload = body(bench.turns.rows(range(rows)))
    with _watched(system) as watches:
        seconds = _applied(client, payload, rows)
    return _section(bench, rows, len(payload), seconds, watches)


def _section(bench: Bench, rows: int, size: int, seconds: float, watches: dict[str, "Watch"]) -> Section:
    section = Section("memory", f"one feed of {rows:,} rows ({size / MIB:.0f} MiB), every value changed")
    workers, web = (watches[name] for name in GROUPS)
    scale = ROWS / rows
    section.checks.append(
        Check(
            "growth of the worker processes, RSS",
            300,
            workers.growth_mib,
            unit="MiB",
            sense="at most",
            detail=f"from {number(workers.before_mib)} to {number(workers.peak_mib)} MiB",
        )
    )
    parsed_mib = _parse_alone(bench)
    section.notes = [
        f"web processes: grew by {number(web.growth_mib)} MiB to {number(web.peak_mib)}",
        f"peer, json.loads of 1,000,000 such rows in one process: grew by {number(parsed_mib)} MiB",
        f"{number(rows / seconds)} rows/s, {number(seconds)} s",
    ]
    if scale != 1:
        section.notes.append("--quick: a smaller feed than the bound is for")
    section.raw = {
        "rows": rows,
        "seconds": seconds,
        "json.loads, MiB": parsed_mib,
        **{
            f"{name}, MiB": {"before": one.before_mib, "peak": one.peak_mib, "samples": one.samples_mib}
            for name, one in watches.items()
        },
    }
    return section


def _warmed(bench: Bench, tenant: Tenant) -> Client:
    """Every worker has loaded its libraries and opened its connections; growth is then the large feed's own."""
    deadline = time.monotonic() + 30
    while True:
        try:
            client = Client(bench.system.port, tenant.headers)
            for _ in range(WARM_FEEDS):
                client.post(FEED, body(bench.turns.rows(range(2_000))))
            return client
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def _applied(client: Client, payload: bytes, rows: int) -> float:
    """Seconds from the request to the last row."""
    began = time.perf_counter()
    accepted = client.post(FEED, payload, Prefer="respond-async")
    while True:
        state = client.get(accepted["statusUrl"])
        if state["status"] == "applied":
            break
        if state["status"] == "failed" or time.perf_counter() - began > APPLIED_S_MAX:
            raise RuntimeError(f"the feed was not applied: {state}")
        time.sleep(0.1)
    if state["result"]["changed"] != rows:
        raise RuntimeError(f"{rows} rows should have changed: {state['result']}")
    return time.perf_counter() - began


@dataclass
class Watch:
    """The memory of a group of processes over time."""

    processes: list[psutil.Process]
    samples_mib: list[float] = field(default_factory=list)

    def sample(self) -> None:
        """All of the group at one moment; shared pages count in each, so the sum is no flattery."""
        self.samples_mib.append(round(sum(one.memory_info().rss for one in self.processes) / MIB, 1))

    @property
    def before_mib(self) -> float:
        """The first sample."""
        return self.samples_mib[0]

    @property
    def peak_mib(self) -> float:
        """The largest sample."""
        return max(self.samples_mib)

    @property
    def growth_mib(self) -> float:
        """What the work added at its worst."""
        return self.peak_mib - self.before_mib


@contextmanager
def _watched(system: System) -> Iterator[dict[str, Watch]]:
    """Samples the groups for the length of a block."""
    watches = {name: Watch(system.processes(name)) for name in GROUPS}
    stopped = threading.Event()

    def watch() -> None:
        while True:
            for one in watches.values():
                one.sample()
            if stopped.wait(SAMPLE_EVERY_S):
                return

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield watches
    finally:
        stopped.set()
        thread.join()


_PARSE = """
import json, psutil, sys
body = sys.stdin.buffer.read()
before = psutil.Process().memory_info().rss
rows = json.loads(body)
print(psutil.Process().memory_info().rss - before)
"""


def _parse_alone(bench: Bench) -> float:
    done = subprocess.run(
        (*python("x")[:1], "-c", _PARSE),
        cwd=ROOT,
        input=body(bench.turns.rows(range(ROWS))),
        capture_output=True,
        check=True,
    )
    return float(json.loads(done.stdout)) / MIB
