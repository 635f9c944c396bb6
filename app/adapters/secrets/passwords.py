"""Passwords as argon2id hashes (RFC 9106), two at a time: each takes 64 MiB and a core."""

import threading
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

AT_ONCE: Final = 2


class Argon2Passwords:
    """The verbs of `app.domain.tenancy.account_ports.Passwords`."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
        self._turns = threading.Semaphore(AT_ONCE)

    def hashed(self, password: str) -> str:
        with self._turns:
            return self._hasher.hash(password)

    def fits(self, password_hash: str, password: str) -> bool:
        try:
            with self._turns:
                return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False

    def outdated(self, password_hash: str) -> bool:
        return self._hasher.check_needs_rehash(password_hash)
