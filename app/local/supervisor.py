"""Keeps processes alive: restarts what dies, stops everything in order."""

import os
import re
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from types import FrameType

from app.local.errors import LocalError
from app.local.program import Program, spawn

STABLE_S = 5.0
RESTART_DELAY_S = 0.1
RESTART_DELAY_S_MAX = 2.0
QUICK_DEATHS_MAX = 3
EX_CONFIG = 78
TICK_S = 0.05
LAST_LINES = 100
NAMES_AN_ERROR = re.compile(r"stockline: |FATAL|[\w.]*(Error|Exception)\b")


class StopRequested(Exception):  # noqa: N818 - a wish, not an error
    """Ctrl-C or SIGTERM arrived."""


@dataclass
class Kept:
    """A program with its present process."""

    program: Program
    process: subprocess.Popen[bytes]
    started_at: float
    quick_deaths: int = 0
    restart_at: float | None = None


@dataclass
class Supervisor:
    """Lives in the main thread; every start, restart and wait passes through `tick`."""

    say: Callable[[str], None]
    on_change: Callable[["Supervisor"], None] = lambda _: None
    kept: dict[str, Kept] = field(default_factory=dict)
    stop_requests: int = 0

    def listen(self) -> None:
        """Take over the signals: each wakes `tick` through a pipe, whenever it comes."""
        self._wake_reader, wake_writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(wake_writer, warn_on_full_buffer=False)
        for wish in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(wish, self._note_stop)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def _note_stop(self, _signal: int, _frame: FrameType | None) -> None:
        self.stop_requests += 1

    def keep(self, program: Program) -> None:
        """Start a program and restart it from now on."""
        self.kept[program.name] = Kept(program, spawn(program), time.monotonic())
        self.on_change(self)

    def wait_for(self, condition: Callable[[], bool], what: str, seconds_max: float) -> None:
        """Keep everything alive until the condition holds; LocalError when it cannot or takes too long."""
        deadline = time.monotonic() + seconds_max
        while not condition():
            self.check_health()
            if time.monotonic() > deadline:
                raise LocalError(f"{what} is not there after {seconds_max:.0f} s: see the logs")
            self.tick(TICK_S)

    def check_health(self) -> None:
        """During the start: a program that keeps dying will not come up by itself."""
        for one in self.kept.values():
            code = one.process.returncode
            if one.restart_at is not None and (one.quick_deaths >= QUICK_DEATHS_MAX or code == EX_CONFIG):
                raise LocalError(
                    f"{one.program.name} stopped with exit code {code}: {last_words(one.program)}"
                )

    def keep_until_stopped(self) -> None:
        """The supervisor's life after the start; returns when somebody wants it to end."""
        try:
            while True:
                self.tick(1.0)
        except StopRequested:
            return

    def run_once(self, program: Program) -> int:
        """Run a program to its end beside the kept ones; its exit code."""
        process = spawn(program)
        try:
            while (code := process.poll()) is None:
                self.tick(1.0)
        finally:
            end([Kept(program, process, 0.0)], impatient=lambda: self.stop_requests > 1)
        return code

    def tick(self, timeout_s: float) -> None:
        """Sleep until something happens, then put it right; StopRequested when asked to end."""
        due = [one.restart_at - time.monotonic() for one in self.kept.values() if one.restart_at is not None]
        select.select([self._wake_reader], [], [], max(0.0, min([timeout_s, *due])))
        with suppress(BlockingIOError):
            os.read(self._wake_reader, 4096)
        if self.stop_requests:
            raise StopRequested
        for one in self.kept.values():
            self._care_for(one)

    def _care_for(self, one: Kept) -> None:
        now = time.monotonic()
        if one.restart_at is None and one.process.poll() is not None:
            self._note_death(one, now)
        if one.restart_at is not None and now >= one.restart_at:
            one.process, one.started_at, one.restart_at = spawn(one.program), now, None
            self.on_change(self)

    def _note_death(self, one: Kept, now: float) -> None:
        kill_group(one.process.pid)
        one.quick_deaths = one.quick_deaths + 1 if now - one.started_at < STABLE_S else 0
        delay = min(RESTART_DELAY_S_MAX, RESTART_DELAY_S * 2**one.quick_deaths)
        one.restart_at = now + delay
        self.say(f"{one.program.name} ended with exit code {one.process.returncode}; starting it again")

    def stop(self) -> None:
        """End the programs in the opposite order of their stages; a further signal makes it impatient."""
        patience = max(1, self.stop_requests)
        for stage in sorted({one.program.stage for one in self.kept.values()}, reverse=True):
            end(
                [one for one in self.kept.values() if one.program.stage == stage],
                impatient=lambda: self.stop_requests > patience,
            )


def end(programs: Iterable[Kept], impatient: Callable[[], bool]) -> None:
    """Signal all at once, wait for each as long as it may take, then kill what is left of its group."""
    alive = [one for one in programs if one.process.poll() is None]
    for one in alive:
        one.process.send_signal(one.program.stop_signal)
    deadline = time.monotonic() + max((one.program.stop_s_max for one in alive), default=0.0)
    for one in alive:
        while one.process.poll() is None and time.monotonic() < deadline and not impatient():
            time.sleep(TICK_S)
        kill_group(one.process.pid)
        one.process.wait()


def kill_group(leader: int) -> None:
    """End what a process started: children outlive a leader that is killed."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return


def last_words(program: Program) -> str:
    """The last line in which a program names an error, else its last line; and where the others are."""
    if program.log is None or not program.log.exists():
        return "no output"
    lines = program.log.read_text(errors="replace").strip().splitlines() or ["no output"]
    named = [line for line in lines[-LAST_LINES:] if NAMES_AN_ERROR.match(line)]
    return f"{(named or lines)[-1]} (log: {program.log})"
