"""Finds Debian's Chromium, or installs it where that may be done."""

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome")
LOCK = Path("/var/tmp/stockline-chromium.lock")
# In seconds, together less than a test may take.
STEPS = ((60.0, ["update"]), (220.0, ["install", "-y", "chromium"]))
# Without these it looks for hosts of its maker, at every start.
QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)


class MissingError(Exception):
    """Why there is none."""


def find(patience: float = 1.0) -> str:
    """The path of the browser; raises MissingError. `patience` multiplies how long the installation may take."""
    return _found() or _installed(patience)


def options() -> list[str]:
    """Its arguments; root runs it without the sandbox, which refuses root."""
    return [*QUIET, *(["--no-sandbox"] if os.geteuid() == 0 else [])]


def _found() -> str | None:
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def _installed(patience: float) -> str:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise MissingError(
            "no Chromium on PATH, and only root on Debian installs it: apt-get install chromium"
        )
    with LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if path := _found():  # another worker was faster
            return path
        for seconds_max, words in STEPS:
            _run(["apt-get", "-qq", *words], seconds_max * patience)
    if path := _found():
        return path
    raise MissingError("apt-get installed chromium and none is on PATH")


def _run(command: list[str], seconds_max: float) -> None:
    environ = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command, env=environ, capture_output=True, text=True, timeout=seconds_max, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise MissingError(f"{' '.join(command)} took longer than {seconds_max} s") from error
    if done.returncode != 0:
        raise MissingError(f"{' '.join(command)}: {done.stderr.strip()[-300:]}")
