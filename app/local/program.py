"""One process to be kept alive: what to run, as whom, and how it is stopped."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from app.local.account import Account

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def _nothing() -> None:
    """For programs that need no preparation."""


@dataclass(frozen=True)
class Program:
    """A command with its surroundings. `prepare` runs before every start, in the parent.

    Later stages are stopped first: the engines are stage 0.
    """

    name: str
    argv: tuple[str, ...]
    cwd: Path
    log: Path | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    account: Account | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_s_max: float = 25.0
    stage: int = 1
    prepare: Callable[[], None] = _nothing


def spawn(program: Program) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own, its output appended to its log, or on our own if it has none.

    Call it from the main thread: the kernel sends the death signal when the starting *thread* ends.
    """
    program.prepare()
    user, group, groups = program.account.identity if program.account else (None, None, None)
    with _output(program) as log:
        return subprocess.Popen(
            program.argv,
            cwd=program.cwd,
            env=dict(program.env),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            user=user,
            group=group,
            extra_groups=groups,
            preexec_fn=_die_with_parent(program.stop_signal),  # noqa: PLW1509 - the main thread starts, no other runs
        )


def _output(program: Program) -> AbstractContextManager[IO[bytes] | None]:
    if program.log is None:
        return nullcontext()
    program.log.parent.mkdir(parents=True, exist_ok=True)
    return program.log.open("ab")


def _die_with_parent(death_signal: signal.Signals) -> Callable[[], None]:
    """Ask the kernel to stop the child when we are gone, kill -9 included.

    subprocess runs this after the change of user, which would clear the request.
    """
    parent = os.getpid()

    def in_child() -> None:
        if sys.platform == "linux":
            _libc.prctl(_PR_SET_PDEATHSIG, int(death_signal))
        if os.getppid() != parent:
            os._exit(1)

    return in_child
