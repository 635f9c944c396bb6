"""scripts/bench: every measurement beside its bound and its peer in one run; only ratios count."""

import json
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.benchmarks import (
    feeds,
    imports,
    memory,
    nearby,
    orders,
    pickup,
    portal,
    pushes,
    reads,
    resend,
    suppliers,
)
from tests.benchmarks.bench import Bench, Benchmark
from tests.benchmarks.options import Options
from tests.benchmarks.report import Section, summary
from tests.benchmarks.system import System, started
from tests.benchmarks.tenants import Tenants
from tests.benchmarks.warm import warm

# In this order: the memory benchmark restarts processes and leaves a large table behind.
BENCHMARKS: dict[str, Benchmark] = {
    "feeds": feeds.run,
    "resend": resend.run,
    "reads": reads.run,
    "nearby": nearby.run,
    "pickup": pickup.run,
    "import": imports.run,
    "pushes": pushes.run,
    "suppliers": suppliers.run,
    "orders": orders.run,
    "portal": portal.run,
    "memory": memory.run,
}
# Open to other users: as root the engines run as a lesser one, and their data should lie inside.
PLACE = Path("/var/tmp")


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 even when a bound is missed: the table says so. 1 when a benchmark itself breaks."""
    options = Options.parse(list(BENCHMARKS), arguments)
    data_dir = Path(tempfile.mkdtemp(prefix="stockline-bench-", dir=PLACE))
    data_dir.chmod(0o755)
    began, load = time.monotonic(), os.getloadavg()[0]
    try:
        say("starting the system on durable engines")
        with started(data_dir) as system:
            sections = measure(system, options)
    except Exception:
        shutil.rmtree(data_dir / "engines", ignore_errors=True)
        say(f"a benchmark broke; the logs are in {data_dir / 'logs'}")
        raise
    shutil.rmtree(data_dir, ignore_errors=True)
    print(f"\n{summary(sections)}")
    print(
        f"took {time.monotonic() - began:.0f} s; load average {load:.1f} before, {os.getloadavg()[0]:.1f} after"
    )
    if options.json:
        options.json.write_text(json.dumps(document(sections, options, load), indent=2) + "\n")
    return 0


def measure(system: System, options: Options) -> list[Section]:
    """Each benchmark in turn, printed as soon as it is known."""
    bench = Bench(system, Tenants(system), options.quick)
    say("making tenants and warming up")
    warm(bench)
    sections = []
    for name, benchmark in BENCHMARKS.items():
        if options.only and name not in options.only:
            continue
        say(f"measuring {name}")
        section = benchmark(bench)
        sections.append(section)
        print("\n".join(section.lines()), flush=True)
    return sections


def document(sections: Sequence[Section], options: Options, load: float) -> dict[str, Any]:
    """The JSON of a run."""
    return {
        "measuredAt": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": {
            "cpus": os.cpu_count(),
            "kernel": platform.release(),
            "python": platform.python_version(),
            "loadBefore": load,
            "loadAfter": os.getloadavg()[0],
        },
        "quick": options.quick,
        "benchmarks": [section.as_json() for section in sections],
    }


def say(line: str) -> None:
    """Progress goes to stderr: stdout carries the table."""
    print(f"scripts/bench: {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
