"""The system under test: scripts/run as a caller starts it, on durable embedded engines of its own."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import psycopg

from app.local.processes import ROOT
from app.settings import Settings

WORKERS = 2
STOP_S_MAX = 40.0
RESTART_S_MAX = 30.0
# A benchmark asks more often than a tenant may. The limiter still counts every request.
UNLIMITED = {"RATE_LIMIT_PER_S": "1000000", "RATE_LIMIT_BURST": "1000000"}


@dataclass(frozen=True)
class System:
    """One running system and the ways into it."""

    data_dir: Path
    ready: dict[str, Any]

    @property
    def record(self) -> dict[str, Any]:
        """What scripts/run keeps about it: addresses, process ids."""
        return dict(json.loads((self.data_dir / "system.json").read_text()))

    @property
    def port(self) -> int:
        """The web server's."""
        return urlsplit(self.ready["url"]).port or 80

    @property
    def logs(self) -> Path:
        """Where the processes' output goes."""
        return self.data_dir / "logs"

    @property
    def settings(self) -> Settings:
        """The settings its processes run with, so that peers can run with the same."""
        return Settings.model_validate(
            {name.lower(): value for name, value in self.record["settings"].items()}
        )

    def admin(self, *arguments: str, stdin: str | None = None) -> dict[str, Any]:
        """The operator's command line; its JSON answer."""
        done = subprocess.run(
            [
                sys.executable,
                str(ROOT / "scripts" / "admin"),
                "--data-dir",
                str(self.data_dir),
                *arguments,
            ],
            env=_environment(),
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"scripts/admin {' '.join(arguments)}: {done.stderr.strip()}")
        return dict(json.loads(done.stdout))

    def owner(self) -> psycopg.Connection:
        """The schema's owner, seeing all tenants; every statement is its own durable transaction."""
        connection = psycopg.connect(
            self.record["databaseOwnerUrl"], autocommit=True, options="-c app.platform=on -c jit=off"
        )
        connection.prepare_threshold = 5
        return connection

    def processes(self, prefix: str) -> list[psutil.Process]:
        """Those whose names in the record start so, with their children."""
        pids = [pid for name, pid in self.record["pids"].items() if name.startswith(prefix)]
        leaders = [psutil.Process(pid) for pid in pids]
        return [one for leader in leaders for one in (leader, *leader.children(recursive=True))]

    def restart(self, *prefixes: str) -> None:
        """Fresh processes: the supervisor starts anew what ends. Returns when they all run."""
        before = {name: pid for name, pid in self.record["pids"].items() if name.startswith(prefixes)}
        for pid in before.values():
            psutil.Process(pid).terminate()
        deadline = time.monotonic() + RESTART_S_MAX
        while any(self.record["pids"][name] == pid for name, pid in before.items()):
            if time.monotonic() > deadline:
                raise RuntimeError(f"{', '.join(before)} did not come back")
            time.sleep(0.1)


@contextmanager
def started(data_dir: Path) -> Iterator[System]:
    """An empty system for the length of a block."""
    command = [sys.executable, str(ROOT / "scripts" / "run"), "--no-demo", "--port", "0"]
    command += ["--data-dir", str(data_dir), "--workers", str(WORKERS)]
    with (data_dir / "run.log").open("wb") as log:
        process = subprocess.Popen(command, env=_environment(), stdout=subprocess.PIPE, stderr=log)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"scripts/run did not start: {(data_dir / 'run.log').read_text().strip()}")
        yield System(data_dir, json.loads(line))
    finally:
        process.terminate()
        process.wait(STOP_S_MAX)


def _environment() -> dict[str, str]:
    """Ours without settings: what the caller's environment names is not what is measured here."""
    known = {name.upper() for name in Settings.model_fields}
    return {name: value for name, value in os.environ.items() if name not in known} | UNLIMITED
