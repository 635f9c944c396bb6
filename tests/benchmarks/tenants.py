"""Tenants with a catalog, made the way an operator makes them."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.system import System

PARTS = 20_000


@dataclass(frozen=True)
class Tenant:
    """A tenant and its key."""

    id: str
    key: str

    @property
    def headers(self) -> dict[str, str]:
        """What authenticates a request."""
        return {"X-API-Key": self.key, "Content-Type": "application/json"}


def create(system: System, name: str) -> Tenant:
    """One that sells nothing yet."""
    made = system.admin("tenant", "create", "--name", name, "--type", "STANDARD")
    return Tenant(made["tenantId"], made["apiKey"])


def part_number(index: int) -> str:
    """The index-th part, from 0."""
    return f"BENCH-{index:07d}"


def write_catalog(path: Path, indexes: Sequence[int]) -> None:
    """A manufacturer's file."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("partNumber", "name", "description", "brand", "category", "weightKg"))
        for index in indexes:
            description = f"<p>Part {index} of a snowmobile's drivetrain, for all models since 2004.</p>"
            writer.writerow(
                (part_number(index), f"Drive belt {index}", description, "Fjellrad", "Drivetrain", "1.25")
            )


class Tenants:
    """The benchmarks' tenants, made when first asked for: each sells the same 20,000 central parts."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._made: list[Tenant] = []

    def first(self, count: int) -> list[Tenant]:
        """`count` tenants, the same every time."""
        if not self._made:
            catalog = self._system.data_dir / "catalog.csv"
            write_catalog(catalog, range(PARTS))
            self._system.admin("catalog", "import", str(catalog))
        missing = count - len(self._made)
        for _ in range(missing):
            tenant = create(self._system, f"Bench {len(self._made)}")
            self._system.admin("catalog", "activate", "--tenant", tenant.id, "--all")
            self._made.append(tenant)
        if missing > 0:
            settle(self._system)
        return self._made[:count]


def settle(system: System) -> None:
    """Vacuum and analyse now, so that autovacuum does not in the middle of a round."""
    with system.owner() as connection:
        connection.execute("VACUUM ANALYZE")
