"""Gives every script its environment: makes or mends `.venv`, then runs the script's module inside it.

Only the standard library, and only syntax that an old Python can read up to the sentence that turns it away.
"""

import contextlib
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
MARKER = VENV / ".installing"  # lies there while pip writes: what a kill leaves is made anew
RUNTIME, DEVELOPMENT = "requirements.txt", "requirements-dev.txt"  # the second holds all of the first
PYTHON_MIN = (3, 11)
PROGRESS_EVERY_S = 15


class SetupError(Exception):
    """One line that says what is missing and how to mend it."""


def enter(module: str, requirements: str = RUNTIME) -> None:
    """Run `module.main()` inside the environment; what it returns is the exit code."""
    name = f"scripts/{Path(sys.argv[0]).name}"
    try:
        _check_python()
        if not _is_current(requirements):
            _make_current(requirements, name)
    except SetupError as error:
        sys.exit(f"{name}: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
    if not _inside():
        os.execv(PYTHON, [str(PYTHON), str(ROOT / name), *sys.argv[1:]])  # noqa: S606 - this process becomes the other
    sys.path[0] = str(ROOT)
    sys.exit(importlib.import_module(module).main())


def _check_python() -> None:
    if sys.version_info < PYTHON_MIN:
        raise SetupError(
            f"Python 3.11 or newer is needed and {sys.executable} is {sys.version.split()[0]}: put a newer python3"
            " first on PATH"
        )


def _inside() -> bool:
    return Path(sys.prefix).exists() and VENV.exists() and Path(sys.prefix).samefile(VENV)


def _stamp(requirements: str) -> Path:
    return VENV / f".{requirements}.stamp"


def _digest(requirements: str) -> str:
    """The requirements and the interpreter: a change of either calls for a look by pip."""
    interpreter = PYTHON.resolve()
    content = (ROOT / requirements).read_bytes() + str(interpreter).encode()
    return hashlib.sha256(content + str(interpreter.stat().st_mtime_ns).encode()).hexdigest()


def _is_current(requirements: str) -> bool:
    try:
        return os.access(PYTHON, os.X_OK) and _stamp(requirements).read_text() == _digest(requirements)
    except OSError:
        return False


def _make_current(requirements: str, name: str) -> None:
    """Under a lock, since two scripts may start at once; the second finds the work done."""
    try:
        with Path(__file__).open() as lock:
            _hold(lock.fileno(), name)
            if not _is_current(requirements):
                _install(requirements, name, lock.fileno())
    except OSError as error:
        raise SetupError(
            f"cannot write {error.filename or VENV} ({error.strerror}): run it as the owner of {ROOT}, or from a"
            " copy of your own"
        ) from error


def _hold(lock: int, name: str) -> None:
    import fcntl

    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        _say(name, "waiting for another script that is installing")
        fcntl.flock(lock, fcntl.LOCK_EX)


def _install(requirements: str, name: str, lock: int) -> None:
    VENV.mkdir(exist_ok=True)
    broken = MARKER.exists() or not _has_pip()
    MARKER.touch()
    if broken:
        _say(name, f"making the environment {VENV}")
        _make_venv(lock, name)
    _say(name, f"installing {requirements} (a minute, once)")
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
    _run([*pip, "--require-hashes", "--no-deps", "-r", str(ROOT / requirements)], lock, name)
    for satisfied in {requirements, RUNTIME}:
        _stamp(satisfied).write_text(_digest(satisfied))
    MARKER.unlink()


def _has_pip() -> bool:
    if not os.access(PYTHON, os.X_OK):
        return False
    asked = subprocess.run([str(PYTHON), "-m", "pip", "--version"], capture_output=True, check=False)
    return asked.returncode == 0


def _make_venv(lock: int, name: str) -> None:
    for module in ("venv", "ensurepip"):
        if importlib.util.find_spec(module) is None:
            version = ".".join(map(str, sys.version_info[:2]))
            raise SetupError(
                f"this Python has no {module}: install it (Debian: apt-get install python{version}-venv)"
            )
    for old in VENV.iterdir():
        if old.is_dir() and not old.is_symlink():
            shutil.rmtree(old)
        elif old != MARKER:
            old.unlink()
    _run([getattr(sys, "_base_executable", sys.executable), "-m", "venv", str(VENV)], lock, name)


def _run(command: "list[str]", lock: int, name: str) -> None:
    """Quiet while it works, its own words when it fails. It inherits the lock and so holds it if we are killed."""
    environ = {**os.environ, "PIP_USER": "0"}
    started = time.monotonic()
    with subprocess.Popen(
        command, env=environ, pass_fds=[lock], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        output = None
        while output is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                output, _ = process.communicate(timeout=PROGRESS_EVERY_S)
            if output is None:
                _say(name, f"still installing after {time.monotonic() - started:.0f} s")
    if process.returncode != 0:
        lines = [line for line in output.splitlines() if line.strip() and not line.startswith("WARNING: ")]
        words = (
            "\n".join(lines[-20:]) or f"{command[2]} ended with exit code {process.returncode}: run it again"
        )
        raise SetupError(f"the environment could not be made: {words}")


def _say(name: str, line: str) -> None:
    print(f"{name}: {line}", file=sys.stderr, flush=True)
