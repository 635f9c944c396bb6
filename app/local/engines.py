"""PostgreSQL 18 and Valkey 9 for a machine that has neither, run straight from their wheels."""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from app.local.account import Account
from app.local.credentials import Credentials
from app.local.errors import LocalError
from app.local.places import binaries_for, engine_home
from app.local.ports import free_port
from app.local.postgres import PostgresServer
from app.local.program import Program, spawn
from app.local.valkey import ValkeyServer

READY_S_MAX = 60.0
STOP_S_MAX = 20.0


@dataclass(frozen=True)
class Engines:
    """Both engines of one data directory. Nothing runs until a program is spawned."""

    postgres: PostgresServer
    valkey: ValkeyServer

    @property
    def superuser_url(self) -> str:
        """PostgreSQL's superuser, database `postgres`."""
        return self.postgres.superuser_url

    @property
    def owner_url(self) -> str:
        """The role that owns the schema and migrates it."""
        return self.postgres.owner_url

    @property
    def app_url(self) -> str:
        """The role of web and workers."""
        return self.postgres.app_url

    @property
    def redis_url(self) -> str:
        """The cache."""
        return self.valkey.url(0)

    @property
    def broker_url(self) -> str:
        """The messages."""
        return self.valkey.url(1)


def prepare(data_dir: Path, *, durable: bool = True) -> Engines:
    """Find binaries, place and ports, and end the server that a killed run left behind."""
    account = Account.for_engines()
    data_dir = data_dir.resolve()
    data_dir.mkdir(parents=True, exist_ok=True)
    kept = Credentials.of(data_dir)
    kept.save(data_dir)
    binaries, home = binaries_for(account), engine_home(data_dir, kept.system_id, account)
    postgres_log, valkey_log = data_dir / "logs" / "postgres.log", data_dir / "logs" / "valkey.log"
    end_orphan(PostgresServer(binaries.postgres, home, account, kept, postgres_log).running())
    chosen = kept.on(free_port(kept.postgres_port), free_port(kept.valkey_port))
    chosen.save(data_dir)
    return Engines(
        PostgresServer(binaries.postgres, home, account, chosen, postgres_log, durable),
        ValkeyServer(binaries.valkey, home, account, chosen.valkey_port, valkey_log),
    )


def end_orphan(process: psutil.Process | None) -> None:
    """Stop a server whose supervisor was killed: politely, then not."""
    if process is None:
        return
    process.send_signal(2)
    _, alive = psutil.wait_procs([process], timeout=STOP_S_MAX)
    for stubborn in alive:
        stubborn.kill()
    psutil.wait_procs(alive, timeout=STOP_S_MAX)


@contextmanager
def running(data_dir: Path, *, durable: bool = True) -> Iterator[Engines]:
    """Both engines, started and stopped around a block; nobody restarts them inside it."""
    engines = prepare(data_dir, durable=durable)
    started: list[tuple[Program, subprocess.Popen[bytes]]] = []
    try:
        for program, accepts in (
            (engines.postgres.program(), engines.postgres.accepts),
            (engines.valkey.program(), engines.valkey.accepts),
        ):
            started.append((program, spawn(program)))
            _await(program, started[-1][1], accepts)
        engines.postgres.make_roles()
        yield engines
    finally:
        for program, process in started:
            process.send_signal(program.stop_signal)
        for _, process in started:
            process.wait(STOP_S_MAX)


def _await(program: Program, process: subprocess.Popen[bytes], accepts: Callable[[], bool]) -> None:
    deadline = time.monotonic() + READY_S_MAX
    while not accepts():
        if process.poll() is not None:
            raise LocalError(f"{program.name} stopped with exit code {process.returncode}: see {program.log}")
        if time.monotonic() > deadline:
            raise LocalError(f"{program.name} does not answer after {READY_S_MAX:.0f} s: see {program.log}")
        time.sleep(0.02)
