"""The demo's tenants, made once per data directory with the operator's own commands."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from app.local.credentials import write_private
from app.local.demo.operator import Operator

FILE = "demo.json"
RETAILER = "Nordlys Powersport"
MAKERS = {
    "Kestrel Motor Works": "Kestrel Moto",
    "Fjellrad AS": "Fjellrad",
    "Boreal Sleds Oy": "Boreal Sleds",
}
"""The manufacturers, and the brand of each."""
SHOPS = (*MAKERS, RETAILER)


def slug(name: str) -> str:
    """A tenant's name as addresses and files have it: its first word."""
    return name.partition(" ")[0].lower()


@dataclass(frozen=True)
class DemoTenant:
    """A tenant, the key that signs in for it, and the one that its shop's pages show to everybody."""

    name: str
    tenant_id: str
    api_key: str
    shop_key: str = ""


Tenants = Mapping[str, DemoTenant]
"""By name."""


def make(operator: Operator, name: str) -> DemoTenant:
    """A new tenant with its first key."""
    made = operator.run("tenant", "create", "--name", name, "--type", _kind(name))
    return DemoTenant(name, made["tenantId"], made["apiKey"])


def _kind(name: str) -> str:
    if name == RETAILER:
        return "RETAIL"
    return "MANUFACTURER" if name in MAKERS else "RESELLER"


def with_shop_key(operator: Operator, tenant: DemoTenant) -> DemoTenant:
    """The tenant with a key for its shop's pages, which may do what a page needs and nothing else."""
    if tenant.shop_key or tenant.name not in SHOPS:
        return tenant
    made = operator.run("key", "create", "--tenant", tenant.tenant_id, "--scope", "storefront")
    return replace(tenant, shop_key=made["apiKey"])


def remembered(data_dir: Path) -> Tenants:
    """Those of an earlier demo on this data directory."""
    try:
        known = [DemoTenant(**one) for one in json.loads((data_dir / FILE).read_text())]
    except (OSError, ValueError, TypeError):
        return {}
    return {one.name: one for one in known}


def remember(data_dir: Path, tenants: Tenants) -> None:
    """For the next demo and for the shops; the file holds keys."""
    write_private(data_dir / FILE, json.dumps([asdict(one) for one in tenants.values()], indent=2))
