"""`<data-dir>/system.json`: where the running system is, for scripts/admin and for the next start."""

import json
import os
from pathlib import Path
from typing import Any

import psutil

from app.local.credentials import write_private

FILE = "system.json"
MARK = "STOCKLINE_DATA_DIR"  # in every process's environment: tells ours from a stranger under a used number


def write(data_dir: Path, facts: dict[str, Any], pids: dict[str, int]) -> None:
    """Facts about the system, and which processes are its own."""
    processes = {name: _identity(pid) for name, pid in pids.items()}
    record = {**facts, "pids": {"supervisor": os.getpid(), **pids}, "processes": processes}
    write_private(data_dir / FILE, json.dumps(record, indent=2))


def forget(data_dir: Path) -> None:
    """After an orderly stop there is no system."""
    (data_dir / FILE).unlink(missing_ok=True)


def _identity(pid: int) -> dict[str, float]:
    try:
        return {"pid": pid, "createTime": psutil.Process(pid).create_time()}
    except psutil.NoSuchProcess:
        return {"pid": pid, "createTime": 0.0}


def end_orphans(data_dir: Path) -> None:
    """Kill what a killed supervisor left: call it with the data directory's lock in hand.

    PostgreSQL is left to `engines.prepare`, which asks it politely. A number that now belongs to a
    stranger is left alone: a leader must have its recorded birth, a child of a dead leader our mark.
    """
    recorded = _recorded(data_dir)
    mine = str(data_dir.resolve())
    killed = []
    for process in psutil.process_iter():
        try:
            birth = recorded.get(os.getpgid(process.pid))
            if birth is not None and (process.create_time() == birth or process.environ().get(MARK) == mine):
                process.kill()
                killed.append(process)
        except (psutil.Error, ProcessLookupError, PermissionError):
            continue
    psutil.wait_procs(killed, timeout=5)


def _recorded(data_dir: Path) -> dict[int, float]:
    """Process group to its leader's time of birth."""
    try:
        processes = json.loads((data_dir / FILE).read_text())["processes"]
        return {
            int(one["pid"]): float(one["createTime"]) for name, one in processes.items() if name != "postgres"
        }
    except (OSError, ValueError, KeyError, TypeError):
        return {}
