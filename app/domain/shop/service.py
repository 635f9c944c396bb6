"""Use cases of whoever connects a shop: connect, look at, test, change, disconnect."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import structlog

from app.domain.errors import InvalidInputError, NotFoundError, StocklineError
from app.domain.push.errors import code_of
from app.domain.shop.check import Check, LocationGoneError, checked
from app.domain.shop.connection import (
    Connection,
    EncryptionMissingError,
    Location,
    NotConnectedError,
    missing_scopes,
    shop_domain,
)
from app.domain.shop.ports import ConnectionTransactions, ShopDesk, ShopInfo, Vault

OLD_SECRET_S: Final = 3_600.0
"""How long Shopify may go on signing with a secret that was replaced."""
CREDENTIAL_MAX: Final = 255
PULL_INTERVAL_S: Final = (60, 86_400)
RESERVE_PERCENT_MAX: Final = 90

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Connected:
    """A connection that stands. `unsubscribed`: the topics that the shop will not tell us of, and why if all."""

    connection: Connection
    unsubscribed: Sequence[str]
    warning: str | None


class ConnectionService:
    """One shop per tenant. Secrets go in, are kept encrypted, and are never shown again."""

    def __init__(
        self, transactions: ConnectionTransactions, desk: ShopDesk, vault: Vault, *, public_url: str
    ) -> None:
        self._transactions = transactions
        self._desk = desk
        self._vault = vault
        self._public_url = public_url

    def connect(self, tenant_id: UUID, shop: str, client_id: str, secret: str) -> Connected:
        """Sign in, keep the connection, and have the shop tell us; that last part may fail without harm.

        Again: the id stays, the location too if it is the same shop's, and the secret before verifies webhooks for
        an hour. Raises InvalidInputError, ShopClosedError, ShopUnavailableError, LocationGoneError and
        EncryptionMissingError; nothing is changed then.
        """
        domain, client_id, secret = shop_domain(shop), _credential("client id", client_id), _secret(secret)
        sealed = self._vault.seal(secret)
        info = self._desk.look(domain, client_id, secret)
        with self._transactions.tenant(tenant_id) as tx:
            before = tx.connection()
            kept = before if before is not None and before.shop == domain else None
            if kept is not None and self._holds(kept, secret):
                sealed = kept.secret
            location = _location(info, kept)
            connection = tx.save(domain, client_id, sealed, location, info.scopes, old_secret_s=OLD_SECRET_S)
        log.info("shop.connected", tenant_id=str(tenant_id), shop=domain, location=location.id)
        return self._subscribed(connection)

    def _holds(self, connection: Connection, secret: str) -> bool:
        """Whether it is the secret that we have: it is not replaced then, and the one before it stays valid."""
        with suppress(EncryptionMissingError):
            return self._vault.open(connection.secret) == secret
        return False

    def _subscribed(self, connection: Connection) -> Connected:
        try:
            refused = self._desk.subscribe(connection, self.webhook_url(connection))
        except StocklineError as error:
            log.warning("shop.not_subscribed", shop=connection.shop, error=str(error))
            return Connected(connection, (), f"the webhooks could not be subscribed: {error.message}")
        return Connected(connection, refused, None)

    def subscribe(self, tenant_id: UUID) -> Connected:
        """Ask the shop once more to tell us, and hear of what it will not. Raises NotConnectedError."""
        return self._subscribed(self._required(tenant_id))

    def webhook_url(self, connection: Connection) -> str:
        """Where the shop tells us; the same for as long as the tenant has a connection."""
        return f"{self._public_url}/api/webhooks/shopify/{connection.id}"

    def get(self, tenant_id: UUID) -> Connection:
        """As it is kept. Raises NotFoundError."""
        with self._transactions.tenant(tenant_id) as tx:
            connection = tx.connection()
        if connection is None:
            raise NotFoundError("no shop is connected; connect one first")
        return connection

    def test(self, tenant_id: UUID) -> Check:
        """Sign in as a push would, and say what stands in its way. Raises NotConnectedError."""
        connection = self._required(tenant_id)
        try:
            info = self._look(connection)
        except StocklineError as error:
            return Check(code_of(error), error.message, ())
        return checked(connection, info)

    def locations(self, tenant_id: UUID) -> Sequence[Location]:
        """Those of the shop, in its own order. Raises NotConnectedError and what signing in raises."""
        return self._look(self._required(tenant_id)).locations

    def set_location(self, tenant_id: UUID, location_id: str) -> Connection:
        """Where stock goes from now on. Raises NotConnectedError, LocationGoneError and what signing in raises."""
        for location in self.locations(tenant_id):
            if location.id == location_id:
                with self._transactions.tenant(tenant_id) as tx:
                    return tx.set_location(location)
        raise LocationGoneError(
            f"the shop has no active location {location_id[:100]!r}; ask for its locations"
        )

    def set_options(
        self,
        tenant_id: UUID,
        *,
        publish: bool | None = None,
        reserve_percent: int | None = None,
        pull_interval_s: int | None = None,
        keep_pull: bool = True,
    ) -> Connection:
        """None leaves; the pull is switched off by None where `keep_pull` is not set.

        Raises InvalidInputError and NotConnectedError.
        """
        if reserve_percent is not None and not 0 <= reserve_percent <= RESERVE_PERCENT_MAX:
            raise InvalidInputError(f"reservePercent must be from 0 to {RESERVE_PERCENT_MAX}")
        low, high = PULL_INTERVAL_S
        if pull_interval_s is not None and not low <= pull_interval_s <= high:
            raise InvalidInputError(f"pullIntervalS must be from {low} to {high}, or empty for never")
        with self._transactions.tenant(tenant_id) as tx:
            return tx.set_options(
                publish=publish,
                reserve_percent=reserve_percent,
                pull_interval_s=pull_interval_s,
                keep_pull=keep_pull,
            )

    def disconnect(self, tenant_id: UUID) -> bool:
        """Forget the connection and its secrets; whether there was one. The mappings stay, for the same shop."""
        with self._transactions.tenant(tenant_id) as tx:
            return tx.disconnect()

    def rotate_secrets(self) -> int:
        """Encrypt every tenant's secrets with the newest key; how many there were. Raises EncryptionMissingError."""
        return self._transactions.rotate(self._vault)

    def _look(self, connection: Connection) -> ShopInfo:
        return self._desk.look(connection.shop, connection.client_id, self._vault.open(connection.secret))

    def _required(self, tenant_id: UUID) -> Connection:
        with self._transactions.tenant(tenant_id) as tx:
            connection = tx.connection()
        if connection is None:
            raise NotConnectedError("no shop is connected; connect one first")
        return connection

    def shown(self, connection: Connection) -> dict[str, Any]:
        """What anybody may see of it: no secret."""
        with self._transactions.tenant(connection.tenant_id) as tx:
            pull = tx.pull_state()
        return {
            "connectionId": str(connection.id),
            "shop": connection.shop,
            "clientId": connection.client_id,
            "state": connection.state.value,
            "location": shown_location(connection.location),
            "scopes": list(connection.scopes),
            "missingScopes": missing_scopes(connection.scopes),
            "reservePercent": connection.reserve_percent,
            "publish": connection.publish,
            "pullIntervalS": connection.pull_interval_s,
            "nextPullAt": pull and pull.next_at,
            "lastPullError": pull and pull.last_error,
            "webhookUrl": self.webhook_url(connection),
            "createdAt": connection.created_at,
            "updatedAt": connection.updated_at,
        }


def shown_location(location: Location) -> dict[str, str]:
    """A location, as the portal and the operator get it."""
    return {"id": location.id, "name": location.name}


def _credential(what: str, given: str) -> str:
    given = given.strip()
    if not 0 < len(given) <= CREDENTIAL_MAX or not given.isascii() or not given.isprintable():
        raise InvalidInputError(
            f"the {what} must be 1 to {CREDENTIAL_MAX} printable characters; the app's settings in the Dev Dashboard"
            " have it"
        )
    return given


def _secret(given: str) -> str:
    return _credential("client secret", given)


def _location(info: ShopInfo, kept: Connection | None) -> Location:
    """The one that is kept if the shop still has it, else the shop's first."""
    if not info.locations:
        raise LocationGoneError(
            "the shop has no active location; add one in its settings, then connect again"
        )
    if kept is not None:
        for one in info.locations:
            if one.id == kept.location.id:
                return one
    return info.locations[0]
