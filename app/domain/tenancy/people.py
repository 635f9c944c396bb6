"""An owner's use cases over the people of the company; each is one transaction."""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final, NamedTuple
from uuid import UUID

from app.domain.errors import ConflictError, NotFoundError
from app.domain.tenancy.account_ports import Accounts, AccountTransaction, Invitation, Passwords
from app.domain.tenancy.entry import digest
from app.domain.tenancy.users import (
    NotAllowedError,
    Role,
    User,
    checked_email,
    checked_name,
    checked_password,
)

INVITATION_LIVES: Final = timedelta(days=7)
INVITATIONS_MAX: Final = 200
"""Of links that open at a time; a company with more people invites them one after another."""
_PLATFORMS: Final = "this user runs the platform; "


class Invited(NamedTuple):
    """An invitation at its birth: `token` is part of the link and shown once."""

    token: str
    invitation: Invitation


class PeopleService:
    """Users, their roles, and invitations."""

    def __init__(self, transactions: Accounts, passwords: Passwords) -> None:
        self._transactions = transactions
        self._passwords = passwords

    def create(
        self, tenant_id: UUID, email: str, password: str, role: Role = Role.OWNER, *, platform: bool = False
    ) -> User:
        """A user with a password, as the operator's command makes them. Raises ConflictError, NotFoundError."""
        address = checked_email(email)
        hashed = self._passwords.hashed(checked_password(password, address))
        with self._transactions.platform() as tx:
            tx.users(tenant_id)
            user = tx.add_user(tenant_id, address, "", role, hashed, platform=platform)
        if user is None:
            raise ConflictError(f"{address} is a user of this tenant already")
        return user

    def users(self, tenant_id: UUID) -> Sequence[User]:
        """All of them, the shut out too, by e-mail."""
        with self._transactions.tenant(tenant_id) as tx:
            return tx.users(tenant_id)

    def users_from(self, tenant_id: UUID, limit: int, after: str = "") -> Sequence[User]:
        """So many of them, from behind an address on."""
        with self._transactions.tenant(tenant_id) as tx:
            return tx.users_from(tenant_id, limit, after)

    def invitations(self, tenant_id: UUID) -> Sequence[Invitation]:
        """Those that still open, newest first."""
        with self._transactions.tenant(tenant_id) as tx:
            return tx.invitations(tenant_id)

    def invite(self, tenant_id: UUID, email: str, role: Role, *, invited_by: str) -> Invited:
        """A link for 7 days; inviting an address again voids its earlier link.

        Raises ConflictError for who is a user already, and when 200 links are open.
        """
        address = checked_email(email)
        with self._transactions.tenant(tenant_id) as tx:
            if any(user.email == address for user in tx.users(tenant_id)):
                raise ConflictError(f"{address} is a user already; change the role, or make a password link")
            return _invited(tx, tenant_id, address, role, None, invited_by)

    def reset(self, tenant_id: UUID, user_id: UUID, *, invited_by: str, platform: bool = False) -> Invited:
        """A link by which a user chooses a new password; the old one holds until then.

        Raises NotFoundError, and NotAllowedError for one who runs the platform unless the asker does (`platform`):
        whoever has the link gets all that this user may.
        """
        with self._transactions.tenant(tenant_id) as tx:
            user = _one(tx.users(tenant_id), user_id)
            if user.platform and not platform:
                raise NotAllowedError(f"{_PLATFORMS}somebody else who does makes the link")
            return _invited(tx, tenant_id, user.email, user.role, user.id, invited_by)

    def withdraw(self, tenant_id: UUID, invitation_id: UUID) -> None:
        """Void a link. Raises NotFoundError."""
        with self._transactions.tenant(tenant_id) as tx:
            if not tx.remove_invitation(invitation_id):
                raise NotFoundError(f"there is no open invitation {invitation_id}")

    def change(
        self,
        tenant_id: UUID,
        user_id: UUID,
        *,
        role: Role | None = None,
        active: bool | None = None,
        name: str | None = None,
        platform: bool = False,
    ) -> User:
        """Set what is given. Whoever is shut out is signed out at once; whoever is no owner any more, and whoever is
        shut out, leaves no link behind that opens.

        Raises NotFoundError, ConflictError when the company would be left without an active owner or the platform
        without somebody who runs it, and NotAllowedError for one who does unless the asker does (`platform`).
        """
        given = {
            "role": None if role is None else role.value,
            "active": active,
            "name": None if name is None else checked_name(name),
        }
        values = {field: value for field, value in given.items() if value is not None}
        with self._transactions.platform() if platform else self._transactions.tenant(tenant_id) as tx:
            user = _one(tx.users(tenant_id), user_id)
            if user.platform and not platform:
                raise NotAllowedError(f"{_PLATFORMS}only somebody who does changes what they may")
            _end_links(tx, user, out=active is False, lowered=role not in {None, Role.OWNER})
            if user.platform:
                _keep_an_operator(tx, user, replace(user, role=role or user.role, active=active is not False))
            if values:
                tx.write_user(user_id, **values)
            if active is False:
                tx.end_sessions(user_id)
            users = tx.users(tenant_id)
            if not any(user.active and user.role is Role.OWNER for user in users):
                raise ConflictError("somebody has to stay an owner; make another user one first")
            return _one(users, user_id)


def _keep_an_operator(tx: AccountTransaction, user: User, then: User) -> None:
    """Raises ConflictError when nobody else could work at Operations. The rows are locked before any is written."""
    others = [one for one in tx.platform_operators() if one.id != user.id]
    if not any(one.active and one.role.may(Role.OPERATOR) for one in (*others, then)):
        raise ConflictError("somebody has to stay who runs the platform; make another such user first")


def _end_links(tx: AccountTransaction, user: User, *, out: bool, lowered: bool) -> None:
    """By which somebody could come back who is out or may decide no more. Before users are locked: whoever opens a
    link locks it first.
    """
    if out:
        tx.end_links_of(user.id)
    if out or lowered:
        tx.end_links_by(user.tenant_id, user.email)


def _invited(
    tx: AccountTransaction, tenant_id: UUID, email: str, role: Role, user_id: UUID | None, invited_by: str
) -> Invited:
    if sum(one.email != email for one in tx.invitations(tenant_id)) >= INVITATIONS_MAX:
        raise ConflictError(f"{INVITATIONS_MAX} links are open; withdraw one, or wait until some were used")
    token = secrets.token_urlsafe(32)
    made = tx.add_invitation(
        tenant_id, email, role, digest(token), user_id=user_id, invited_by=invited_by, lives=INVITATION_LIVES
    )
    return Invited(token, made)


def _one(users: Sequence[User], user_id: UUID) -> User:
    found = next((user for user in users if user.id == user_id), None)
    if found is None:
        raise NotFoundError(f"there is no user {user_id}")
    return found
