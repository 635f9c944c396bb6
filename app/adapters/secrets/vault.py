"""Secrets encrypted with Fernet: the newest key encrypts, all of them decrypt."""

from typing import Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from app.domain.shop.connection import EncryptionMissingError

_UNSET: Final = (
    "ENCRYPTION_KEYS is not set, and shops' secrets are kept with its keys only: set it and start again"
)
_UNFIT: Final = "none of ENCRYPTION_KEYS opens a stored secret: add the key that it was kept with, or connect the shop again"


class MultiFernetVault:
    """The verbs of `app.domain.shop.ports.Vault`, over comma-separated keys, newest first; none may be given."""

    def __init__(self, keys: str) -> None:
        given = [Fernet(key.strip()) for key in keys.split(",") if key.strip()]
        self._fernet = MultiFernet(given) if given else None

    def seal(self, secret: str) -> bytes:
        """Encrypted with the newest key."""
        return self._keys().encrypt(secret.encode())

    def open(self, sealed: bytes) -> str:
        """Decrypted with whichever key fits."""
        try:
            return self._keys().decrypt(sealed).decode()
        except InvalidToken:
            raise EncryptionMissingError(_UNFIT) from None

    def rotate(self, sealed: bytes) -> bytes:
        """Encrypted anew with the newest key."""
        try:
            return self._keys().rotate(sealed)
        except InvalidToken:
            raise EncryptionMissingError(_UNFIT) from None

    def _keys(self) -> MultiFernet:
        if self._fernet is None:
            raise EncryptionMissingError(_UNSET)
        return self._fernet
