"""What dies is started again; what is stopped stays stopped, children included."""

import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from app.local.errors import LocalError
from app.local.program import Program
from app.local.supervisor import QUICK_DEATHS_MAX, StopRequested, Supervisor, last_words

FOREVER = "import signal; signal.pause()"
WITH_CHILD = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {FOREVER!r}]); {FOREVER}"
DEAF = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); {FOREVER}"


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    handlers = {
        one: signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)
    }
    supervisor = Supervisor(say=lambda _: None)
    supervisor.listen()
    yield supervisor
    supervisor.stop()
    signal.set_wakeup_fd(-1)
    for one, handler in handlers.items():
        signal.signal(one, handler)


def program(tmp_path: Path, code: str, **changes) -> Program:
    return Program(
        name="one", argv=(sys.executable, "-c", code), cwd=tmp_path, log=tmp_path / "log", **changes
    )


def children(supervisor: Supervisor) -> list[psutil.Process]:
    return psutil.Process(supervisor.kept["one"].process.pid).children()


def test_a_killed_program_is_started_again(supervisor: Supervisor, tmp_path: Path):
    supervisor.keep(program(tmp_path, FOREVER))
    first = supervisor.kept["one"].process
    first.kill()
    supervisor.wait_for(lambda: supervisor.kept["one"].process is not first, "the second", 5)
    assert supervisor.kept["one"].process.poll() is None


def test_the_children_of_a_killed_program_do_not_outlive_it(supervisor: Supervisor, tmp_path: Path):
    supervisor.keep(program(tmp_path, WITH_CHILD))
    supervisor.wait_for(lambda: bool(children(supervisor)), "the child", 5)
    child = children(supervisor)[0]
    first = supervisor.kept["one"].process
    first.kill()
    supervisor.wait_for(lambda: supervisor.kept["one"].process is not first, "the second", 5)
    psutil.wait_procs([child], timeout=5)
    assert not child.is_running()


def test_every_start_is_reported(supervisor: Supervisor, tmp_path: Path):
    seen = []
    supervisor.on_change = lambda it: seen.append(it.kept["one"].process.pid)
    supervisor.keep(program(tmp_path, FOREVER))
    supervisor.kept["one"].process.kill()
    supervisor.wait_for(lambda: len(seen) == 2, "the second report", 5)
    assert len(set(seen)) == 2


def test_a_program_that_keeps_dying_ends_the_start_with_its_last_words(
    supervisor: Supervisor, tmp_path: Path
):
    supervisor.keep(program(tmp_path, "import sys; sys.exit('no such table')"))
    with pytest.raises(LocalError, match=r"one stopped with exit code 1: no such table \(log: "):
        supervisor.wait_for(lambda: False, "it", 10)
    assert supervisor.kept["one"].quick_deaths == QUICK_DEATHS_MAX


def test_a_bad_configuration_ends_the_start_at_once(supervisor: Supervisor, tmp_path: Path):
    supervisor.keep(program(tmp_path, "import sys; print('bad PORT'); sys.exit(78)"))
    with pytest.raises(LocalError, match="bad PORT"):
        supervisor.wait_for(lambda: False, "it", 10)
    assert supervisor.kept["one"].quick_deaths == 1


def test_a_signal_interrupts_the_wait(supervisor: Supervisor):
    signal.raise_signal(signal.SIGTERM)
    with pytest.raises(StopRequested):
        supervisor.wait_for(lambda: False, "it", 10)


def test_what_does_not_stop_in_its_time_is_killed(supervisor: Supervisor, tmp_path: Path):
    supervisor.keep(program(tmp_path, DEAF, stop_s_max=0.2))
    supervisor.wait_for(lambda: "deaf" in (tmp_path / "log").read_text(), "the handler", 5)
    began = time.monotonic()
    supervisor.stop()
    assert time.monotonic() - began < 2
    assert supervisor.kept["one"].process.returncode == -signal.SIGKILL


def test_later_stages_stop_first(supervisor: Supervisor, tmp_path: Path):
    last_words = (
        "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit({0!r})); print(1, flush=True)"
    )
    code = last_words + "; signal.pause()"
    for name, stage in (("app", 1), ("engine", 0)):
        argv = (sys.executable, "-c", code.format(name))
        supervisor.keep(Program(name=name, argv=argv, cwd=tmp_path, log=tmp_path / "log", stage=stage))
    supervisor.wait_for(lambda: (tmp_path / "log").read_text().count("1") == 2, "both handlers", 5)
    supervisor.stop()
    assert (tmp_path / "log").read_text().split()[-2:] == ["app", "engine"]


def test_a_program_beside_the_kept_ones_runs_to_its_end(supervisor: Supervisor, tmp_path: Path):
    assert supervisor.run_once(program(tmp_path, "raise SystemExit(3)")) == 3
    assert supervisor.kept == {}


def test_the_last_words_are_the_error_not_the_goodbye(tmp_path: Path):
    one = program(tmp_path, "")
    (tmp_path / "log").write_text("Traceback\nModuleNotFoundError: No module named 'x'\n[INFO] see ya!\n")
    assert last_words(one) == f"ModuleNotFoundError: No module named 'x' (log: {tmp_path / 'log'})"
