"""The people of a tenant: who they are, what their role lets them do, what makes a password."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from app.domain.errors import InvalidInputError, StocklineError
from app.domain.tenancy.tenant import Tenant

PASSWORD_MIN: Final = 8
PASSWORD_MAX: Final = 256
EMAIL_MAX: Final = 254
NAME_MAX: Final = 120
_EMAIL: Final = re.compile(r"[^@\s\x00-\x1f\x7f]{1,64}@[^@\s\x00-\x1f\x7f]+\.[^@\s\x00-\x1f\x7f.]+")
_LOCAL_EMAIL: Final = re.compile(r"[^@\s\x00-\x1f\x7f]{1,64}@localhost")


class Role(StrEnum):
    """What somebody may do; each may do what those before it may."""

    VIEWER = "viewer"  # looks
    OPERATOR = "operator"  # and works: feeds, catalog, pushes, orders, alerts, purchase orders
    OWNER = "owner"  # and decides: people, keys, settings, connections, sharing

    def may(self, needed: "Role") -> bool:
        """True when this role includes the needed one."""
        ranks = tuple(Role)
        return ranks.index(self) >= ranks.index(needed)


class NotAllowedError(StocklineError):
    """The caller's role does not include this."""

    code = "not_allowed"


class WrongPasswordError(StocklineError):
    """E-mail and password do not go together; which of them is wrong is not told."""

    code = "wrong_password"


@dataclass(frozen=True, slots=True)
class User:
    """One person at one tenant. `platform`: also runs the platform itself."""

    id: UUID
    tenant_id: UUID
    email: str
    name: str
    role: Role
    platform: bool
    active: bool
    created_at: datetime
    last_sign_in_at: datetime | None = None

    @property
    def called(self) -> str:
        """As others see them."""
        return self.name or self.email


@dataclass(frozen=True, slots=True)
class Visit:
    """A browser that is signed in."""

    user: User
    tenant: Tenant
    network_version: int


def checked_email(text: str) -> str:
    """The address as it is kept: trimmed, in lower case. Raises InvalidInputError."""
    email = text.strip().lower()
    if len(email) > EMAIL_MAX or not (_EMAIL.fullmatch(email) or _LOCAL_EMAIL.fullmatch(email)):
        raise InvalidInputError("this is no e-mail address; it looks like name@example.com")
    return email


def checked_password(text: str, email: str) -> str:
    """The password, if it will do (NIST SP 800-63B: length counts, composition rules do not). InvalidInputError."""
    if not PASSWORD_MIN <= len(text) <= PASSWORD_MAX:
        raise InvalidInputError(f"a password has {PASSWORD_MIN} to {PASSWORD_MAX} characters; choose another")
    if text.strip().lower() == email:
        raise InvalidInputError("a password may not be the e-mail address; choose another")
    return text


def checked_name(text: str) -> str:
    """A person's or a key's name: printable, short. Raises InvalidInputError."""
    name = text.strip()
    if len(name) > NAME_MAX or not name.isprintable():
        raise InvalidInputError(f"a name is printable text of at most {NAME_MAX} characters")
    return name


def checked_role(text: str) -> Role:
    """Raises InvalidInputError for what is no role."""
    try:
        return Role(text)
    except ValueError:
        raise InvalidInputError(f"{text!r} is no role; it is one of {', '.join(Role)}") from None
