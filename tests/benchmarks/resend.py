"""An unchanged feed sent again, beside the same feed when every value changes: 20,000 rows a request."""

import time
from statistics import median

from tests.benchmarks.bench import Bench
from tests.benchmarks.client import Client
from tests.benchmarks.feeds import FEED
from tests.benchmarks.report import Check, Section, number
from tests.benchmarks.rounds import interleaved, ratio
from tests.benchmarks.stock import body
from tests.benchmarks.tenants import PARTS

CHANGED, UNCHANGED = "changed", "unchanged"


def run(bench: Bench) -> Section:
    """Each round sends a new body, then the same again."""
    section = Section("resend", "an unchanged re-send of 20,000 rows")
    (tenant,) = bench.tenants.first(1)
    client = Client(bench.system.port, tenant.headers)
    bodies: list[bytes] = []

    def send(expected: int) -> float:
        began = time.perf_counter()
        result = client.post(FEED, bodies[-1])
        seconds = time.perf_counter() - began
        if result["updated"] != PARTS or result["changed"] != expected:
            raise RuntimeError(f"{expected} rows should have changed: {result}")
        return PARTS / seconds

    def changed(_: int) -> float:
        bodies[:] = [body(bench.turns.rows(range(PARTS)))]
        return send(PARTS)

    rates = interleaved(bench.rounds(15, 5), {CHANGED: changed, UNCHANGED: lambda _: send(0)})
    section.raw["rows/s"] = rates
    detail = f"{number(median(rates[UNCHANGED]))} rows/s, changed {number(median(rates[CHANGED]))}"
    section.checks.append(
        Check("20,000 rows unchanged: changed", 1.5, ratio(rates, UNCHANGED, CHANGED), detail=detail)
    )
    return section
