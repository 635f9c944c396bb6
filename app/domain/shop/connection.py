"""A tenant's connection to its Shopify shop. One per tenant; its id stays when it is made anew."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from app.domain.errors import ConflictError, InvalidInputError, StocklineError

# https://shopify.dev/docs/apps/build/authentication-authorization: a shop's domain is name.myshopify.com
_DOMAIN: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.myshopify\.com")

SCOPES: Final = (
    "write_products",
    "read_products",
    "read_inventory",
    "write_inventory",
    "read_files",
    "read_locations",
    "read_orders",
    "write_publications",
)
"""What a merchant's app is granted in all: published to merchants, held to the documents by a test."""
OPTIONAL_SCOPES: Final = {
    "read_orders": "the orders' webhooks",
    "write_publications": "publishing new products to the online store",
}
"""Those that a push does without, and what they are for."""


class ConnectionState(StrEnum):
    """Of a connection."""

    CONNECTED = "connected"
    UNINSTALLED = "uninstalled"  # the shop told us that the app was removed


class NotConnectedError(ConflictError):
    """The tenant has no shop to push to."""

    code = "not_connected"


class EncryptionMissingError(StocklineError):
    """ENCRYPTION_KEYS is not set, or none of its keys opens a stored secret."""

    code = "encryption_unavailable"


@dataclass(frozen=True, slots=True)
class Location:
    """A place where the shop keeps stock. `id` is Shopify's global id."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Connection:
    """What is kept of a connection, its secrets as they are stored: encrypted.

    `old_secret` verifies webhooks until `old_secret_until`. `reserve_percent`: of the shop's bucket, left to the
    other calls of the merchant's app. `pull_interval_s`: how often stock is read from the shop; None is never.
    `tenant_active`: of a deactivated tenant nothing is pushed, read or heard.
    """

    id: UUID
    tenant_id: UUID
    shop: str
    client_id: str
    secret: bytes
    old_secret: bytes | None
    old_secret_until: datetime | None
    state: ConnectionState
    location: Location
    scopes: tuple[str, ...]
    reserve_percent: int
    publish: bool
    pull_interval_s: int | None
    created_at: datetime
    updated_at: datetime
    tenant_active: bool = True


def shop_domain(given: str) -> str:
    """The shop's domain in its normal form; raises InvalidInputError."""
    domain = given.strip().lower().removeprefix("https://").rstrip("/")
    if not _DOMAIN.fullmatch(domain):
        raise InvalidInputError(f"{given[:100]!r} is no shop domain; it looks like name.myshopify.com")
    return domain


def missing_scopes(granted: Iterable[str]) -> list[str]:
    """Those of SCOPES that the app was not given. To write includes to read, and Shopify then names the first only."""
    held = set(granted)
    held |= {f"read_{scope.removeprefix('write_')}" for scope in held if scope.startswith("write_")}
    return [scope for scope in SCOPES if scope not in held]
