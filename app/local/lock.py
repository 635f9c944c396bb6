"""One system per data directory."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.local.errors import LocalError


@contextmanager
def sole_user_of(data_dir: Path) -> Iterator[None]:
    """Hold the data directory; the kernel lets go of it however we end."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        file = (data_dir / "lock").open("a+")
    except OSError as error:
        raise LocalError(
            f"cannot write to {data_dir} ({error.strerror}): name a directory of yours with --data-dir"
        ) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip()
            raise LocalError(
                f"a system already runs on {data_dir} (process {holder}): stop it, or name another --data-dir"
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
