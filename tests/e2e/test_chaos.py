"""40 kills from one seed: nothing that was accepted is lost, and nothing old goes over anything new."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.running import ROOT, environment

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("systems"), pytest.mark.timeout(600)]
KILLS = 40
SEED = 20261121


def test_forty_kills_lose_no_accepted_row_and_put_no_older_value_over_a_newer_one(tmp_path: Path):
    report = tmp_path / "report.json"
    told = subprocess.run(
        [
            *(sys.executable, str(ROOT / "scripts" / "chaos")),
            *("--kills", str(KILLS), "--seed", str(SEED), "--json", str(report)),
        ],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.stdout.startswith(f"seed {SEED}\n")
    assert told.returncode == 0, told.stderr
    found = json.loads(report.read_text())
    assert found["kills"] == KILLS
    assert found["broken"] == []
    assert found["rows"] > 100_000
    assert found["progressS"]["p99"] <= 30
