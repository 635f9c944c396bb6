"""The arguments of scripts/bench."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True)
class Options:
    """What to measure, how long, and where the raw numbers go."""

    only: tuple[str, ...]
    quick: bool
    json: Path | None

    @classmethod
    def parse(cls, names: Sequence[str], arguments: Sequence[str] | None = None) -> Self:
        """From the command line; exits with 2 and the usage when it is wrong."""
        parser = argparse.ArgumentParser(
            prog="scripts/bench",
            description="Measure the real system, each number beside its bound and its peer in the same run.",
        )
        parser.add_argument("--json", type=Path, metavar="FILE", help="write every raw number there")
        parser.add_argument(
            "--only", nargs="+", choices=names, default=(), metavar="NAME", help=f"of: {', '.join(names)}"
        )
        parser.add_argument("--quick", action="store_true", help="fewer rounds and smaller feeds: noisier")
        given = parser.parse_args(arguments)
        return cls(only=tuple(given.only), quick=given.quick, json=given.json)
