"""Tenants and keys in PostgreSQL."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, and_, false, func, insert, or_, select, update

from app.adapters.postgres.tables.network import network_version
from app.adapters.postgres.tables.tenants import api_key, tenant
from app.adapters.postgres.unit_of_work import UnitOfWork
from app.domain.tenancy.keys import NewKey
from app.domain.tenancy.ports import KeyPlace, ShownKey, StoredKey, TenancyTransaction
from app.domain.tenancy.tenant import Scope, Tenant, TenantType

TENANT_COLUMNS = tuple(tenant.c[field.name] for field in fields(Tenant))
_USED_LATELY = func.coalesce(api_key.c.last_used_at > func.now() - timedelta(minutes=1), false())
_is_revoked = api_key.c.revoked_at.is_not(None)
_SHOWN = tuple(api_key.c[field.name] for field in fields(ShownKey))
_KEY = (
    select(
        api_key.c.id.label("key_id"),
        api_key.c.secret_hash,
        api_key.c.scopes,
        api_key.c.revoked_at,
        func.coalesce(network_version.c.version, 0).label("network_version"),
        _USED_LATELY.label("used_lately"),
        *TENANT_COLUMNS,
    )
    .join(tenant, tenant.c.id == api_key.c.tenant_id)
    .outerjoin(network_version, network_version.c.tenant_id == tenant.c.id)
)


def tenant_from(row: RowMapping) -> Tenant:
    """A Tenant from a row that has TENANT_COLUMNS among its columns."""
    values = {column.name: row[column] for column in TENANT_COLUMNS}
    values["type"] = TenantType(values["type"])
    values["allowed_domains"] = tuple(values["allowed_domains"])
    return Tenant(**values)


class PostgresTenancies:
    """Opens transactions over all tenants."""

    def __init__(self, unit_of_work: UnitOfWork) -> None:
        self._unit_of_work = unit_of_work

    @contextmanager
    def platform(self) -> Iterator[TenancyTransaction]:
        """One transaction of the operator's, or of a sign-in."""
        with self._unit_of_work.platform() as connection:
            yield _Transaction(connection)


class _Transaction:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add_tenant(self, name: str, type_: TenantType, settings: Mapping[str, Any]) -> UUID:
        given = {field: value for field, value in settings.items() if value is not None}
        statement = insert(tenant).values(name=name, type=type_.value, **given).returning(tenant.c.id)
        tenant_id: UUID = self._connection.execute(statement).scalar_one()
        return tenant_id

    def write_tenant(self, tenant_id: UUID, values: Mapping[str, Any]) -> Tenant | None:
        columns = {field: _or_default(field, value) for field, value in values.items()}
        statement = update(tenant).where(tenant.c.id == tenant_id).values(columns).returning(*TENANT_COLUMNS)
        row = self._connection.execute(statement).mappings().one_or_none()
        return None if row is None else tenant_from(row)

    def tenant(self, tenant_id: UUID) -> Tenant | None:
        statement = select(*TENANT_COLUMNS).where(tenant.c.id == tenant_id)
        row = self._connection.execute(statement).mappings().one_or_none()
        return None if row is None else tenant_from(row)

    def add_key(
        self, tenant_id: UUID, key: NewKey, scopes: Sequence[Scope], *, name: str = "", created_by: str = ""
    ) -> UUID:
        statement = insert(api_key).values(
            tenant_id=tenant_id,
            name=name,
            created_by=created_by,
            prefix=key.prefix,
            secret_hash=key.secret_hash,
            scopes=[scope.value for scope in scopes],
        )
        key_id: UUID = self._connection.execute(statement.returning(api_key.c.id)).scalar_one()
        return key_id

    def keys(self, tenant_id: UUID, limit: int, after: KeyPlace | None) -> Sequence[ShownKey]:
        statement = select(*_SHOWN).where(api_key.c.tenant_id == tenant_id)
        if after is not None:
            older, both = api_key.c.id < after.id, and_ if after.revoked else or_
            statement = statement.where(both(_is_revoked, older))
        ordered = statement.order_by(_is_revoked, api_key.c.id.desc()).limit(limit)
        return [_shown_key(row) for row in self._connection.execute(ordered).mappings()]

    def key(self, tenant_id: UUID, key_id: UUID) -> ShownKey | None:
        statement = select(*_SHOWN).where(api_key.c.tenant_id == tenant_id, api_key.c.id == key_id)
        row = self._connection.execute(statement).mappings().one_or_none()
        return None if row is None else _shown_key(row)

    def note_key_use(self, key_id: UUID) -> None:
        used = update(api_key).where(api_key.c.id == key_id, ~_USED_LATELY)
        self._connection.execute(used.values(last_used_at=func.now()))

    def revoke_key(self, key_id: UUID, tenant_id: UUID | None = None) -> datetime | None:
        whose = api_key.c.id == key_id
        statement = (
            update(api_key)
            .where(whose if tenant_id is None else and_(whose, api_key.c.tenant_id == tenant_id))
            .values(revoked_at=func.coalesce(api_key.c.revoked_at, func.clock_timestamp()))
            .returning(api_key.c.revoked_at)
        )
        return self._connection.execute(statement).scalar_one_or_none()

    def key_by_prefix(self, prefix: str) -> StoredKey | None:
        row = self._connection.execute(_KEY.where(api_key.c.prefix == prefix)).mappings().one_or_none()
        if row is None:
            return None
        return StoredKey(
            id=row["key_id"],
            secret_hash=row["secret_hash"],
            scopes=frozenset(Scope(scope) for scope in row["scopes"]),
            revoked=row["revoked_at"] is not None,
            tenant=tenant_from(row),
            network_version=row["network_version"],
            used_lately=row["used_lately"],
        )


def _shown_key(row: RowMapping) -> ShownKey:
    return ShownKey(**{**row, "scopes": tuple(Scope(scope) for scope in row["scopes"])})


def _or_default(field: str, value: Any) -> Any:
    """None means the column's default, which is the schema's to say."""
    if value is not None:
        return value
    default = tenant.c[field].server_default
    return default.arg if default is not None else None  # type: ignore[attr-defined]
