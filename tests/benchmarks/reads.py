"""Cached reads a second, beside a Flask hello and a Flask view of one Redis GET under the same server."""

import json
import subprocess
from collections.abc import Sequence
from functools import partial
from statistics import median
from typing import Any

import redis

from app.local import processes as local
from app.local.ports import LOOPBACK
from tests.benchmarks.bench import Bench
from tests.benchmarks.client import Client
from tests.benchmarks.peers import flask_reads
from tests.benchmarks.processes import python, serving
from tests.benchmarks.report import Check, Section, number
from tests.benchmarks.rounds import interleaved, ratio
from tests.benchmarks.system import System
from tests.benchmarks.tenants import Tenant, part_number

CONNECTIONS = 16
PARTS_READ = 200
CEILING = "load generator's own ceiling"
OURS, HELLO, ONE_GET = "ours", "Flask hello", "Flask view of one Redis GET"


def run(bench: Bench) -> Section:
    """The same load on each server in turn."""
    section = Section("reads", f"GET /api/t/parts/…, cached, {CONNECTIONS} connections")
    system = bench.system
    (tenant,) = bench.tenants.first(1)
    _fill_peer(system, tenant)
    numbers = [part_number(index) for index in range(PARTS_READ)]
    env = {flask_reads.URL_VARIABLE: system.ready["redisUrl"]}
    with (
        serving("flask reads", partial(peer_command, system), env, system.logs / "flask.log") as peer,
        serving("fixed answer", _ceiling_command, {}, system.logs / "fixed.log") as ceiling,
    ):
        loads = {
            OURS: (system.port, [f"/api/t/parts/{one}" for one in numbers], tenant.headers),
            HELLO: (peer, [flask_reads.HELLO], {}),
            ONE_GET: (peer, [flask_reads.ONE_GET + one for one in numbers], {}),
        }
        results: dict[str, list[dict[str, Any]]] = {name: [] for name in loads}
        seconds = 2.0 if bench.quick else 3.0
        most = load(ceiling, ["/"], {}, seconds)

        def one_round(name: str, turn: int) -> float:
            port, paths, headers = loads[name]
            result = load(port, paths, headers, seconds if turn else 1.0)
            if turn:
                results[name].append(result)
            return float(result["perSecond"])

        rates = interleaved(bench.rounds(7, 3), {name: partial(one_round, name) for name in loads}, 75.0)
    section.raw = {**results, CEILING: most}
    detail = f"{number(median(rates[OURS]))} req/s, peer {number(median(rates[ONE_GET]))}"
    section.checks.append(Check(f"{OURS}: {ONE_GET}", 0.6, ratio(rates, OURS, ONE_GET), detail=detail))
    p99s = {name: median(one["p99Ms"] for one in results[name]) for name in loads}
    section.notes = [
        f"{HELLO}: {number(median(rates[HELLO]))} req/s; ours is {number(ratio(rates, OURS, HELLO))} of it",
        f"p99: ours {number(p99s[OURS])} ms, {ONE_GET} {number(p99s[ONE_GET])} ms",
        f"{CEILING}: {number(most['perSecond'])} req/s",
    ]
    return section


def _fill_peer(system: System, tenant: Tenant) -> None:
    """The peer's keys hold what ours answers, so that both send as many bytes."""
    client = Client(system.port, tenant.headers)
    with redis.Redis.from_url(system.ready["redisUrl"]) as cache:
        for index in range(PARTS_READ):
            name = part_number(index)
            cache.set(f"bench:{name}", json.dumps(client.get(f"/api/t/parts/{name}"), separators=(",", ":")))


def peer_command(system: System, host: str, port: int) -> tuple[str, ...]:
    """Our own server's command but for the application."""
    return (*local.web(system.settings, host, port)[:-1], "tests.benchmarks.peers.flask_reads:create")


def _ceiling_command(host: str, port: int) -> tuple[str, ...]:
    return python("tests.benchmarks.peers.fixed_answer", host, str(port))


def load(port: int, paths: Sequence[str], headers: dict[str, str], seconds: float) -> dict[str, Any]:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    requests = [f"GET {path} HTTP/1.1\r\nHost: {LOOPBACK}:{port}\r\n{lines}\r\n" for path in paths]
    order = {"port": port, "connections": CONNECTIONS, "seconds": seconds, "requests": requests}
    done = subprocess.run(
        python("tests.benchmarks.load"),
        cwd=local.ROOT,
        input=json.dumps(order),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"the load on port {port} failed: {done.stderr.strip()[-500:]}")
    return dict(json.loads(done.stdout))
