"""One fault run: a world, its clients, the nemesis, and the reckoning."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.chaos import freshness
from tests.chaos.checks import Findings, check, waits_at_the_head
from tests.chaos.clients import Client, Shopper
from tests.chaos.journal import Journal, payloads
from tests.chaos.nemesis import Kill, Nemesis
from tests.chaos.world import World, admin, start

THREADS = {"large": 3, "middle": 3, "small": 2}
WORKERS = 2
ANSWER_S_MAX = 60.0
SETTLE_S_MAX = 120.0
PROGRESS_P99_S_MAX = 30.0


@dataclass(frozen=True)
class Report:
    """What a run was and what it found."""

    seed: int
    kills: list[Kill]
    findings: Findings
    waits_s: list[float]
    put_aside: list[str]
    settled_s: float
    stale_s: float
    normal_s: float
    seconds: float

    @property
    def progress_p99_s(self) -> float:
        """Of the times from a kill to the next committed chunk."""
        times = sorted(kill.progress_s for kill in self.kills)
        return times[min(len(times) - 1, int(len(times) * 0.99))] if times else 0.0

    def as_json(self) -> dict[str, Any]:
        times = sorted(kill.progress_s for kill in self.kills)
        return {
            "seed": self.seed,
            "seconds": round(self.seconds, 1),
            "kills": len(self.kills),
            "killsByTarget": dict(Counter(kill.target for kill in self.kills)),
            "flushes": sum(kill.flushed for kill in self.kills),
            "progressS": {
                "p50": round(times[len(times) // 2], 3) if times else None,
                "p99": round(self.progress_p99_s, 3),
                "max": round(max(times, default=0.0), 3),
            },
            "waitAtHeadOfLaneS": {
                "p50": round(self.waits_s[len(self.waits_s) // 2], 3) if self.waits_s else None,
                "p99": round(self.waits_s[int(len(self.waits_s) * 0.99)], 3) if self.waits_s else None,
                "max": round(max(self.waits_s, default=0.0), 3),
            },
            "putAside": self.put_aside,
            "settledS": round(self.settled_s, 2),
            "storefrontEqualS": round(self.stale_s, 2),
            "storefrontNormalS": round(self.normal_s, 4),
            **asdict(self.findings),
        }


def run(kills: int, seed: int, directory: Path, say: Callable[[str], None]) -> Report:
    """Everything, and an orderly end whatever happens."""
    began = time.monotonic()
    journal = Journal(directory / "journal.jsonl")
    world = start(directory / "system", WORKERS)
    say(f"the system serves at {world.url} after {time.monotonic() - began:.0f} s")
    try:
        nemesis = Nemesis(world, journal, random.Random(f"{seed}/nemesis"))
        failure = None
        with _traffic(world, journal, seed):
            try:
                nemesis.run(kills, say)
            except TimeoutError as error:
                failure = str(error)
        settled_s = _settle(world)
        say(f"all settled {settled_s:.1f} s after the last request")
        put_aside = _replay(world)
        settled_s += _settle(world) if put_aside else 0
        report = _reckon(world, journal, seed, nemesis.done, put_aside, settled_s, began)
        if failure:
            report.findings.breaks(failure)
        return report
    finally:
        world.stop()
        journal.close()


@contextmanager
def _traffic(world: World, journal: Journal, seed: int) -> Iterator[None]:
    """The clients' threads; at the end each payload with a key still gets its answer."""
    stopped, give_up = threading.Event(), threading.Event()
    runs: list[Callable[[], None]] = []
    for tenant in world.tenants:
        for number in range(THREADS[tenant.name]):
            drawn = random.Random(f"{seed}/{tenant.name}/{number}")
            runs.append(Client(world.url, tenant, journal, drawn, stopped, give_up).run)
        runs.append(Shopper(world.url, tenant, random.Random(f"{seed}/{tenant.name}/shopper"), stopped).run)
    threads = [threading.Thread(target=one) for one in runs]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stopped.set()
        deadline = time.monotonic() + ANSWER_S_MAX
        for thread in threads:
            thread.join(max(0.1, deadline - time.monotonic()))
        give_up.set()
        for thread in threads:
            thread.join()


def _settle(world: World) -> float:
    """Seconds until nothing is left to do, or SETTLE_S_MAX: the checks then name what is left."""
    began = time.monotonic()
    with world.database() as database:
        while time.monotonic() - began < SETTLE_S_MAX:
            row = database.execute(
                "SELECT count(*) FROM dispatch WHERE state IN ('ready', 'running')"
            ).fetchone()
            if row == (0,):
                break
            time.sleep(0.1)
    return time.monotonic() - began


def _replay(world: World) -> list[str]:
    """Do as the operator does with what was put aside: the reasons.

    A worker that is killed three times over one chunk looks like a feed that kills its workers. Such a feed
    is in the dead letters, and after a replay it must stand at its old place in the order like any other.
    """
    letters = admin(world.data_dir, "dead-letter", "list")
    if letters:
        admin(world.data_dir, "dead-letter", "replay", *(letter["id"] for letter in letters))
    return [letter["error"] for letter in letters]


def _reckon(
    world: World,
    journal: Journal,
    seed: int,
    kills: list[Kill],
    put_aside: list[str],
    settled_s: float,
    began: float,
) -> Report:
    with world.database() as database:
        waits_s = waits_at_the_head(database)
        findings = check(database, world.tenants, payloads(journal.read()))
        stale_s = max(freshness.seconds_until_equal(world.url, database, tenant) for tenant in world.tenants)
    normal_s = max(freshness.normal_seconds(world.url, tenant) for tenant in world.tenants)
    report = Report(
        seed, kills, findings, waits_s, put_aside, settled_s, stale_s, normal_s, time.monotonic() - began
    )
    if stale_s > freshness.STALE_S_MAX:
        findings.breaks(f"the storefront still differs from PostgreSQL after {stale_s:.0f} s")
    if normal_s > freshness.NORMAL_S_MAX:
        findings.breaks(f"with nothing broken a change takes {normal_s:.2f} s to the storefront")
    if report.progress_p99_s > PROGRESS_P99_S_MAX:
        findings.breaks(f"P99 from a kill to the next progress is {report.progress_p99_s:.1f} s")
    return report
