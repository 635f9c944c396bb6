"""Shopify's scalars, strict where introspection is silent: graphql-core would let every value through.

What each takes is on its page, e.g. https://shopify.dev/docs/api/admin-graphql/2026-07/scalars/Money: numbers as decimal
strings, dates in ISO 8601, URLs with a scheme and a host. JSON numbers are taken for Decimal and Money as well, since
Shopify's own libraries send them.
"""

import json
import math
import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

from graphql import GraphQLError, GraphQLScalarType, GraphQLSchema

Parse = Callable[[Any], Any]

_DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_COLOR = re.compile(r"#[0-9a-fA-F]{6}([0-9a-fA-F]{2})?")
_OFFSET = re.compile(r"[+-]\d{2}:\d{2}")


def attach(schema: GraphQLSchema) -> None:
    """Give every scalar of Shopify's its rules."""
    for name, parse in _PARSERS.items():
        scalar = schema.type_map[name]
        assert isinstance(scalar, GraphQLScalarType)
        scalar.coerce_input_value = parse
        scalar.coerce_output_value = _serialize


def _serialize(value: Any) -> Any:
    return value if isinstance(value, (str, int, float, bool, dict, list)) else str(value)


def decimal(value: Any) -> Decimal:
    """A finite number with a point, never a comma."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise GraphQLError("invalid decimal value")
    if isinstance(value, float) and not math.isfinite(value):
        raise GraphQLError("invalid decimal value")
    text = str(value)
    if not _DECIMAL.fullmatch(text):
        raise GraphQLError(f"invalid decimal '{text}'")
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise GraphQLError(f"invalid decimal '{text}'") from error


def money(value: Any) -> Decimal:
    """An amount, kept with two decimals, as every currency that is simulated has."""
    try:
        amount = decimal(value)
    except GraphQLError as error:
        raise GraphQLError("invalid money") from error
    return amount.quantize(Decimal("0.01"))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise GraphQLError("Could not coerce value to String")
    return value


def _url(value: Any) -> str:
    parts = urlsplit(_text(value))
    if not parts.scheme or not parts.netloc or " " in value:
        raise GraphQLError(f"Invalid url '{value}', missing scheme")
    return str(value)


def _moment(value: Any) -> str:
    text = _text(value)
    try:
        datetime.fromisoformat(text)
    except ValueError as error:
        raise GraphQLError(f"invalid DateTime '{text}'") from error
    if "T" not in text:
        raise GraphQLError(f"invalid DateTime '{text}'")
    return text


def _date(value: Any) -> str:
    try:
        return date.fromisoformat(_text(value)).isoformat()
    except ValueError as error:
        raise GraphQLError(f"invalid Date '{value}'") from error


def _integer(*, signed: bool) -> Parse:
    pattern = re.compile(r"-?\d+" if signed else r"\d+")

    def parse(value: Any) -> str:
        if isinstance(value, bool) or not isinstance(value, (str, int)) or not pattern.fullmatch(str(value)):
            raise GraphQLError(f"invalid integer '{value}'")
        return str(value)

    return parse


def _matching(pattern: re.Pattern[str], what: str) -> Parse:
    def parse(value: Any) -> str:
        if not pattern.fullmatch(_text(value)):
            raise GraphQLError(f"invalid {what} '{value}'")
        return str(value)

    return parse


def _json(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError as error:
            raise GraphQLError("invalid JSON") from error
    return value


_PARSERS: dict[str, Parse] = {
    "ARN": _matching(re.compile(r"arn:.+"), "ARN"),
    "BigInt": _integer(signed=True),
    "Color": _matching(_COLOR, "Color"),
    "Date": _date,
    "DateTime": _moment,
    "Decimal": decimal,
    "FormattedString": _text,
    "HTML": _text,
    "JSON": _json,
    "Money": money,
    "StorefrontID": _text,
    "URL": _url,
    "UnsignedInt64": _integer(signed=False),
    "UtcOffset": _matching(_OFFSET, "UtcOffset"),
}
