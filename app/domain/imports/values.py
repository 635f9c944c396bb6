"""What each kind of import value may be; a ValueError's text completes the sentence `<field> …`.

A parser gets a CSV cell (always text) or a JSON value, never None and never an empty text.
"""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from app.domain.imports.countries import COUNTRIES

PART_NUMBER_LENGTH_MAX = 128
STOCK_MAX = 2_147_483_647
MONEY_MAX = Decimal("9999999999.99")
WEIGHT_MAX = Decimal("999999.9999")
TAGS_MAX = 250
TAG_LENGTH_MAX = 255
_NUMBER = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,30})?")
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")

Parser = Callable[[Any], Any]


def unstorable(value: str) -> bool:
    """Whether PostgreSQL has no place for this text."""
    return _UNSTORABLE.search(value) is not None


def text(length_max: int, *, trimmed: bool = True) -> Parser:
    """Text that PostgreSQL can store; None when nothing is left after trimming."""

    def parse(value: Any) -> str | None:
        if not isinstance(value, str):
            raise ValueError("must be text")  # noqa: TRY004 - the file is wrong, not the program
        if unstorable(value):
            raise ValueError("has a NUL or a character that is not UTF-8")
        value = value.strip() if trimmed else value
        if len(value) > length_max:
            raise ValueError(f"is longer than {length_max:,} characters")
        return value or None

    return parse


part_number = text(PART_NUMBER_LENGTH_MAX)


def digits(*lengths: int) -> Parser:
    """A code of decimal digits, kept as text for its leading zeros."""
    wanted = f"{lengths[0]} to {lengths[-1]}" if len(lengths) > 4 else " or ".join(map(str, lengths))
    short_text = text(64)

    def parse(value: Any) -> str | None:
        code: str | None = short_text(value)
        if code is not None and not (code.isascii() and code.isdigit() and len(code) in lengths):
            raise ValueError(f"must be {wanted} digits")
        return code

    return parse


def _number(value: Any) -> Decimal:
    """A plain decimal from text or a JSON number; booleans, exponents in text, NaN are none."""
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return Decimal(value.strip())
    if isinstance(value, int | Decimal) and not isinstance(value, bool) and Decimal(value).is_finite():
        return Decimal(value)
    raise ValueError("must be a number")


def _bounded(value: Any, high: Decimal) -> Decimal:
    number = _number(value)
    if not 0 <= number <= high:
        raise ValueError(f"must be from 0 to {high:,}")
    return number


def money(value: Any) -> Decimal:
    """An amount in the tenant's currency."""
    amount = _bounded(value, MONEY_MAX)
    if amount != round(amount, 2):
        raise ValueError("must have at most 2 decimals")
    return round(amount, 2)


def weight(value: Any) -> Decimal:
    """Kilograms, kept to a tenth of a gram."""
    return round(_bounded(value, WEIGHT_MAX), 4)


def whole(value: Any) -> int:
    """A count such as stock or a position."""
    count = _bounded(value, Decimal(STOCK_MAX))
    if count != int(count):
        raise ValueError("must be a whole number")
    return int(count)


def country(value: Any) -> str | None:
    """An ISO 3166-1 alpha-2 code, in upper case."""
    code: str | None = text(64)(value)
    if code is not None and code.upper() not in COUNTRIES:
        raise ValueError("must be an ISO 3166-1 alpha-2 code (the United Kingdom is GB)")
    return code and code.upper()


def url(value: Any) -> str | None:
    """An absolute http or https address."""
    address: str | None = text(2048)(value)
    if address is None:
        return None
    if not address.isprintable() or " " in address or not _has_web_host(address):
        raise ValueError("must be an http or https address")
    return address


def _has_web_host(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def tags(value: Any) -> list[str] | None:
    """A JSON list of texts, or one text with commas; without repeats, in their order."""
    if not isinstance(value, str | list):
        raise ValueError("must be a list of texts")  # noqa: TRY004 - as above
    parse = text(TAG_LENGTH_MAX)
    given = [parse(tag) for tag in (value.split(",") if isinstance(value, str) else value)]
    distinct = list(dict.fromkeys(tag for tag in given if tag))
    if len(distinct) > TAGS_MAX:
        raise ValueError(f"must be at most {TAGS_MAX} tags")
    return distinct or None
