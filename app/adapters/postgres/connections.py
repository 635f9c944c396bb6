"""Shops' connections in PostgreSQL. The secrets come and go encrypted."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection as Database
from sqlalchemy import text

from app.adapters.postgres.unit_of_work import UnitOfWork
from app.domain.shop.connection import Connection, ConnectionState, Location, NotConnectedError
from app.domain.shop.ports import ConnectionTransaction, PullState, Vault
from app.domain.work.dispatch import Actor

CONNECTION_COLUMNS: Final = """
    c.id, c.tenant_id, c.shop, c.client_id, c.secret, c.old_secret, c.old_secret_until, c.state, c.location_id,
    c.location_name, c.scopes, c.reserve_percent, c.publish, c.pull_interval_s, c.created_at, c.updated_at,
    (SELECT t.active FROM tenant t WHERE t.id = c.tenant_id) AS tenant_active
"""

_OF_TENANT: Final = text(
    f"SELECT {CONNECTION_COLUMNS} FROM shopify_connection c WHERE c.tenant_id = :tenant_id"
)
_BY_ID: Final = text(f"SELECT {CONNECTION_COLUMNS} FROM shopify_connection c WHERE c.id = :id")

# Another shop is another app's business: what the old one signs with is worth nothing any more.
_SAVE: Final = text(f"""
    INSERT INTO shopify_connection AS c (tenant_id, shop, client_id, secret, location_id, location_name, scopes)
    VALUES (:tenant_id, :shop, :client_id, :secret, :location_id, :location_name, :scopes)
    ON CONFLICT (tenant_id) DO UPDATE
    SET shop = excluded.shop, client_id = excluded.client_id, secret = excluded.secret,
        old_secret = CASE WHEN c.shop <> excluded.shop THEN NULL
                          WHEN c.secret = excluded.secret THEN c.old_secret ELSE c.secret END,
        old_secret_until = CASE WHEN c.shop <> excluded.shop THEN NULL
                                WHEN c.secret = excluded.secret THEN c.old_secret_until
                                ELSE clock_timestamp() + make_interval(secs => :old_secret_s) END,
        state = 'connected', location_id = excluded.location_id, location_name = excluded.location_name,
        scopes = excluded.scopes, pull_cursor = NULL, updated_at = clock_timestamp()
    RETURNING {CONNECTION_COLUMNS}, old.shop AS shop_before
""")
_UNMAP: Final = text("DELETE FROM shopify_product_mapping WHERE tenant_id = :tenant_id")
# A push that is under way holds the connection as it was: it loses its lease, and begins anew with what is kept now.
_FENCE_PUSH: Final = text("""
    UPDATE dispatch SET state = 'ready', token = token + 1, lease_until = NULL, not_before = clock_timestamp(),
                        ring_after = clock_timestamp()
    WHERE tenant_id = :tenant_id AND actor = 'pushes.run' AND state = 'running'
""")

_SET_LOCATION: Final = text(f"""
    UPDATE shopify_connection c
    SET location_id = :location_id, location_name = :location_name, pull_cursor = NULL,
        updated_at = clock_timestamp()
    WHERE c.tenant_id = :tenant_id RETURNING {CONNECTION_COLUMNS}
""")
_SET_OPTIONS: Final = text(f"""
    UPDATE shopify_connection c
    SET publish = COALESCE(:publish, c.publish), reserve_percent = COALESCE(:reserve_percent, c.reserve_percent),
        pull_interval_s = CASE WHEN :keep_pull THEN c.pull_interval_s ELSE :pull_interval_s END,
        updated_at = clock_timestamp()
    WHERE c.tenant_id = :tenant_id RETURNING {CONNECTION_COLUMNS}
""")
# A reading of the stock is due at once when anything about it changed; one that is under way finds out by itself.
_SCHEDULE: Final = text("""
    INSERT INTO dispatch AS d (id, actor, tenant_id, lane, seq, ring_after)
    SELECT c.id, :actor, c.tenant_id, 'shop-pull:' || c.tenant_id, nextval('accept_seq'), clock_timestamp()
    FROM shopify_connection c WHERE c.tenant_id = :tenant_id AND c.pull_interval_s IS NOT NULL
    ON CONFLICT (id) DO UPDATE
    SET not_before = clock_timestamp(), ring_after = clock_timestamp() WHERE d.state = 'ready'
""")
_UNSCHEDULE: Final = text("""
    DELETE FROM dispatch d WHERE d.tenant_id = :tenant_id AND d.actor = :actor
      AND NOT EXISTS (SELECT FROM shopify_connection c WHERE c.id = d.id AND c.pull_interval_s IS NOT NULL)
""")
_PULL_STATE: Final = text("""
    SELECT not_before AS next_at, last_error FROM dispatch WHERE tenant_id = :tenant_id AND actor = :actor
""")

_DISCONNECT: Final = text("DELETE FROM shopify_connection WHERE tenant_id = :tenant_id")

_DROP_EXPIRED: Final = text("""
    UPDATE shopify_connection SET old_secret = NULL, old_secret_until = NULL
    WHERE old_secret_until <= clock_timestamp()
""")
_SECRETS: Final = text("SELECT id, secret, old_secret FROM shopify_connection ORDER BY id FOR UPDATE")
_KEEP_SECRETS: Final = text(
    "UPDATE shopify_connection SET secret = :secret, old_secret = :old_secret WHERE id = :id"
)


def connection_of(row: Mapping[Any, Any]) -> Connection:
    """A connection from a row of CONNECTION_COLUMNS."""
    values = dict(row)
    values["state"] = ConnectionState(values["state"])
    values["location"] = Location(values.pop("location_id"), values.pop("location_name"))
    values["scopes"] = tuple(values["scopes"])
    return Connection(**values)


def connection_in(database: Database, tenant_id: UUID) -> Connection | None:
    """The tenant's connection."""
    row = database.execute(_OF_TENANT, {"tenant_id": tenant_id}).mappings().one_or_none()
    return None if row is None else connection_of(row)


def drop_expired_secrets(database: Database) -> None:
    """Forget the secrets that verify nothing any more."""
    database.execute(_DROP_EXPIRED)


class PostgresConnections:
    """Opens transactions."""

    def __init__(self, unit_of_work: UnitOfWork) -> None:
        self._unit_of_work = unit_of_work

    @contextmanager
    def tenant(self, tenant_id: UUID) -> Iterator[ConnectionTransaction]:
        """One transaction in the tenant's scope."""
        with self._unit_of_work.tenant(tenant_id) as database:
            yield _Transaction(database, tenant_id)

    def find(self, connection_id: UUID) -> Connection | None:
        """Any tenant's."""
        with self._unit_of_work.platform() as database:
            row = database.execute(_BY_ID, {"id": connection_id}).mappings().one_or_none()
        return None if row is None else connection_of(row)

    def rotate(self, vault: Vault) -> int:
        """All in one transaction: a key that fits none of them leaves everything as it was."""
        rotated = 0
        with self._unit_of_work.platform() as database:
            drop_expired_secrets(database)
            for row in database.execute(_SECRETS).all():
                old = None if row.old_secret is None else vault.rotate(row.old_secret)
                kept = {"id": row.id, "secret": vault.rotate(row.secret), "old_secret": old}
                database.execute(_KEEP_SECRETS, kept)
                rotated += 1 if old is None else 2
        return rotated


class _Transaction:
    def __init__(self, database: Database, tenant_id: UUID) -> None:
        self._database = database
        self._tenant_id = tenant_id

    def connection(self) -> Connection | None:
        return connection_in(self._database, self._tenant_id)

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
        given = {
            "tenant_id": self._tenant_id,
            "shop": shop,
            "client_id": client_id,
            "secret": secret,
            "location_id": location.id,
            "location_name": location.name,
            "scopes": list(scopes),
            "old_secret_s": old_secret_s,
        }
        row = dict(self._database.execute(_SAVE, given).mappings().one())
        if row.pop("shop_before") not in {None, shop}:
            # In the order in which a push's worker locks them.
            self._database.execute(_FENCE_PUSH, {"tenant_id": self._tenant_id})
            self._database.execute(_UNMAP, {"tenant_id": self._tenant_id})
        self._schedule()
        return connection_of(row)

    def set_location(self, location: Location) -> Connection:
        given = {"location_id": location.id, "location_name": location.name}
        return self._changed(_SET_LOCATION, given)

    def set_options(
        self,
        *,
        publish: bool | None,
        reserve_percent: int | None,
        pull_interval_s: int | None,
        keep_pull: bool,
    ) -> Connection:
        given = {
            "publish": publish,
            "reserve_percent": reserve_percent,
            "pull_interval_s": pull_interval_s,
            "keep_pull": keep_pull,
        }
        return self._changed(_SET_OPTIONS, given)

    def _changed(self, statement: Any, given: dict[str, Any]) -> Connection:
        row = self._database.execute(statement, {"tenant_id": self._tenant_id, **given})
        changed = row.mappings().one_or_none()
        if changed is None:
            raise NotConnectedError("no shop is connected; connect one first")
        self._schedule()
        return connection_of(changed)

    def _schedule(self) -> None:
        given = {"tenant_id": self._tenant_id, "actor": Actor.SHOPS_PULL}
        self._database.execute(_UNSCHEDULE, given)
        self._database.execute(_SCHEDULE, given)

    def pull_state(self) -> PullState | None:
        given = {"tenant_id": self._tenant_id, "actor": Actor.SHOPS_PULL}
        row = self._database.execute(_PULL_STATE, given).one_or_none()
        return None if row is None else PullState(row.next_at, row.last_error)

    def disconnect(self) -> bool:
        given = {"tenant_id": self._tenant_id}
        gone = self._database.execute(_DISCONNECT, given).rowcount == 1
        if gone:
            self._database.execute(_FENCE_PUSH, given)
            self._schedule()
        return gone
