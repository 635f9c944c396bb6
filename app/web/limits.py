"""How often a tenant may call: one bucket for integrations, one 25 times as large for storefront reads."""

from typing import Final

from app.bootstrap import Container
from app.domain.tenancy.tenant import Scope, Tenant
from app.web.errors import HttpError

STOREFRONT_FACTOR: Final = 25
_STOREFRONT_ALLOTMENT: Final = 50


def spend(here: Container, tenant: Tenant, scope: Scope) -> None:
    """Take one of the tenant's tokens, or raise 429 with the seconds to wait."""
    rate = tenant.rate_limit_per_s or here.settings.rate_limit_per_s
    burst = tenant.rate_limit_burst or here.settings.rate_limit_burst
    wanted = 1
    if scope is Scope.STOREFRONT:
        rate, burst, wanted = rate * STOREFRONT_FACTOR, burst * STOREFRONT_FACTOR, _STOREFRONT_ALLOTMENT
    wait_s = here.rate_limiter.take(scope, tenant.id, rate_per_s=rate, burst=burst, wanted=wanted)
    if wait_s:
        raise HttpError(
            429,
            "rate_limited",
            f"over the limit of {rate:g} requests a second; try again in {wait_s} s",
            headers={"Retry-After": str(wait_s)},
        )
