"""Allowed domains: how one is written, and which browser Origin it lets through."""

import re
from collections.abc import Collection
from urllib.parse import urlsplit

from app.domain.errors import InvalidInputError

_HOST = re.compile(
    r"(?=.{1,253}(:|$))[a-z0-9]([a-z0-9_-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9_-]*[a-z0-9])?)*(:\d{1,5})?"
)


def allowed_domain(text: str) -> str:
    """`host` or `host:port` as browsers name it: lower case, punycode, without scheme and slash."""
    bare = re.sub(r"^https?://", "", text.strip().lower()).removesuffix("/")
    try:
        host = bare if bare.isascii() else bare.encode("idna").decode()
    except UnicodeError:
        host = ""
    if not _HOST.fullmatch(host):
        raise InvalidInputError(f"{text!r} is not a domain; write it as shop.example.com")
    return host


def is_allowed(origin: str, domains: Collection[str]) -> bool:
    """Whether an Origin header names one of these domains; a domain without a port allows any port."""
    try:
        address = urlsplit(origin.lower())
    except ValueError:
        return False
    return address.scheme in {"http", "https"} and (
        address.netloc in domains or (address.hostname or "") in domains
    )
