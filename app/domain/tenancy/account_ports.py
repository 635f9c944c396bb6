"""What accounts ask of their store and of whoever hashes passwords."""

import hashlib
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from app.domain.tenancy.users import Role, User, Visit


class Passwords(Protocol):
    """Hashes that take their time."""

    def hashed(self, password: str) -> str:
        """What is stored in place of the password."""

    def fits(self, password_hash: str, password: str) -> bool:
        """True when the hash is of this password; takes as long when it is not."""

    def outdated(self, password_hash: str) -> bool:
        """True when today's parameters are stronger than those the hash was made with."""


@dataclass(frozen=True, slots=True)
class Account:
    """A user with what only a sign-in needs. `failures`: wrong passwords in a row; `failed_at`: the last one."""

    user: User
    tenant_name: str
    password_hash: str
    failures: int
    failed_at: datetime | None

    @property
    def stamp(self) -> str:
        """Another one after each sign-in and with each password: what was said of the account before is void."""
        return hashlib.sha256(f"{self.user.last_sign_in_at} {self.password_hash}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Invitation:
    """A link that lets somebody choose a password, once: a newcomer, or a user that forgot it (`user_id`)."""

    id: UUID
    tenant_id: UUID
    tenant_name: str
    email: str
    role: Role
    user_id: UUID | None
    invited_by: str
    created_at: datetime
    expires_at: datetime


class AccountTransaction(Protocol):
    """Leaving the block that yields it commits; raising rolls back. Times are the database's."""

    def accounts(self, email: str) -> Sequence[Account]:
        """Of active users at active tenants, by the tenant's name."""

    def account(self, user_id: UUID) -> Account | None:
        """The same of one user, whose row stays locked."""

    def count_failure(self, user_ids: Sequence[UUID]) -> None:
        """One wrong password more. Takes as long when there is nobody to count it for."""

    def note_sign_in(self, user_id: UUID) -> None:
        """Now, and no failures any more."""

    def users(self, tenant_id: UUID) -> Sequence[User]:
        """All of a tenant, by e-mail; its row is locked, so that two changes do not pass each other. NotFoundError."""

    def users_from(self, tenant_id: UUID, limit: int, after: str) -> Sequence[User]:
        """So many of them, by e-mail, from behind an address on; nothing is locked."""

    def platform_operators(self) -> Sequence[User]:
        """Who can sign in and runs the platform, at whatever tenant; their rows stay locked."""

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
        """None when the tenant has one with this address already."""

    def write_user(self, user_id: UUID, **values: Any) -> None:
        """Set columns of a user."""

    def add_session(self, digest: bytes, user: User, agent: str, *, longest: timedelta) -> None:
        """A browser that is signed in from now on."""

    def visit(self, digest: bytes, *, idle: timedelta, click: bool) -> Visit | None:
        """Whose session it is, unless it is over, its user or tenant is shut out; a click counts as activity."""

    def end_session(self, digest: bytes) -> None:
        """Forget one."""

    def end_sessions(self, user_id: UUID, *, but: bytes | None = None) -> None:
        """Forget all of a user, or all but one."""

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
        """A new link; an older one for the same address is void."""

    def invitations(self, tenant_id: UUID) -> Sequence[Invitation]:
        """Those that still open, newest first."""

    def invitation(self, digest: bytes) -> Invitation | None:
        """One that still opens; its row stays locked."""

    def remove_invitation(self, invitation_id: UUID) -> bool:
        """False when there is none."""

    def end_links_of(self, user_id: UUID) -> None:
        """Void the link for a new password of a user."""

    def end_links_by(self, tenant_id: UUID, email: str) -> None:
        """Void the links that somebody made."""


class Accounts(Protocol):
    """Opens transactions over people."""

    def platform(self) -> AbstractContextManager[AccountTransaction]:
        """Over all tenants: signing in, and reading a session."""

    def tenant(self, tenant_id: UUID) -> AbstractContextManager[AccountTransaction]:
        """Over one tenant's people."""
