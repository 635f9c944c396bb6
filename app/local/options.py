"""The arguments of scripts/run."""

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from app.local.processes import ROOT

DATA_DIR = ROOT / ".stockline"


@dataclass(frozen=True)
class Options:
    """None means: the environment's, or the setting's default."""

    demo: bool
    once: bool
    port: int | None
    workers: int | None
    data_dir: Path

    @classmethod
    def parse(cls, arguments: Sequence[str] | None = None) -> Self:
        """From the command line; exits with 2 and the usage when it is wrong."""
        parser = argparse.ArgumentParser(
            prog="scripts/run", description="Start the whole system on this machine; Ctrl-C stops it."
        )
        parser.add_argument(
            "--once", action="store_true", help="start, run the demo, stop; non-zero on failure"
        )
        parser.add_argument(
            "--no-demo", action="store_true", help="an empty system; one JSON line on stdout when it serves"
        )
        parser.add_argument(
            "--port", type=_port, help="of the web server (default: PORT, else 8000; 0: any free)"
        )
        parser.add_argument("--data-dir", type=Path, default=DATA_DIR, help=f"default: {DATA_DIR}")
        parser.add_argument(
            "--workers", type=_count, help="feed worker processes (default: WORKER_PROCESSES, else 2)"
        )
        given = parser.parse_args(arguments)
        return cls(
            demo=not given.no_demo,
            once=given.once,
            port=given.port,
            workers=given.workers,
            data_dir=Path(os.path.abspath(given.data_dir)),  # noqa: PTH100 - resolve() would follow a link
        )


def _port(text: str) -> int:
    if text.isdigit() and int(text) < 65536:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a port number between 0 and 65535")


def _count(text: str) -> int:
    if text.isdigit() and 1 <= int(text) <= 64:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a number between 1 and 64")
