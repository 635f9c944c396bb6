"""How a person gets in and out: password, session, and the link that lets somebody choose a password."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final, NamedTuple
from uuid import UUID

from app.domain.errors import NotFoundError
from app.domain.tenancy.account_ports import Account, Accounts, AccountTransaction, Invitation, Passwords
from app.domain.tenancy.users import (
    PASSWORD_MAX,
    NotAllowedError,
    Visit,
    WrongPasswordError,
    checked_name,
    checked_password,
)

IDLE: Final = timedelta(hours=12)
LONGEST: Final = timedelta(days=30)
FAILURES_MAX: Final = 10
FAILURES_WAIT: Final = timedelta(minutes=15)
AGENT_MAX: Final = 200
_WRONG: Final = (
    "e-mail or password is wrong; try again, or ask an owner of your company for a new link"
    " (after ten wrong ones in a row only a link or 15 minutes help)"
)
_WRONG_OLD: Final = "the present password is wrong; type it again"
_LINK_OVER: Final = "this link was used already or is too old; ask an owner of your company for a new one"


class SignedIn(NamedTuple):
    """A browser's session at its birth: `token` is kept by the browser alone."""

    token: str
    account: Account


class EntryService:
    """Sign-in, sign-out and passwords; shared by all threads."""

    def __init__(self, transactions: Accounts, passwords: Passwords) -> None:
        self._transactions = transactions
        self._passwords = passwords

    @cached_property
    def _nobodys(self) -> str:
        """Compared with when nobody has the address, so that time does not tell who has an account."""
        return self._passwords.hashed(secrets.token_urlsafe())

    def check(self, email: str, password: str, now: datetime) -> Sequence[Account]:
        """The accounts that address and password open, one per tenant, by its name.

        Raises WrongPasswordError, also for the right one after ten wrong ones within 15 minutes: an account that is
        locked, and one that there is not, answer alike and take as long.
        """
        with self._transactions.platform() as tx:
            accounts = tx.accounts(email.strip().lower())
        fit = [one for one in accounts if self._fits(one.password_hash, password)]
        if not accounts:
            self._fits(self._nobodys, password)
        opened = [one for one in fit if not _locked(one, now)]
        if not opened:
            with self._transactions.platform() as tx:
                tx.count_failure([one.user.id for one in accounts if not _locked(one, now)])
            raise WrongPasswordError(_WRONG)
        return opened

    def sign_in(self, account: Account, password: str | None, agent: str) -> SignedIn:
        """A session for an account that `check` let in; with the password its hash is kept up to date.

        Raises WrongPasswordError when the password was changed, or its user shut out, since then.
        """
        stronger = None
        if password is not None and self._passwords.outdated(account.password_hash):
            stronger = self._passwords.hashed(password)
        with self._transactions.platform() as tx:
            now = tx.account(account.user.id)
            if now is None or now.password_hash != account.password_hash:
                raise WrongPasswordError(_WRONG)
            if stronger:
                tx.write_user(now.user.id, password_hash=stronger)
            return self._enter(tx, now, agent)

    def choose(self, user_id: UUID, stamp: str, agent: str) -> SignedIn:
        """A session for somebody whose password was checked a moment ago, once: `stamp` is the account's as it was.

        Raises WrongPasswordError.
        """
        with self._transactions.platform() as tx:
            account = tx.account(user_id)
            if account is None or not secrets.compare_digest(account.stamp, stamp):
                raise WrongPasswordError(_WRONG)
            return self._enter(tx, account, agent)

    def visit(self, token: str, *, click: bool = True) -> Visit | None:
        """Who a session's token is; None when it is over. Without `click` a page asks by itself: no activity."""
        with self._transactions.platform() as tx:
            return tx.visit(digest(token), idle=IDLE, click=click)

    def sign_out(self, token: str) -> None:
        """End one session; ending it again changes nothing."""
        with self._transactions.platform() as tx:
            tx.end_session(digest(token))

    def change_password(self, visit: Visit, token: str, old: str, new: str) -> None:
        """Other browsers of the user are signed out, an open password link is void.

        Raises NotAllowedError when the old one is wrong, or was changed by somebody else meanwhile.
        """
        checked_password(new, visit.user.email)
        with self._transactions.platform() as tx:
            account = tx.account(visit.user.id)
        if account is None or not self._fits(account.password_hash, old):
            raise NotAllowedError(_WRONG_OLD)
        hashed = self._passwords.hashed(new)
        with self._transactions.platform() as tx:
            tx.end_links_of(visit.user.id)
            now = tx.account(visit.user.id)
            if now is None or now.password_hash != account.password_hash:
                raise NotAllowedError(_WRONG_OLD)
            tx.write_user(visit.user.id, password_hash=hashed)
            tx.end_sessions(visit.user.id, but=digest(token))

    def invitation(self, token: str) -> Invitation:
        """What a link offers. Raises NotFoundError when it opens no more."""
        with self._transactions.platform() as tx:
            return _open(tx.invitation(digest(token)))

    def accept(self, token: str, name: str, password: str, agent: str) -> SignedIn:
        """Use the link up: a new user, or a new password and no other session. Raises as `invitation` does."""
        offered = self.invitation(token)
        hashed = self._passwords.hashed(checked_password(password, offered.email))
        with self._transactions.platform() as tx:
            offered = _open(tx.invitation(digest(token)))
            user_id = offered.user_id
            if user_id is None:
                user = tx.add_user(offered.tenant_id, offered.email, checked_name(name), offered.role, hashed)
                user_id = user.id if user else None
            else:
                tx.write_user(user_id, password_hash=hashed)
                tx.end_sessions(user_id)
            tx.remove_invitation(offered.id)
            account = tx.account(user_id) if user_id else None
            if account is None:
                raise NotFoundError(_LINK_OVER)
            return self._enter(tx, account, agent)

    def _enter(self, tx: AccountTransaction, account: Account, agent: str) -> SignedIn:
        token = secrets.token_urlsafe(32)
        tx.note_sign_in(account.user.id)
        tx.add_session(digest(token), account.user, agent[:AGENT_MAX], longest=LONGEST)
        return SignedIn(token, account)

    def _fits(self, password_hash: str, password: str) -> bool:
        return len(password) <= PASSWORD_MAX and self._passwords.fits(password_hash, password)


def digest(token: str) -> bytes:
    """What is stored in place of a session's or a link's token, which is 256 random bits."""
    return hashlib.sha256(token.encode(errors="replace")).digest()


def _locked(account: Account, now: datetime) -> bool:
    recent = account.failed_at is not None and now - account.failed_at < FAILURES_WAIT
    return recent and account.failures >= FAILURES_MAX


def _open(invitation: Invitation | None) -> Invitation:
    if invitation is None:
        raise NotFoundError(_LINK_OVER)
    return invitation
