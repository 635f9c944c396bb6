"""The demo's requests, as ERPs and storefronts send them."""

import json
import time
from dataclasses import dataclass
from typing import Any

import httpx

from app.local.demo.tenants import DemoTenant
from app.local.errors import LocalError

APPLIED_S_MAX = 60.0
POLL_S = 0.05
Rows = list[dict[str, object]]


@dataclass(frozen=True)
class Calls:
    """To the web server of one system."""

    http: httpx.Client

    @property
    def url(self) -> str:
        """The web server's address."""
        return str(self.http.base_url).rstrip("/")

    def get(self, tenant: DemoTenant, path: str) -> httpx.Response:
        """One read with the tenant's key."""
        return self.http.get(path, headers=_key(tenant))

    def signs_in(self, tenant: DemoTenant) -> bool:
        """Whether the database behind the system knows the tenant's key."""
        return self.get(tenant, "/api/integrations/activity").status_code == 200

    def feed(self, tenant: DemoTenant, kind: str, rows: Rows) -> tuple[int, dict[str, Any]]:
        """Post a feed and hold its answer to what was sent; the status and the counters."""
        answer = self.http.post(f"/api/integrations/{kind}", json=rows, headers=_key(tenant))
        result = self._outcome(tenant, answer)
        if result["received"] != len(rows) or result["updated"] != len(rows):
            raise LocalError(
                f"the {kind} of {len(rows)} rows did not update {len(rows)}: {json.dumps(result)}"
            )
        return answer.status_code, result

    def _outcome(self, tenant: DemoTenant, answer: httpx.Response) -> dict[str, Any]:
        """The 200's counters, or the result behind a 202 once there is one."""
        body: dict[str, Any] = answer.raise_for_status().json()
        deadline = time.monotonic() + APPLIED_S_MAX
        while answer.status_code == 202:
            state = self.get(tenant, body["statusUrl"]).raise_for_status().json()
            if state["result"]:
                return dict(state["result"])
            if state["status"] == "failed" or time.monotonic() > deadline:
                raise LocalError(f"the feed was not applied: {json.dumps(state)}")
            time.sleep(POLL_S)
        return body

    def post(self, tenant: DemoTenant, path: str, body: dict[str, object]) -> httpx.Response:
        """One order with the tenant's key."""
        return self.http.post(path, json=body, headers=_key(tenant))


def _key(tenant: DemoTenant) -> dict[str, str]:
    return {"X-API-Key": tenant.api_key}
