"""API keys: how one is made, told apart from a mistyped one, and compared.

`pst_live_<prefix>_<secret><checksum>`: the prefix finds the row, the secret is 165 random bits and
needs no slow hash, the checksum refuses a mistyped key without asking the database (as GitHub's
tokens do, https://github.blog/2021-04-05-behind-githubs-new-authentication-token-formats/).
"""

import hashlib
import re
import secrets
import string
import zlib
from typing import NamedTuple

LIVE = "pst_live_"
PREFIX_LENGTH = 12
SECRET_LENGTH = 32
_ALPHABET = string.ascii_lowercase + string.digits
_SHAPE = re.compile(
    rf"(?P<body>{LIVE}(?P<prefix>[a-z0-9]{{{PREFIX_LENGTH}}})_[a-z0-9]{{{SECRET_LENGTH}}})(?P<checksum>[0-9a-f]{{8}})",
)


class NewKey(NamedTuple):
    """A key at its birth: `text` is shown once, the rest is what is stored."""

    text: str
    prefix: str
    secret_hash: bytes


def new_key() -> NewKey:
    """A key that nobody has seen yet."""
    prefix = _random(PREFIX_LENGTH)
    body = f"{LIVE}{prefix}_{_random(SECRET_LENGTH)}"
    text = body + _checksum(body)
    return NewKey(text, prefix, digest(text))


def prefix_of(text: str) -> str | None:
    """The public prefix of a well-formed key; None when it cannot be one of ours."""
    shape = _SHAPE.fullmatch(text)
    if shape is None or shape["checksum"] != _checksum(shape["body"]):
        return None
    return shape["prefix"]


def digest(text: str) -> bytes:
    """What is stored, and what a cache may be keyed by, in place of the key."""
    return hashlib.sha256(text.encode(errors="replace")).digest()


def same(one: bytes, other: bytes) -> bool:
    """Compare two digests in a time that does not tell where they differ."""
    return secrets.compare_digest(one, other)


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def _checksum(body: str) -> str:
    return f"{zlib.crc32(body.encode()):08x}"
