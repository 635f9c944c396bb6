"""100,000 parts through the operator's command line, beside a bare COPY of the same file's columns."""

import csv
import time
from pathlib import Path

from tests.benchmarks.bench import Bench
from tests.benchmarks.report import Check, Section, number
from tests.benchmarks.system import System
from tests.benchmarks.tenants import PARTS, write_catalog

IMPORTED = 100_000
IMPORTED_QUICK = 20_000
WELL_UNDER_A_MINUTE_S = 30.0


def run(bench: Bench) -> Section:
    """New parts once, then the same again, which changes nothing."""
    count = IMPORTED_QUICK if bench.quick else IMPORTED
    section = Section("import", f"{count:,} new parts through scripts/admin catalog import")
    file = bench.system.data_dir / "import.csv"
    write_catalog(file, range(PARTS, PARTS + count))
    copied = _copy(bench.system, file)
    created = _import(bench.system, str(file), "created", count)
    unchanged = _import(bench.system, str(file), "unchanged", count)
    section.raw = {"COPY, s": copied, "new, s": created, "unchanged, s": unchanged, "parts": count}
    section.checks.append(
        Check(
            "seconds for 100,000 parts",
            WELL_UNDER_A_MINUTE_S,
            created * IMPORTED / count,
            unit="s",
            sense="at most",
            detail=f"{number(count / created)} parts/s, bare COPY into a plain table {number(count / copied)}",
        )
    )
    section.notes.append(f"the same file again, nothing changed: {number(unchanged)} s")
    return section


def _import(system: System, file: str, counted_as: str, count: int) -> float:
    began = time.perf_counter()
    answer = system.admin("catalog", "import", file)
    seconds = time.perf_counter() - began
    if answer[counted_as] != count:
        raise RuntimeError(f"the import answered {answer}")
    return seconds


def _copy(system: System, file: Path) -> float:
    """Rows parsed by Python, as the import's are, into a table with the same key."""
    began = time.perf_counter()
    with system.owner() as owner, owner.transaction(), file.open(newline="", encoding="utf-8") as lines:
        owner.execute("CREATE SCHEMA IF NOT EXISTS bench")
        owner.execute("""
            CREATE TABLE bench.plain_part (
                part_number text PRIMARY KEY, name text, description text, brand text, category text, weight_kg numeric)
        """)
        with owner.cursor().copy("COPY bench.plain_part FROM STDIN") as copy:
            for row in list(csv.reader(lines))[1:]:
                copy.write_row(row)
    return time.perf_counter() - began
