"""The demo's tenants, made once per data directory with the operator's own commands."""

import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from app.local.credentials import write_private
from app.local.errors import LocalError
from app.local.processes import ROOT

FILE = "demo.json"
NAMES = (("Nordlys Powersport", "RETAIL"), ("Kestrel Motor Works", "MANUFACTURER"))


@dataclass(frozen=True)
class DemoTenant:
    """A tenant and the key that signs in for it."""

    name: str
    tenant_id: str
    api_key: str


@dataclass(frozen=True)
class Operator:
    """scripts/admin on the system of one data directory."""

    data_dir: Path

    def run(self, *words: str) -> dict[str, Any]:
        """One command's JSON document; LocalError with its own words when it fails."""
        command = [sys.executable, "-m", "app.admin.main", "--data-dir", str(self.data_dir), *words]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise LocalError(f"scripts/admin {' '.join(words)}: {done.stderr.strip() or done.returncode}")
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    def create(self, name: str, kind: str) -> DemoTenant:
        """A new tenant with its first key."""
        made = self.run("tenant", "create", "--name", name, "--type", kind)
        return DemoTenant(name, made["tenantId"], made["apiKey"])


def remembered(data_dir: Path) -> list[DemoTenant]:
    """Those of an earlier demo on this data directory, if any."""
    try:
        return [DemoTenant(**one) for one in json.loads((data_dir / FILE).read_text())]
    except (OSError, ValueError, TypeError):
        return []


def remember(data_dir: Path, tenants: list[DemoTenant]) -> None:
    """For the next demo; the file holds keys."""
    write_private(data_dir / FILE, json.dumps([asdict(one) for one in tenants], indent=2))
