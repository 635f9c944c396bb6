"""The elements of a JSON array, one at a time, from a body that nobody has vouched for.

The standard library's scanner does the reading. Numbers stay exact, an object keeps its pairs, so that a key
that comes twice is seen, and never more than one element stands in memory.
"""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from app.domain.errors import InvalidInputError


class Pairs(list[tuple[str, Any]]):
    """One JSON object as its pairs, so that a key that comes twice is seen."""


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _integer(digits: str) -> int | Decimal:
    return int(digits) if len(digits) < 20 else Decimal(digits)


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except ArithmeticError:  # an exponent beyond what Decimal holds; another as far out has the same fate
        mantissa, _, exponent = text.lower().partition("e")
        return Decimal(mantissa) * Decimal("1e-9999" if exponent.startswith("-") else "1e9999")


_SCANNER: Final = json.JSONDecoder(
    object_pairs_hook=Pairs, parse_int=_integer, parse_float=_decimal, parse_constant=_no_constant
)
_SPACE: Final = re.compile(r"[ \t\n\r]*")


def elements(body: bytes) -> Iterator[Any]:
    """The elements of the body's array, one at a time."""
    try:
        text = body.decode("utf-8")
        at = _skip(text, 0)
        if text[at : at + 1] != "[":
            json.loads(text)
            raise InvalidInputError("the body must be a JSON array of rows")
        at = _skip(text, at + 1)
        if text[at : at + 1] == "]":
            at += 1
        else:
            while True:
                element, at = _SCANNER.raw_decode(text, at)
                yield element
                at = _skip(text, at)
                separator = text[at : at + 1]
                at = _skip(text, at + 1)
                if separator == "]":
                    break
                if separator != ",":
                    raise ValueError(f"expected , or ] at character {at}")
        if _skip(text, at) != len(text):
            raise ValueError("something follows the array")
    except RecursionError:
        raise InvalidInputError("the body is nested too deeply", details=None) from None
    except ValueError as error:
        raise InvalidInputError(f"the body is not valid JSON: {error}") from None


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return at if match is None else match.end()
