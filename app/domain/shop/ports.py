"""What a connection needs of PostgreSQL, of the shop and of whoever keeps secrets."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from app.domain.shop.connection import Connection, Location


@dataclass(frozen=True, slots=True)
class ShopInfo:
    """What a shop says about itself when it is first asked: scopes granted, active locations in its own order."""

    scopes: tuple[str, ...]
    locations: tuple[Location, ...]


@dataclass(frozen=True, slots=True)
class StockLevel:
    """One item's stock at a location, as the shop tells it. `available` is None where nothing is said."""

    inventory_item_id: str
    available: int | None
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class LevelPage:
    """One page of levels; `cursor` leads to the next, None after the last."""

    levels: Sequence[StockLevel]
    cursor: str | None


class Vault(Protocol):
    """Keeps secrets readable for this product alone."""

    def seal(self, secret: str) -> bytes:
        """Encrypted with the newest key. Raises EncryptionMissingError."""

    def open(self, sealed: bytes) -> str:
        """Decrypted with whichever key fits. Raises EncryptionMissingError."""

    def rotate(self, sealed: bytes) -> bytes:
        """Encrypted anew with the newest key. Raises EncryptionMissingError."""


class ShopDesk(Protocol):
    """A shop as it is met outside a push. Raises ShopClosedError and ShopUnavailableError as Shop does."""

    def look(self, shop: str, client_id: str, secret: str) -> ShopInfo:
        """Sign in and look round: the connection test."""

    def subscribe(self, connection: Connection, url: str) -> tuple[str, ...]:
        """Have the shop tell us at this address; the topics that it would not, for want of a scope or of https."""

    def levels(self, connection: Connection, cursor: str | None, limit: int) -> LevelPage:
        """A page of the stock at the connection's location, within the bucket."""


class ConnectionTransaction(Protocol):
    """One transaction in one tenant's scope."""

    def connection(self) -> Connection | None:
        """The tenant's connection."""

    def save(
        self,
        shop: str,
        client_id: str,
        secret: bytes,
        location: Location,
        scopes: Sequence[str],
        *,
        old_secret_s: float,
    ) -> Connection:
        """Make the connection or make it anew: the id stays, the secret before stays valid for a while.

        With another shop the mappings, which are of the old one, go.
        """

    def set_location(self, location: Location) -> Connection:
        """Where stock goes from now on. Raises NotConnectedError."""

    def set_options(
        self,
        *,
        publish: bool | None,
        reserve_percent: int | None,
        pull_interval_s: int | None,
        keep_pull: bool,
    ) -> Connection:
        """None leaves; the pull's interval is left where `keep_pull` says so. Raises NotConnectedError."""

    def disconnect(self) -> bool:
        """Forget the secrets and the connection; the mappings stay."""


class ConnectionTransactions(Protocol):
    """Opens transactions."""

    def tenant(self, tenant_id: UUID) -> AbstractContextManager[ConnectionTransaction]:
        """One transaction."""

    def find(self, connection_id: UUID) -> Connection | None:
        """Any tenant's, for its webhooks."""

    def rotate(self, vault: Vault) -> int:
        """Encrypt every stored secret anew; how many there were."""
