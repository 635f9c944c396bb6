"""scripts/test: pytest over the whole tree, on two processes unless told otherwise."""

import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROCESSES = ("-n", "2", "--dist", "loadgroup")
CHOSEN = ("-n", "--numprocesses", "--dist", "--pdb", "--trace")


def main() -> int:
    """From the repository's root, wherever it was called from."""
    os.chdir(ROOT)
    arguments = sys.argv[1:]
    chosen = any(argument.startswith(CHOSEN) for argument in arguments)
    return int(pytest.main([*([] if chosen else PROCESSES), *arguments]))
