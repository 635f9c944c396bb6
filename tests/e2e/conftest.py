"""Whole systems under the tests; a test that fails leaves none behind."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.e2e.running import Running, start


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A directory whose path every user may walk."""
    parent = Path(tempfile.mkdtemp(prefix="stockline-e2e-", dir="/var/tmp"))
    parent.chmod(0o755)
    yield parent / "data dir"
    shutil.rmtree(parent, ignore_errors=True)


@pytest.fixture
def launch() -> Iterator[Callable[..., Running]]:
    """Starts systems; ends at the test's end those that still run."""
    with ExitStack() as ends:

        def launched(*arguments, **options) -> Running:
            system = start(*arguments, **options)
            ends.callback(lambda: system.process.poll() is None and system.stop())
            return system

        yield launched
