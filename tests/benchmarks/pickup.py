"""How long an idle system lets a feed wait: from its commit to the worker's start, beside plain Dramatiq."""

import importlib
import os
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import redis

from tests.benchmarks.bench import Bench
from tests.benchmarks.client import Client
from tests.benchmarks.feeds import FEED
from tests.benchmarks.peers import bare_bell
from tests.benchmarks.processes import python, running
from tests.benchmarks.report import Check, Section, number
from tests.benchmarks.rounds import percentile
from tests.benchmarks.stock import body

PAUSE_S_MAX = 0.3
BLOCKS = 4
PEER_DATABASE = 5
STARTED_S_MAX = 10.0
PERCENTS = (50, 90, 99, 100)
_WAITED = """
    SELECT extract(epoch FROM started_at - accepted_at)::float8 * 1000 FROM feed WHERE id = %s
"""


def run(bench: Bench) -> Section:
    """200 feeds of one row, 60 plain messages and 60 bare pushes, one at a time, in turns of a quarter each."""
    section = Section(
        "pickup", "idle pick-up: from a feed's commit to the worker's start, PostgreSQL's clock"
    )
    ours = Ours(bench)
    url = bench.system.ready["redisUrl"].rpartition("/")[0] + f"/{PEER_DATABASE}"
    plain, bare = Plain(url), Bare(url)
    logs = bench.system.logs
    threads = bench.system.settings.worker_threads
    env = {plain.module.URL_VARIABLE: url}
    with (
        running("plain dramatiq", plain.module.command(threads), env, logs / "dramatiq.log"),
        running("bare bell", python(bare_bell.__name__, url), {}, logs / "bell.log"),
    ):
        for peer in (plain, bare):
            peer.once()
            peer.waits_ms.clear()
        for _ in range(BLOCKS):
            _at_random(ours.once, (60 if bench.quick else 200) // BLOCKS)
            _at_random(plain.once, (20 if bench.quick else 60) // BLOCKS)
            _at_random(bare.once, (20 if bench.quick else 60) // BLOCKS)
    ours.read_back()
    section.raw = {
        "ours, ms": ours.waits_ms,
        "plain Dramatiq, ms": plain.waits_ms,
        "bare BLPOP, ms": bare.waits_ms,
    }
    p99 = percentile(ours.waits_ms, 99)
    check = Check("p99", 10, p99, unit="ms", sense="at most", detail=_spread(ours.waits_ms))
    section.checks.append(check)
    section.notes = [
        f"peer, plain Dramatiq, {len(plain.waits_ms)} messages: {_spread(plain.waits_ms)}",
        f"bound, a bare BLPOP in another process: {_spread(bare.waits_ms)}",
    ]
    return section


@dataclass
class Ours:
    """Feeds of one row."""

    bench: Bench
    ids: list[str] = field(default_factory=list)
    waits_ms: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        (tenant,) = self.bench.tenants.first(1)
        self._client = Client(self.bench.system.port, tenant.headers)

    def once(self) -> None:
        """Post one and see it applied, so that the system is idle again."""
        result = self._client.post(FEED, body(self.bench.turns.rows(range(1))))
        self.ids.append(result["feedId"])

    def read_back(self) -> None:
        """Ask PostgreSQL how long each waited."""
        with self.bench.system.owner() as owner:
            rows = [owner.execute(_WAITED, (one,)).fetchone() for one in self.ids]
        self.waits_ms = [row[0] for row in rows if row]


class Peer:
    """Something that is sent a time and answers on a list how long it waited."""

    starts: str

    def __init__(self, url: str) -> None:
        self.waits_ms: list[float] = []
        self._redis: Any = redis.Redis.from_url(url, socket_timeout=STARTED_S_MAX * 2)

    def send(self) -> None:
        """Send the time."""
        raise NotImplementedError

    def once(self) -> None:
        """Send one and wait for its start."""
        self.send()
        told = self._redis.blpop([self.starts], timeout=STARTED_S_MAX)
        if told is None:
            raise RuntimeError(f"{type(self).__name__} did not start a message")
        self.waits_ms.append(float(told[1]) * 1000)


class Plain(Peer):
    """Messages of plain Dramatiq."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.module = _with_url(url)
        self.starts = self.module.STARTS

    def send(self) -> None:
        """As an application enqueues."""
        self.module.start.send(time.time())


class Bare(Peer):
    """Pushes on a list that a process blocks on."""

    starts = bare_bell.STARTS

    def send(self) -> None:
        """One push."""
        self._redis.rpush(bare_bell.BELL, time.time())


def _with_url(url: str) -> ModuleType:
    """The peer's module is configured as its worker finds it: by the environment, when it is imported."""
    name = "tests.benchmarks.peers.plain_dramatiq"
    os.environ["BENCH_REDIS_URL"] = url
    return importlib.import_module(name)


def _at_random(once: Callable[[], None], times: int) -> None:
    for _ in range(times):
        time.sleep(random.uniform(0, PAUSE_S_MAX))
        once()


def _spread(waits_ms: list[float]) -> str:
    names = ("p50", "p90", "p99", "max")
    found = (
        f"{name} {number(percentile(waits_ms, percent))}"
        for name, percent in zip(names, PERCENTS, strict=True)
    )
    return f"{', '.join(found)} ms"
