"""The demo's supplier: made in the simulator, described as any other, and read."""

import json
from pathlib import Path
from typing import Final

import httpx

from app.local.demo import catalog
from app.local.demo.operator import Operator
from app.local.demo.tenants import DemoTenant
from app.local.errors import LocalError

CODE: Final = "north-parts"
SKUS: Final = 120
_PAGE: Final = 50
_WORDS: Final = ("sold out", "in stock")


def read_supplier(data_dir: Path, operator: Operator, tenant: DemoTenant, url: str) -> None:
    """Its stock by OAuth 2, in JSON, over pages; LocalError when it could not be read."""
    parts = {f"NP-{number:03}": catalog.part_number(number) for number in range(SKUS)}
    with httpx.Client(base_url=url, trust_env=False, timeout=10) as http:
        _made(http, {sku: _stock(number) for number, sku in enumerate(parts)})
        told = http.get(f"/_sim/suppliers/{CODE}/file").raise_for_status().json()
    file = data_dir / "demo-supplier.json"
    file.write_text(json.dumps({**told, "name": "North Parts", "skus": parts}), encoding="utf-8")
    file.chmod(0o600)  # the supplier's secret is in it
    supplier = operator.run("supplier", "apply", "--tenant", tenant.tenant_id, str(file))["supplierId"]
    poll = operator.run("supplier", "poll", "--supplier", supplier)
    if poll["outcome"] not in {"applied", "unchanged"}:
        raise LocalError(f"the supplier {CODE} could not be read: {json.dumps(poll)}")
    print(
        f"Supplier North Parts, by OAuth 2 and pages of {_PAGE}: {poll['rows']} SKUs read, {poll['outcome']}"
    )


def _made(http: httpx.Client, items: dict[str, int | str]) -> None:
    made = {"code": CODE, "format": "nested", "auth": "oauth2", "pagination": "cursor", "pageSize": _PAGE}
    http.post("/_sim/suppliers", json={**made, "items": items}).raise_for_status()


def _stock(number: int) -> int | str:
    """Most in plenty, some low, and a few in words."""
    return _WORDS[number % 2] if number % 20 < 2 else number % 40
