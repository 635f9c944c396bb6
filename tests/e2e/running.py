"""scripts/run as a caller starts it: a command, a line of JSON, a signal."""

import http.client
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil

ROOT = Path(__file__).resolve().parents[2]
READY_S_MAX = 60.0
DEMO_S_MAX = 120.0
STOP_S_MAX = 30.0
SETTINGS = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "BROKER_URL", "PORT", "WEB_CONCURRENCY")


def command(*arguments: str, script: str = "run") -> list[str]:
    return [sys.executable, str(ROOT / "scripts" / script), *arguments]


def environment(**changes: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    return {**kept, "WEB_CONCURRENCY": "1", **changes}


def eventually(holds: Callable[[], bool], seconds_max: float) -> float:
    """The seconds it took; fails at the deadline."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < seconds_max, f"not so within {seconds_max} s"
        threading.Event().wait(0.02)
    return time.monotonic() - began


@dataclass
class Running:
    process: subprocess.Popen[str]
    data_dir: Path
    ready: dict[str, Any]

    @property
    def record(self) -> dict[str, Any]:
        return dict(json.loads((self.data_dir / "system.json").read_text()))

    def status(self, path: str = "/readyz") -> int:
        connection = http.client.HTTPConnection(urlsplit(self.ready["url"]).netloc, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except OSError:
            return 0
        finally:
            connection.close()

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(how)
        code = self.process.wait(STOP_S_MAX)
        self.close()
        return code

    def kill_everything(self) -> None:
        """The supervisor first, so that it cannot mend; then all the others at once."""
        family = self.family()
        self.process.kill()
        self.process.wait()
        for one in family:
            if one.is_running():
                one.kill()
        psutil.wait_procs(family, timeout=10)
        self.close()

    def close(self) -> None:
        if self.process.stdout:
            self.process.stdout.close()


def start(data_dir: Path, *arguments: str, env: dict[str, str] | None = None) -> Running:
    words = command("--no-demo", "--port", "0", "--workers", "1", "--data-dir", str(data_dir), *arguments)
    return await_ready(words, data_dir, env or environment())


def start_with_demo(data_dir: Path) -> Running:
    """With the shops; it says on stdout when the demo is through."""
    told = data_dir.with_suffix(".stdout")
    words = [*command("--port", "0", "--workers", "1"), "--data-dir", str(data_dir)]
    with told.open("w") as out:
        process = subprocess.Popen(words, env=environment(), cwd="/", stdout=out, stderr=out, text=True)
    running = Running(process, data_dir, {})
    eventually(lambda: "Stockline is up" in told.read_text() or process.poll() is not None, DEMO_S_MAX)
    assert process.poll() is None, told.read_text()
    running.ready = running.record
    return running


def await_ready(words: Sequence[str], data_dir: Path, env: dict[str, str]) -> Running:
    log = data_dir.with_suffix(".stderr")
    with log.open("w") as stderr:
        process = subprocess.Popen(words, env=env, cwd="/", stdout=subprocess.PIPE, stderr=stderr, text=True)
    assert process.stdout
    readable, _, _ = select.select([process.stdout], [], [], READY_S_MAX)
    line = process.stdout.readline() if readable else ""
    if not line:
        process.terminate()
        process.wait(STOP_S_MAX)
        process.stdout.close()
        raise AssertionError(f"not ready: {log.read_text()}")
    return Running(process, data_dir, json.loads(line))
