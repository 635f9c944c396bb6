"""The nearest dealers that have a part: warm beside a Flask view of one Redis GET, cold beside warm."""

import random
import time
from collections.abc import Callable, Sequence
from functools import partial
from statistics import median
from typing import Any, Final

import redis

from tests.benchmarks import network, reads
from tests.benchmarks.bench import Bench
from tests.benchmarks.client import Client
from tests.benchmarks.peers import flask_reads
from tests.benchmarks.processes import serving
from tests.benchmarks.report import Check, Section, number
from tests.benchmarks.rounds import interleaved, percentile, ratio
from tests.benchmarks.system import System
from tests.benchmarks.tenants import Tenant

OURS, ONE_GET = "5,000 dealers, warm", "Flask view of one Redis GET"
ORIGINS: Final = 200
PEER_KEY: Final = "nearby"
VERSION_SEEN_S: Final = 0.6
"""After a change of dealers or consents every process asks for the version anew within half a second."""


def run(bench: Bench) -> Section:
    """Every request from another place on the map, so that no answer is used twice."""
    section = Section(
        "nearby",
        f"GET /api/t/dealers/stock, {network.RESELLERS:,} dealers, {network.HOT_OF} with the part, "
        f"{network.RESELLERS * network.PARTS_EACH:,} rows",
    )
    networks = network.make(bench.system)
    _warm(bench, networks, section)
    _cold(bench, networks[network.RESELLERS], section)
    return section


def _warm(bench: Bench, networks: dict[int, Tenant], section: Section) -> None:
    system, seconds = bench.system, 2.0 if bench.quick else 3.0
    largest = networks[network.RESELLERS]
    _fill_peer(system, largest)
    env = {flask_reads.URL_VARIABLE: system.ready["redisUrl"]}
    with serving("flask reads", partial(reads.peer_command, system), env, system.logs / "flask.log") as peer:
        loads = {
            OURS: (system.port, paths(), largest.headers),
            ONE_GET: (peer, [flask_reads.ONE_GET + PEER_KEY], {}),
            **{
                f"{size:,} dealers, warm": (system.port, paths(), networks[size].headers)
                for size in network.SIZES[:-1]
            },
        }
        results: dict[str, list[dict[str, Any]]] = {name: [] for name in loads}

        def one_round(name: str, turn: int) -> float:
            port, asked, headers = loads[name]
            result = reads.load(port, asked, headers, seconds if turn else 1.0)
            if turn:
                results[name].append(result)
            return float(result["perSecond"])

        rates = interleaved(bench.rounds(7, 3), {name: partial(one_round, name) for name in loads}, 90.0)
    section.raw |= results
    detail = f"{number(median(rates[OURS]))} req/s, peer {number(median(rates[ONE_GET]))}"
    section.checks.append(Check(f"{OURS}: {ONE_GET}", 0.5, ratio(rates, OURS, ONE_GET), detail=detail))
    for name in loads:
        p99 = median(one["p99Ms"] for one in results[name])
        section.notes.append(f"{name}: {number(median(rates[name]))} req/s, p99 {number(p99)} ms")


def _cold(bench: Bench, tenant: Tenant, section: Section) -> None:
    """One caller, one request at a time: with the entry there, without it, without any, after a dealer changed."""
    client = Client(bench.system.port, tenant.headers)
    with redis.Redis.from_url(bench.system.ready["redisUrl"]) as cache, bench.system.owner() as owner:

        def forget() -> None:
            cache.delete(f"t:{{{tenant.id}}}:h:{network.HOT}")

        def change() -> None:
            owner.execute(
                "UPDATE dealer SET phone = phone || ' ' WHERE id = (SELECT id FROM dealer WHERE tenant_id = %s LIMIT 1)",
                (tenant.id,),
            )
            time.sleep(VERSION_SEEN_S)

        before: dict[str, Callable[[], Any]] = {
            "warm": lambda: None,
            "the part's entry gone": forget,
            "all of Redis gone": cache.flushdb,
        }
        times = _alternating(client, before, 60 if bench.quick else 200)
        times |= _alternating(client, {"after a dealer changed": change}, 8)
    section.raw["latencies_ms"] = times
    p50 = {name: median(some) for name, some in times.items()}
    for name in ("the part's entry gone", "all of Redis gone"):
        detail = f"{number(p50[name])} ms, warm {number(p50['warm'])} ms"
        section.checks.append(
            Check(f"cold, {name}: warm", 10, p50[name] / p50["warm"], sense="at most", detail=detail)
        )
    section.notes += [
        f"one at a time, {name}: p50 {number(p50[name])} ms, p99 {number(percentile(some, 99))} ms"
        for name, some in times.items()
    ]


def _alternating(client: Client, before: dict[str, Callable[[], Any]], times: int) -> dict[str, list[float]]:
    """Milliseconds of a request after each of these, taking turns."""
    asked = paths()
    measured: dict[str, list[float]] = {name: [] for name in before}
    for turn in range(times):
        for name, prepare in before.items():
            prepare()
            began = time.perf_counter()
            client.get_bytes(asked[turn % len(asked)])
            measured[name].append((time.perf_counter() - began) * 1000)
    return measured


def paths() -> Sequence[str]:
    """From all over Europe."""
    chance = random.Random(1)
    return [
        f"/api/t/dealers/stock?partNumber={network.HOT}&lat={chance.uniform(36, 70):.4f}&lng={chance.uniform(-10, 30):.4f}"
        for _ in range(ORIGINS)
    ]


def _fill_peer(system: System, tenant: Tenant) -> None:
    """One of our answers, so that both send as many bytes."""
    body = Client(system.port, tenant.headers).get_bytes(paths()[0])
    with redis.Redis.from_url(system.ready["redisUrl"]) as cache:
        cache.set(f"bench:{PEER_KEY}", body)
