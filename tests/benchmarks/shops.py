"""Shops of the system's simulator for the push benchmark, and tenants whose items go there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from tests.benchmarks.client import Client
from tests.benchmarks.system import System
from tests.benchmarks.tenants import Tenant, create

RATE = 100.0
"""Points a second of a standard shop."""
PLENTY = 100_000.0
SECRET = "bench-secret"

_ITEMS = """
    WITH made AS (
        INSERT INTO stock_item (tenant_id, source, part_number, stock, price)
        SELECT %(tenant)s::uuid, 'own', 'PUSH-' || n, 1, 10 FROM generate_series(1, %(count)s) n
        RETURNING id, part_number)
    INSERT INTO tenant_part (item_id, tenant_id, name, brand, description, weight_kg)
    SELECT id, %(tenant)s::uuid, 'Part ' || part_number, 'Bench', '<p>A part.</p>', 0.5 FROM made
"""
_CHANGE = "UPDATE stock_item SET stock = stock + 1, price = price + 1 WHERE tenant_id = %s"


@dataclass(frozen=True)
class Shop:
    """One tenant's shop."""

    system: System
    tenant: Tenant
    domain: str

    @classmethod
    def open(cls, system: System, name: str, items: int) -> "Shop":
        """A tenant with own parts and a connected shop that has none of them."""
        tenant = create(system, f"Push {name}")
        made = cls(system, tenant, f"bench-{name}.myshopify.com")
        with system.owner() as owner:
            owner.execute(_ITEMS, {"tenant": tenant.id, "count": items})
        made.control("", {"domain": made.domain, "clientSecret": SECRET, "restoreRate": PLENTY}, of="")
        given = ("--tenant", tenant.id, "--shop", made.domain, "--client-id", "client")
        system.admin("shopify", "connect", *given, stdin=SECRET)
        # What the shops would tell back is other work, of other processes: it is not what is measured here.
        made.control("webhooks", {"lateS": 10**9})
        return made

    def control(self, what: str, given: dict[str, Any], of: str | None = None) -> Any:
        """One order to the simulator."""
        place = f"/{self.domain}/{what}" if of is None else of
        url = f"{self.system.ready['shopifySimulatorUrl']}/_sim/shops{place}"
        return httpx.post(url, json=given, timeout=30, trust_env=False).raise_for_status().json()

    def calls(self) -> dict[str, Any]:
        """The call log with its sums."""
        url = f"{self.system.ready['shopifySimulatorUrl']}/_sim/shops/{self.domain}/calls"
        found: dict[str, Any] = httpx.get(url, timeout=60, trust_env=False).raise_for_status().json()
        return found

    def forget_calls(self) -> None:
        """Begin a new log."""
        url = f"{self.system.ready['shopifySimulatorUrl']}/_sim/shops/{self.domain}/calls"
        httpx.delete(url, timeout=60, trust_env=False).raise_for_status()

    def standard(self, *, drained: bool, others: float = 0.0) -> None:
        """From now on a standard plan's bucket: full or empty, and what other calls of the app take of it."""
        self.control("bucket", {"restoreRate": RATE, "othersRate": others, "fill": True})
        if drained:
            self.control("bucket", {"drain": RATE * 20})
        self.forget_calls()

    def change_everything(self) -> None:
        """A new price and stock for every item."""
        with self.system.owner() as owner:
            owner.execute(_CHANGE, (self.tenant.id,))

    def client(self) -> Client:
        """A portal's."""
        return Client(self.system.port, self.tenant.headers)


def clock(system: System, scale: float) -> None:
    """How fast the simulator's time goes."""
    url = f"{system.ready['shopifySimulatorUrl']}/_sim/clock"
    httpx.post(url, json={"scale": scale}, timeout=30, trust_env=False).raise_for_status()


def points(calls: Sequence[dict[str, Any]]) -> tuple[float, float]:
    """What was spent from the first call to the last, and how long that was, in the simulator's seconds."""
    paid = [one for one in calls if one["actual"]]
    return sum(one["actual"] for one in paid), paid[-1]["at"] - paid[0]["at"]
