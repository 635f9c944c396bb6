"""How a webhook shows that it is ours: HMAC-SHA256 over its time and its body, by every secret that is valid."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from typing import Final

HEADER: Final = "X-Stockline-Signature"
_PREFIX: Final = "whsec_"


def new_secret() -> str:
    """256 bits, readable."""
    return _PREFIX + secrets.token_urlsafe(32)


def signature(valid: Sequence[str], at: int, body: bytes) -> str:
    """The header's value: `t=…,v1=…`, one v1 for each secret that is valid."""
    signed = f"{at}.".encode() + body
    return ",".join([f"t={at}", *(f"v1={_hmac(secret, signed)}" for secret in valid)])


def _hmac(secret: str, signed: bytes) -> str:
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
