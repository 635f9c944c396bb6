"""What a connection needs of PostgreSQL, of the shop and of whoever keeps secrets."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from app.domain.orders.ports import IntakeTransaction
from app.domain.shop.connection import Connection, Location
from app.domain.shop.event import Event, EventOutcome, NewEvent
from app.domain.stock.feed import Feed
from app.domain.stock.ports import NewFeed
from app.domain.work.dispatch import Claim


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


@dataclass(frozen=True, slots=True)
class PullState:
    """Of a connection whose stock is read from the shop. `next_at` may be past: it is under way or due then."""

    next_at: datetime
    last_error: str | None


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

    def pull_state(self) -> PullState | None:
        """When stock is read from the shop next, and what went wrong the last time; None where it never is."""


class ConnectionTransactions(Protocol):
    """Opens transactions."""

    def tenant(self, tenant_id: UUID) -> AbstractContextManager[ConnectionTransaction]:
        """One transaction."""

    def find(self, connection_id: UUID) -> Connection | None:
        """Any tenant's, for its webhooks."""

    def rotate(self, vault: Vault) -> int:
        """Encrypt every stored secret anew; how many there were."""


class StockIntake(Protocol):
    """The part of a transaction that makes a feed of what a shop tells."""

    def now(self) -> datetime:
        """PostgreSQL's clock."""

    def part_numbers(self, inventory_item_ids: Sequence[str]) -> Mapping[str, str]:
        """Those that are ours, by the ids that the shop gave them."""

    def accept(self, new: NewFeed) -> Feed:
        """As a feed that was posted is accepted; committed with the rest of the transaction."""


class WebhookTransaction(StockIntake, Protocol):
    """One transaction in one tenant's scope."""

    # as it comes
    def receive(self, connection_id: UUID, event: NewEvent) -> UUID | None:
        """Keep it with its dispatch row, whose id is answered; None when it came before, or its tenant is inactive."""

    # done by the worker
    def event(self, claim: Claim) -> Event | None:
        """What came; None when its connection is gone."""

    def connection(self) -> Connection | None:
        """The tenant's connection."""

    def orders(self) -> IntakeTransaction:
        """The same transaction, for those who take orders."""

    def unmap_product(self, product_id: str) -> None:
        """The shop has this product no more: the next push makes it anew."""

    def uninstall(self, since: datetime | None) -> None:
        """The app was removed, unless the shop was connected again since: a push under way pauses."""

    def finish(
        self, claim: Claim, outcome: EventOutcome, *, feed_id: UUID | None, result: dict[str, int] | None
    ) -> None:
        """Done: the outcome is kept and, but for a feed, which does so itself, counted in the activity.

        Raises LeaseLostError.
        """

    def fail(self, claim: Claim, reason: str) -> None:
        """Put it aside with its reason. Raises LeaseLostError."""

    def replay(self, event_id: UUID) -> bool:
        """Once more; False when it was not put aside."""


class WebhookTransactions(Protocol):
    """Opens transactions."""

    def tenant(self, tenant_id: UUID) -> AbstractContextManager[WebhookTransaction]:
        """One transaction."""


class PullTransaction(StockIntake, Protocol):
    """One transaction in one tenant's scope; every verb with a claim raises LeaseLostError when it was lost."""

    def begin(self, claim: Claim, lease_s: float) -> tuple[Connection, str | None] | None:
        """The connection and where the reading stands, for as long as one call may take.

        None when the pull is switched off, or the shop is gone.
        """

    def reached(self, claim: Claim, cursor: str, lease_s: float) -> None:
        """A checkpoint: the pages before it are feeds."""

    def rest(self, claim: Claim, delay_s: float, *, cursor: str | None, error: str | None) -> None:
        """Nothing more to do for so long; from the cursor on then, from the beginning without one."""

    def forget(self, claim: Claim) -> None:
        """Switched off."""


class PullTransactions(Protocol):
    """Opens transactions."""

    def tenant(self, tenant_id: UUID) -> AbstractContextManager[PullTransaction]:
        """One transaction."""
