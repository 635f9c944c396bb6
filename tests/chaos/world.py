"""The system under fault, its tenants and what they sell: made as an operator makes them."""

import json
import os
import select
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

ROOT = Path(__file__).resolve().parents[2]
READY_S_MAX = 60.0
STOP_S_MAX = 40.0
OURS = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "BROKER_URL", "PORT")
SIZES = {"large": 20_000, "middle": 2_000, "small": 300}


@dataclass(frozen=True)
class Tenant:
    """One customer with its key."""

    name: str
    id: str
    key: str
    parts: list[str]
    dealers: list[str]


@dataclass(frozen=True)
class World:
    """A running system."""

    process: subprocess.Popen[str]
    data_dir: Path
    ready: dict[str, Any]
    tenants: list[Tenant]

    @property
    def url(self) -> str:
        return str(self.ready["url"])

    def pids(self) -> dict[str, int]:
        """The leaders, as the supervisor last noted them."""
        return dict(json.loads((self.data_dir / "system.json").read_text())["pids"])

    def database(self) -> psycopg.Connection:
        """A look at all tenants."""
        connection = psycopg.connect(self.ready["databaseUrl"], autocommit=True, connect_timeout=2)
        connection.execute("SELECT set_config('app.platform', 'on', false)")
        return connection

    def stop(self) -> int:
        """Orderly; the exit code."""
        self.process.terminate()
        code = self.process.wait(STOP_S_MAX)
        assert self.process.stdout
        self.process.stdout.close()
        return code


def start(data_dir: Path, workers: int) -> World:
    """scripts/run, until it says that it serves; then the tenants."""
    data_dir.mkdir(parents=True)
    command = [sys.executable, str(ROOT / "scripts" / "run"), "--no-demo", "--port", "0"]
    env = {name: value for name, value in os.environ.items() if name not in OURS}
    with (data_dir / "run.log").open("w") as log:
        process = subprocess.Popen(
            [*command, "--workers", str(workers), "--data-dir", str(data_dir)],
            env={**env, "WEB_CONCURRENCY": "1", "RATE_LIMIT_PER_S": "100000"},
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
        )
    assert process.stdout
    readable, _, _ = select.select([process.stdout], [], [], READY_S_MAX)
    line = process.stdout.readline() if readable else ""
    if not line:
        process.terminate()
        process.wait(STOP_S_MAX)
        raise SystemExit(f"the system does not start: {(data_dir / 'run.log').read_text()[-2000:]}")
    world = World(process, data_dir, json.loads(line), [])
    with ThreadPoolExecutor(2) as pool:
        world.tenants.extend(pool.map(lambda name: _tenant(data_dir, name), SIZES))
    return world


def _tenant(data_dir: Path, name: str) -> Tenant:
    made = admin(data_dir, "tenant", "create", "--name", name, "--type", "RETAIL")
    parts = [f"{name[0].upper()}-{number:05}" for number in range(SIZES[name])]
    file = data_dir / f"{name}.csv"
    file.write_text("partNumber,name\n" + "".join(f"{part},Part {part}\n" for part in parts))
    imported = admin(data_dir, "part", "import", "--tenant", made["tenantId"], str(file))
    assert imported["created"] == len(parts), imported
    dealer = admin(data_dir, "dealer", "create", "--tenant", made["tenantId"], "--name", f"{name} store")
    return Tenant(name, made["tenantId"], made["apiKey"], parts, [dealer["dealerId"]])


def admin(data_dir: Path, *words: str) -> Any:
    """What scripts/admin says."""
    command = [sys.executable, str(ROOT / "scripts" / "admin"), "--data-dir", str(data_dir), *words]
    env = {name: value for name, value in os.environ.items() if name not in OURS}
    told = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    if told.returncode != 0:
        raise SystemExit(f"scripts/admin {' '.join(words)}: {told.stderr}")
    return json.loads(told.stdout)
