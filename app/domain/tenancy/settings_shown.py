"""A tenant's settings as its owners see them: what each is for, what it is now, what holds without it."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple

from app.domain.tenancy.settings import SETTINGS
from app.domain.tenancy.tenant import Tenant
from app.domain.tenancy.users import NotAllowedError


class _Words(NamedTuple):
    title: str
    explanation: str
    default: str


_WORDS: Final[Mapping[str, _Words]] = {
    "name": _Words("Company name", "As your own people and the other companies of the network see it.", ""),
    "allowedDomains": _Words(
        "Websites",
        "Hosts whose pages may call with your keys, with commas between: shop.example.com, www.example.com."
        " Without a port any port is let in.",
        "every website",
    ),
    "lowStockThreshold": _Words(
        "Low stock below",
        "Pieces. Fewer than this are shown as low and told as an alert; 0 shows nothing as low.",
        "10",
    ),
    "safetyStock": _Words(
        "Safety stock",
        "Pieces that are taken off what you share before anybody else sees any of it.",
        "0",
    ),
    "currency": _Words("Currency", "Of your prices: an ISO 4217 code such as EUR, NOK or USD.", "EUR"),
    "mapboxToken": _Words(
        "Mapbox token",
        "Public token for the map of dealers on your website. Without one visitors get the list and no map.",
        "none",
    ),
    "shrinkGuardPercent": _Words(
        "Hold a feed that loses more than",
        "Per cent of the stocked items that one feed may set to 0 before it waits for one of you.",
        "off: no feed is held",
    ),
    "echoGuardS": _Words(
        "Echo of Shopify ignored for",
        "Seconds after a push in which your shop's report of the same stock is not taken for news.",
        "300",
    ),
    "feedWaitS": _Words(
        "A feed's caller waits at most",
        "Seconds, 0 to 60, in which a call may get the result at once instead of a link to ask again.",
        "",
    ),
    "expectedIntervalS": _Words(
        "Integrations call at least every",
        "Seconds. One that is silent for longer is shown as silent, and its stock as not fresh.",
        "86400",
    ),
    "newProductStatus": _Words(
        "New products in Shopify are",
        "ACTIVE: for sale at once. DRAFT: somebody publishes them in Shopify.",
        "ACTIVE",
    ),
    "rateLimitPerS": _Words(
        "Calls a second", "What your integrations may call on and on. Set by the platform.", ""
    ),
    "rateLimitBurst": _Words(
        "Calls at once", "What they may call in a burst before that. Set by the platform.", ""
    ),
}
PLATFORMS_OWN: Final = frozenset({"rateLimitPerS", "rateLimitBurst"})
"""What protects the other tenants is not this one's to change."""


class ShownSetting(NamedTuple):
    """One setting as text. An empty `value`: the `default` holds."""

    key: str
    title: str
    explanation: str
    value: str
    default: str


def shown_settings(tenant: Tenant, defaults: Mapping[str, str]) -> list[ShownSetting]:
    """All of them; `defaults` by key where the platform's own hold."""
    return [
        ShownSetting(
            key,
            words.title,
            words.explanation,
            _text(getattr(tenant, SETTINGS[key].field)),
            defaults.get(key, words.default),
        )
        for key, words in _WORDS.items()
    ]


def require_own(keys: Iterable[str], *, platform: bool) -> None:
    """Raise NotAllowedError if somebody who does not run the platform changes what is the platform's."""
    foreign = sorted(PLATFORMS_OWN.intersection(keys))
    if foreign and not platform:
        raise NotAllowedError(f"{', '.join(foreign)} is set by those who run the platform; ask one of them")


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return ", ".join(value)
    if isinstance(value, Decimal | float):
        return f"{value:f}".rstrip("0").rstrip(".")
    return str(value)
