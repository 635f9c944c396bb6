"""People, their sessions and invitations in PostgreSQL."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, RowMapping, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from app.adapters.postgres.tables.network import network_version
from app.adapters.postgres.tables.tenants import app_invitation, app_session, app_user, tenant
from app.adapters.postgres.tenancy import TENANT_COLUMNS, tenant_from
from app.adapters.postgres.unit_of_work import UnitOfWork
from app.domain.errors import NotFoundError
from app.domain.tenancy.account_ports import Account, AccountTransaction, Invitation
from app.domain.tenancy.users import Role, User, Visit

SEEN_EVERY: Final = timedelta(minutes=1)
_USER: Final = (
    app_user.c.id.label("user_id"),
    app_user.c.tenant_id,
    app_user.c.email,
    app_user.c.name.label("user_name"),
    app_user.c.role,
    app_user.c.platform,
    app_user.c.active.label("user_active"),
    app_user.c.created_at,
    app_user.c.last_sign_in_at,
)
_ACCOUNT: Final = (
    select(
        *_USER,
        app_user.c.password_hash,
        app_user.c.failures,
        app_user.c.failed_at,
        tenant.c.name.label("tenant_name"),
    )
    .join(tenant, tenant.c.id == app_user.c.tenant_id)
    .where(app_user.c.active, tenant.c.active)
)
_VISIT: Final = (
    select(
        *_USER,
        func.coalesce(network_version.c.version, 0).label("network_version"),
        app_session.c.seen_at,
        *(column for column in TENANT_COLUMNS),
    )
    .select_from(app_session)
    .join(app_user, app_user.c.id == app_session.c.user_id)
    .join(tenant, tenant.c.id == app_session.c.tenant_id)
    .outerjoin(network_version, network_version.c.tenant_id == tenant.c.id)
    .where(app_user.c.active, tenant.c.active, app_session.c.expires_at > func.now())
)
_INVITATION: Final = (
    select(
        app_invitation.c.id,
        app_invitation.c.tenant_id,
        tenant.c.name.label("tenant_name"),
        app_invitation.c.email,
        app_invitation.c.role,
        app_invitation.c.user_id,
        app_invitation.c.invited_by,
        app_invitation.c.created_at,
        app_invitation.c.expires_at,
    )
    .join(tenant, tenant.c.id == app_invitation.c.tenant_id)
    .where(app_invitation.c.expires_at > func.now(), tenant.c.active)
)
_EXPIRED: Final = tuple(
    text(f"DELETE FROM {table} WHERE expires_at < now()") for table in ("app_session", "app_invitation")
)
_NOT_AWAITED: Final = text("SET LOCAL synchronous_commit = off")
"""A write to disk would tell by its time that there was something to write."""


class PostgresAccounts:
    """Opens transactions over people."""

    def __init__(self, unit_of_work: UnitOfWork) -> None:
        self._unit_of_work = unit_of_work

    @contextmanager
    def platform(self) -> Iterator[AccountTransaction]:
        with self._unit_of_work.platform() as connection:
            yield _Transaction(connection)

    @contextmanager
    def tenant(self, tenant_id: UUID) -> Iterator[AccountTransaction]:
        with self._unit_of_work.tenant(tenant_id) as connection:
            yield _Transaction(connection)


def prune(connection: Connection) -> None:
    """Drop sessions and invitations that are over."""
    for statement in _EXPIRED:
        connection.execute(statement)


class _Transaction:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def accounts(self, email: str) -> Sequence[Account]:
        statement = _ACCOUNT.where(app_user.c.email == email).order_by(tenant.c.name, app_user.c.id)
        return [_account(row) for row in self._connection.execute(statement).mappings()]

    def account(self, user_id: UUID) -> Account | None:
        one = _ACCOUNT.where(app_user.c.id == user_id)
        statement = one.with_for_update(of=app_user, key_share=True)
        row = self._connection.execute(statement).mappings().one_or_none()
        return None if row is None else _account(row)

    def count_failure(self, user_ids: Sequence[UUID]) -> None:
        self._connection.execute(_NOT_AWAITED)
        counted = {"failures": app_user.c.failures + 1, "failed_at": func.clock_timestamp()}
        self._connection.execute(update(app_user).where(app_user.c.id.in_(user_ids)).values(counted))

    def note_sign_in(self, user_id: UUID) -> None:
        self.write_user(user_id, failures=0, failed_at=None, last_sign_in_at=func.clock_timestamp())

    def users(self, tenant_id: UUID) -> Sequence[User]:
        locked = select(tenant.c.id).where(tenant.c.id == tenant_id).with_for_update(key_share=True)
        if self._connection.execute(locked).one_or_none() is None:
            raise NotFoundError(f"there is no tenant {tenant_id}")
        statement = select(*_USER).where(app_user.c.tenant_id == tenant_id).order_by(app_user.c.email)
        return [_user(row) for row in self._connection.execute(statement).mappings()]

    def users_from(self, tenant_id: UUID, limit: int, after: str) -> Sequence[User]:
        statement = (
            select(*_USER)
            .where(app_user.c.tenant_id == tenant_id, app_user.c.email > after)
            .order_by(app_user.c.email)
            .limit(limit)
        )
        return [_user(row) for row in self._connection.execute(statement).mappings()]

    def platform_operators(self) -> Sequence[User]:
        operators = _ACCOUNT.where(app_user.c.platform).order_by(app_user.c.id)
        statement = operators.with_for_update(of=app_user, key_share=True)
        return [_user(row) for row in self._connection.execute(statement).mappings()]

    def add_user(
        self,
        tenant_id: UUID,
        email: str,
        name: str,
        role: Role,
        password_hash: str,
        *,
        platform: bool = False,
    ) -> User | None:
        statement = (
            insert(app_user)
            .values(
                tenant_id=tenant_id,
                email=email,
                name=name,
                role=role.value,
                password_hash=password_hash,
                platform=platform,
            )
            .on_conflict_do_nothing()
            .returning(*_USER)
        )
        row = self._connection.execute(statement).mappings().one_or_none()
        return None if row is None else _user(row)

    def write_user(self, user_id: UUID, **values: Any) -> None:
        self._connection.execute(update(app_user).where(app_user.c.id == user_id).values(**values))

    def add_session(self, digest: bytes, user: User, agent: str, *, longest: timedelta) -> None:
        statement = insert(app_session).values(
            digest=digest,
            tenant_id=user.tenant_id,
            user_id=user.id,
            agent=agent,
            expires_at=func.now() + longest,
        )
        self._connection.execute(statement)

    def visit(self, digest: bytes, *, idle: timedelta, click: bool) -> Visit | None:
        statement = _VISIT.where(app_session.c.digest == digest, app_session.c.seen_at > func.now() - idle)
        row = self._connection.execute(statement).mappings().one_or_none()
        if row is None:
            return None
        if click:
            seen = update(app_session).where(
                app_session.c.digest == digest, app_session.c.seen_at < func.now() - SEEN_EVERY
            )
            self._connection.execute(seen.values(seen_at=func.now()))
        return Visit(_user(row), tenant_from(row), row["network_version"])

    def end_session(self, digest: bytes) -> None:
        self._connection.execute(delete(app_session).where(app_session.c.digest == digest))

    def end_sessions(self, user_id: UUID, *, but: bytes | None = None) -> None:
        statement = delete(app_session).where(app_session.c.user_id == user_id)
        self._connection.execute(statement.where(app_session.c.digest != but) if but else statement)

    def add_invitation(
        self,
        tenant_id: UUID,
        email: str,
        role: Role,
        digest: bytes,
        *,
        user_id: UUID | None,
        invited_by: str,
        lives: timedelta,
    ) -> Invitation:
        self._connection.execute(
            delete(app_invitation).where(
                app_invitation.c.tenant_id == tenant_id, app_invitation.c.email == email
            )
        )
        made = insert(app_invitation).values(
            tenant_id=tenant_id,
            email=email,
            role=role.value,
            digest=digest,
            user_id=user_id,
            invited_by=invited_by,
            expires_at=func.now() + lives,
        )
        self._connection.execute(made)
        statement = _INVITATION.where(app_invitation.c.digest == digest)
        return _invitation(self._connection.execute(statement).mappings().one())

    def invitations(self, tenant_id: UUID) -> Sequence[Invitation]:
        statement = _INVITATION.where(app_invitation.c.tenant_id == tenant_id)
        newest = statement.order_by(app_invitation.c.created_at.desc(), app_invitation.c.id)
        return [_invitation(row) for row in self._connection.execute(newest).mappings()]

    def invitation(self, digest: bytes) -> Invitation | None:
        statement = _INVITATION.where(app_invitation.c.digest == digest).with_for_update(of=app_invitation)
        row = self._connection.execute(statement).mappings().one_or_none()
        return None if row is None else _invitation(row)

    def remove_invitation(self, invitation_id: UUID) -> bool:
        statement = delete(app_invitation).where(app_invitation.c.id == invitation_id)
        return self._connection.execute(statement).rowcount == 1

    def end_links_of(self, user_id: UUID) -> None:
        self._connection.execute(delete(app_invitation).where(app_invitation.c.user_id == user_id))

    def end_links_by(self, tenant_id: UUID, email: str) -> None:
        made = app_invitation.c.tenant_id == tenant_id, app_invitation.c.invited_by == email
        self._connection.execute(delete(app_invitation).where(*made))


def _user(row: RowMapping) -> User:
    return User(
        id=row["user_id"],
        tenant_id=row[app_user.c.tenant_id],
        email=row["email"],
        name=row["user_name"],
        role=Role(row["role"]),
        platform=row["platform"],
        active=row["user_active"],
        created_at=row["created_at"],
        last_sign_in_at=row["last_sign_in_at"],
    )


def _account(row: RowMapping) -> Account:
    return Account(_user(row), row["tenant_name"], row["password_hash"], row["failures"], row["failed_at"])


def _invitation(row: RowMapping) -> Invitation:
    return Invitation(**{**row, "role": Role(row["role"])})
