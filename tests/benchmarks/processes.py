"""Processes that the benchmarks start beside the system: peers and load generators."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from app.local.ports import LOOPBACK, free_port, is_free
from app.local.processes import ROOT
from app.local.program import Program, spawn

READY_S_MAX = 20.0
STOP_S_MAX = 10.0


@contextmanager
def running(
    name: str, argv: tuple[str, ...], env: Mapping[str, str], log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """A process for the length of a block; it dies with us, whatever kills us."""
    process = spawn(Program(name=name, argv=argv, cwd=ROOT, env={"PYTHONPATH": str(ROOT), **env}, log=log))
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_S_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def serving(
    name: str, argv_on: Callable[[str, int], tuple[str, ...]], env: Mapping[str, str], log: Path
) -> Iterator[int]:
    """A server for the length of a block; its port, once it listens."""
    port = free_port()
    with running(name, argv_on(LOOPBACK, port), env, log) as process:
        deadline = time.monotonic() + READY_S_MAX
        while is_free(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{name} does not serve: see {log}")
            time.sleep(0.05)
        yield port


def python(module: str, *arguments: str) -> tuple[str, ...]:
    """A module of this tree as a command."""
    return (sys.executable, "-m", module, *arguments)
