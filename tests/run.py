"""scripts/test: pytest over the whole tree, on two processes unless told otherwise."""

import os
import sys
from pathlib import Path

import pytest

from tests.browser import chromium

ROOT = Path(__file__).resolve().parent.parent
PROCESSES = ("-n", "2", "--dist", "loadgroup")
CHOSEN = ("-n", "--numprocesses", "--dist", "--pdb", "--trace")
PATIENCE = 5.0


def main() -> int:
    """From the repository's root, wherever it was called from."""
    os.chdir(ROOT)
    if os.environ.get("CI"):
        install_browser()
    arguments = sys.argv[1:]
    chosen = any(argument.startswith(CHOSEN) for argument in arguments)
    return int(pytest.main([*([] if chosen else PROCESSES), *arguments]))


def install_browser() -> None:
    """Before the tests' time begins to count; what went wrong is told here, and by the tests that need it."""
    try:
        print(f"scripts/test: the browser is {chromium.find(PATIENCE)}", flush=True)
    except chromium.MissingError as missing:
        print(f"scripts/test: {missing}", file=sys.stderr, flush=True)
