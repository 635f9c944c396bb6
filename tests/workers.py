"""Real worker processes on the tests' engines: started, watched, signalled and killed."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
import redis

from app.domain.work.dispatch import Queue
from app.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
READY_S_MAX = 60.0
HEARTBEATS = "dramatiq:__heartbeats__"  # where every consumer shows itself when it asks for messages


def eventually(holds: Callable[[], bool], seconds_max: float, what: str = "it") -> float:
    """The seconds it took; fails at the deadline."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < seconds_max, f"{what} is not so within {seconds_max} s"
        threading.Event().wait(0.02)
    return time.monotonic() - began


@dataclass(frozen=True)
class Group:
    """A dramatiq master with its children, in a session of its own."""

    master: psutil.Popen
    log: Path

    @classmethod
    def booting(
        cls, settings: Settings, log: Path, command: Sequence[str], env: Mapping[str, str]
    ) -> "Group":
        """Returns at once."""
        given = {
            name.upper(): str(value)
            for name, value in settings.model_dump().items()
            if value not in {"", None}
        }
        with log.open("ab") as output:
            master = psutil.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, **given, **env},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        return cls(master, log)

    @classmethod
    def start(
        cls,
        settings: Settings,
        log: Path,
        *,
        processes: int = 1,
        threads: int = 1,
        queue: Queue = Queue.FEEDS,
        module: str = "app.workers.main",
        env: Mapping[str, str] | None = None,
    ) -> "Group":
        """Returns when every child asks the broker for messages, or when it is all over already."""
        command = (
            sys.executable,
            "-m",
            "dramatiq",
            module,
            "-Q",
            queue,
            "--worker-shutdown-timeout",
            "20000",
        )
        with redis.Redis.from_url(settings.broker_url) as broker:
            earlier = set(broker.zrange(HEARTBEATS, 0, -1))
            given = {"WORKER_THREADS": str(threads), **(env or {})}
            group = cls.booting(settings, log, (*command, "-p", str(processes), "-t", str(threads)), given)

            def consuming() -> bool:
                return group.gone or len(set(broker.zrange(HEARTBEATS, 0, -1)) - earlier) >= processes

            try:
                eventually(consuming, READY_S_MAX, f"a group of workers ({log})")
            except BaseException:
                group.kill()
                raise
        return group

    @property
    def children(self) -> list[psutil.Process]:
        """The worker processes (not multiprocessing's resource tracker)."""
        return [one for one in self.master.children() if "resource_tracker" not in " ".join(one.cmdline())]

    @property
    def family(self) -> list[psutil.Process]:
        return [psutil.Process(self.master.pid), *self.master.children(recursive=True)]

    def signal_all(self, number: signal.Signals) -> None:
        """As Heroku sends it: to every process, master and children, at once."""
        os.killpg(self.master.pid, number)

    def kill(self) -> None:
        """kill -9 of the whole group."""
        if self.master.poll() is None or self._remains():
            self.signal_all(signal.SIGKILL)
        self.master.wait(10)

    def _remains(self) -> bool:
        try:
            os.killpg(self.master.pid, 0)
        except ProcessLookupError:
            return False
        return True

    @property
    def gone(self) -> bool:
        """Whether nothing of the session is left."""
        return self.master.poll() is not None and not self._remains()
