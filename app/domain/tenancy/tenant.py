"""Who a caller is: the tenant, its settings and the features its type brings."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from app.domain.errors import FeatureNotAvailableError


class TenantType(StrEnum):
    """The commercial shapes. A type gates features, never isolation."""

    STANDARD = "STANDARD"
    MANUFACTURER = "MANUFACTURER"
    RESELLER = "RESELLER"
    HYBRID = "HYBRID"
    RETAIL = "RETAIL"
    DISTRIBUTOR = "DISTRIBUTOR"
    DATA_PROVIDER = "DATA_PROVIDER"


class Feature(StrEnum):
    """What only some tenant types have."""

    LOCATION_STOCK = "location-stock"
    STOCK_SHARING = "stock-sharing"
    PUSH_FOR_OTHERS = "push-for-others"


FEATURES: dict[Feature, frozenset[TenantType]] = {
    Feature.LOCATION_STOCK: frozenset({TenantType.RETAIL, TenantType.HYBRID}),
    Feature.STOCK_SHARING: frozenset({TenantType.RESELLER, TenantType.HYBRID}),
    Feature.PUSH_FOR_OTHERS: frozenset({TenantType.DISTRIBUTOR}),
}


class Scope(StrEnum):
    """What a key may call."""

    STOREFRONT = "storefront"
    INTEGRATIONS = "integrations"


@dataclass(frozen=True, slots=True)
class Tenant:
    """A customer and its settings; a None means that the platform's default holds."""

    id: UUID
    name: str
    type: TenantType
    active: bool = True
    allowed_domains: tuple[str, ...] = ()
    low_stock_threshold: int = 10
    safety_stock: int = 0
    currency: str = "EUR"
    mapbox_token: str = ""
    shrink_guard_percent: Decimal | None = None
    echo_guard_s: int = 300
    feed_wait_s: float | None = None
    expected_interval_s: int = 86400
    new_product_status: str = "ACTIVE"
    rate_limit_per_s: float | None = None
    rate_limit_burst: int | None = None

    def require(self, feature: Feature) -> None:
        """Raise FeatureNotAvailableError unless the tenant's type has the feature."""
        if self.type not in FEATURES[feature]:
            raise FeatureNotAvailableError(
                f"{feature} is not available to a {self.type} tenant; "
                f"it needs one of {', '.join(sorted(FEATURES[feature]))}",
            )

    def stock_level(self, stock: int) -> str:
        """Out = 0, low = 1 … threshold - 1, in-stock from the threshold on."""
        if stock <= 0:
            return "out"
        return "low" if stock < self.low_stock_threshold else "in-stock"


@dataclass(frozen=True, slots=True)
class Principal:
    """An authenticated caller: one live key of one active tenant, or one of its people.

    `network_version`: of the tenant's dealers and of what others share with it, as the sign-in read it.
    """

    key_id: UUID | None
    tenant: Tenant
    scopes: frozenset[Scope]
    network_version: int = 0
    person: str = ""

    @property
    def name(self) -> str:
        """As histories have it."""
        return self.person or f"key {self.key_id}"
