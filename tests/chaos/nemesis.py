"""Kills, from a seed: one process at a time or a whole group, and a Redis that forgets."""

import os
import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import psutil
import psycopg
import redis

from tests.chaos.journal import Journal
from tests.chaos.world import World

TARGETS = {
    "worker child": 6,
    "worker master": 4,
    "every worker": 3,
    "web child": 4,
    "web master": 4,
    "postgres": 6,
    "valkey": 5,
    "clock": 1,
}
FLUSH_CHANCE = 0.2
PROGRESS_S_MAX = 60.0
LEADER_S_MAX = 60.0


@dataclass(frozen=True)
class Kill:
    """What was killed, and how long nothing went on after it."""

    target: str
    flushed: bool
    at: float
    progress_s: float


@dataclass
class Nemesis:
    """Kills something, waits until work goes on, and again."""

    world: World
    journal: Journal
    random: random.Random
    done: list[Kill] = field(default_factory=list)

    def run(self, kills: int, say: Callable[[str], None]) -> None:
        """Raises TimeoutError when the system does not come back."""
        for target in self.plan(kills):
            time.sleep(self.random.uniform(0.05, 0.6))  # the point in the work at which it strikes
            flush = self.random.random() < FLUSH_CHANCE
            before = self.applied()
            self.journal.write("kill", target=target, flush=flush)
            began = time.monotonic()
            self.strike(target)
            if flush:
                self.forget()
            seconds = self.until_progress(before, began)
            self.done.append(Kill(target, flush, time.time(), seconds))
            say(
                f"kill {len(self.done)}/{kills}: {target}{' + FLUSHALL' if flush else ''}, on after {seconds:.2f} s"
            )

    def plan(self, kills: int) -> list[str]:
        """Every target in its share, whatever the seed."""
        deck = [target for target, share in TARGETS.items() for _ in range(share)]
        plan = []
        while len(plan) < kills:
            self.random.shuffle(deck)
            plan += deck
        return plan[:kills]

    def strike(self, target: str) -> None:
        kind, _, part = target.rpartition(" ")
        if target == "every worker":
            for name in self.workers():
                self.kill(name, whole=True)
        elif part == "child":
            self.kill(self.random.choice(self.workers()) if kind == "worker" else "web", child=True)
        elif part == "master":
            self.kill(self.random.choice(self.workers()) if kind == "worker" else "web")
        else:
            self.kill(target)

    def workers(self) -> list[str]:
        return sorted(name for name in self.world.pids() if name.startswith("worker-feeds"))

    def kill(self, name: str, *, child: bool = False, whole: bool = False) -> None:
        """kill -9 of a leader, of one of its children, or of its whole group, as soon as it lives."""
        deadline = time.monotonic() + LEADER_S_MAX
        while True:
            try:
                leader = psutil.Process(self.world.pids()[name])
                victims = [leader]
                if child:
                    victims = [
                        one for one in leader.children() if "resource_tracker" not in " ".join(one.cmdline())
                    ]
                if whole:
                    os.killpg(leader.pid, signal.SIGKILL)
                    return
                if leader.status() != psutil.STATUS_ZOMBIE and victims:
                    self.random.choice(victims).kill()
                    return
            except (psutil.Error, ProcessLookupError):
                pass  # it died by itself a moment ago and is started again
            if time.monotonic() > deadline:
                raise TimeoutError(f"{name} has not been started again within {LEADER_S_MAX} s")
            time.sleep(0.05)

    def forget(self) -> None:
        """FLUSHALL, if Redis is there to forget."""
        try:
            with redis.Redis.from_url(self.world.ready["redisUrl"], socket_timeout=2) as client:
                client.flushall()
        except redis.RedisError:
            self.journal.write("not flushed")

    def applied(self) -> int | None:
        """Rows that have their outcome; None while the database is away."""
        try:
            with self.world.database() as connection:
                row: Any = connection.execute("SELECT coalesce(sum(rows_applied), 0) FROM feed").fetchone()
                return int(row[0])
        except psycopg.Error:
            return None

    def until_progress(self, before: int | None, began: float) -> float:
        """Seconds from the kill until a chunk was committed."""
        while True:
            now = self.applied()
            if now is not None and before is None:
                before = now
            elif now is not None and before is not None and now > before:
                return time.monotonic() - began
            if time.monotonic() - began > PROGRESS_S_MAX:
                raise TimeoutError(f"no progress for {PROGRESS_S_MAX} s after a kill")
            time.sleep(0.05)
