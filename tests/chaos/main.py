"""scripts/chaos: seeded faults over the real system, and a reckoning that names the seed when a promise broke."""

import argparse
import json
import secrets
import shutil
import sys
import tempfile
from pathlib import Path

from tests.chaos.run import run

KILLS = 40


def main() -> int:
    given = _arguments()
    seed = secrets.randbelow(2**32) if given.seed is None else given.seed
    print(f"seed {seed}", flush=True)
    directory = Path(tempfile.mkdtemp(prefix="stockline-chaos-", dir="/var/tmp"))
    directory.chmod(0o755)
    report = run(given.kills, seed, directory, _say)
    told = report.as_json()
    if given.json:
        given.json.write_text(json.dumps(told, indent=2))
    print(json.dumps(told, indent=2))
    if not report.findings.broken:
        shutil.rmtree(directory, ignore_errors=True)
        return 0
    _say(f"seed {seed} broke {len(report.findings.broken)} promises; journal and logs are in {directory}:")
    for sentence in report.findings.broken:
        _say(f"  {sentence}")
    return 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/chaos", description="Kill everything, and lose nothing.")
    parser.add_argument("--kills", type=int, default=KILLS, help=f"default: {KILLS}")
    parser.add_argument(
        "--seed", type=int, help="of faults and clients; random, and printed first, unless given"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the report there too")
    return parser.parse_args()


def _say(line: str) -> None:
    print(f"scripts/chaos: {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
