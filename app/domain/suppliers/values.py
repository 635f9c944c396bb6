"""One value of a supplier's row, in whatever form it was written, as ours."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any, Final

SKU_MAX: Final = 128
UNITS_MAX: Final = 2_147_483_647
PRICE_MAX: Final = Decimal("9999999999.99")
DAYS_MAX: Final = 3_650
AHEAD_MAX: Final = timedelta(minutes=5)
EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)

LEAST: Final = 1
"""What "in stock" is taken for where no number is given: the least it can mean, so that nothing is oversold."""
_OUT: Final = (
    "unavailable",
    "not available",
    "out of stock",
    "outofstock",
    "sold out",
    "no stock",
    "not in stock",
    "out",
    "none",
    "no",
    "n",
    "false",
    "discontinued",
    "inactive",
    "backorder",
    "back order",
    "backordered",
    "on backorder",
    "preorder",
    "pre order",
    "on request",
)
_IN: Final = (
    "available",
    "in stock",
    "instock",
    "yes",
    "y",
    "true",
    "low",
    "low stock",
    "limited",
    "limited availability",
)
WORDS: Final[Mapping[str, int]] = {**dict.fromkeys(_OUT, 0), **dict.fromkeys(_IN, LEAST)}

_PLAIN: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)", re.ASCII)
_DECIMAL_COMMA: Final = re.compile(r"[+-]?\d+,\d{1,2}", re.ASCII)
_GROUPED: Final = re.compile(r"[+-]?\d{1,3}(,\d{3})+\.\d+", re.ASCII)
_GROUPED_COMMA: Final = re.compile(r"[+-]?\d{1,3}(\.\d{3})+,\d+", re.ASCII)
_AT_LEAST: Final = re.compile(r"(?:>=?\s*)?(\d{1,9})\s*\+?", re.ASCII)
_SPACING: Final = re.compile(r"[\s_-]+", re.ASCII)
_NUMBER_MAX: Final = 40
_GERMAN: Final = re.compile(
    r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?:[ T,]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?", re.ASCII
)
_SLASHED: Final = re.compile(r"(\d{4})/(\d{2})/(\d{2})(.*)", re.ASCII | re.DOTALL)
_SECONDS: Final = 100_000_000_000
"""From here on an epoch counts milliseconds: in seconds it would be the year 5138."""


class BadValueError(Exception):
    """Why a value cannot be read."""


def sku_of(value: Any) -> str:
    """A SKU: text, trimmed, or a whole number."""
    if type(value) is int or (type(value) is float and value.is_integer()):
        value = str(int(value))
    if not isinstance(value, str):
        raise BadValueError("the sku is missing" if value is None else "the sku is no text")
    sku = value.strip()
    if not sku or len(sku) > SKU_MAX:
        raise BadValueError("the sku is empty" if not sku else f"the sku is longer than {SKU_MAX} characters")
    if not sku.isprintable() and any(_unfit(letter) for letter in sku):
        raise BadValueError("the sku has control characters in it")
    return sku


def _unfit(letter: str) -> bool:
    return letter < " " or "\ud800" <= letter <= "\udfff"


def units_of(value: Any, words: Mapping[str, int], name: str = "quantity") -> int:
    """Whole units from a number, a numeric text, a word or a flag; less than none is none."""
    if type(value) is int:
        return _bounded(value, name)
    if isinstance(value, bool):
        value = "true" if value else "false"
    if isinstance(value, float):
        return _bounded(_floored(value, name), name)
    if not isinstance(value, str):
        raise BadValueError(f"the {name} is missing" if value is None else f"the {name} is no number")
    return _units_of_text(value.strip(), words, name)


def _units_of_text(text: str, words: Mapping[str, int], name: str) -> int:
    if text.isascii() and text.isdigit() and len(text) < 11:
        return _bounded(int(text), name)
    if not text:
        raise BadValueError(f"the {name} is missing")
    folded = text.casefold()
    spaced = _SPACING.sub(" ", folded)
    for word in (folded, spaced):
        found = words.get(word, WORDS.get(word))
        if found is not None:
            return found
    number = number_of(text)
    if number is not None:
        return _bounded(math.floor(number), name)
    if least := _AT_LEAST.fullmatch(text):
        return _bounded(int(least[1]), name)
    raise BadValueError(f"the {name} {_shown(text)} is no number, and no word that is known")


def _floored(value: float, name: str) -> int:
    if not math.isfinite(value):
        raise BadValueError(f"the {name} is no finite number")
    return math.floor(value)


def _bounded(units: int, name: str) -> int:
    if units > UNITS_MAX:
        raise BadValueError(f"the {name} is more than {UNITS_MAX}")
    return max(units, 0)


def number_of(text: str) -> Decimal | None:
    """A number as it is commonly written; None for what could be read in two ways, such as 1,234."""
    if len(text) > _NUMBER_MAX or not text.isascii():
        return None
    if _PLAIN.fullmatch(text):
        return Decimal(text)
    if _DECIMAL_COMMA.fullmatch(text):
        return Decimal(text.replace(",", "."))
    if _GROUPED.fullmatch(text):
        return Decimal(text.replace(",", ""))
    if _GROUPED_COMMA.fullmatch(text):
        return Decimal(text.replace(".", "").replace(",", "."))
    return None


def price_of(value: Any) -> Decimal | None:
    """Money with two decimals; None where there is none."""
    if value is None or value == "":
        return None
    number = None
    if isinstance(value, str):
        number = number_of(value.strip())
    elif not isinstance(value, bool) and isinstance(value, int | float) and math.isfinite(value):
        number = Decimal(str(value))
    if number is None or not 0 <= number <= PRICE_MAX:
        raise BadValueError("the price is no amount of money")
    return number.quantize(Decimal("0.01"))


def count_of(value: Any, name: str) -> int | None:
    """Units of an optional field, which takes no words; None where there is nothing."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        raise BadValueError(f"the {name} is no number")
    if isinstance(value, str):
        number = number_of(value.strip())
        if number is None:
            raise BadValueError(f"the {name} {_shown(value)} is no number")
        value = math.floor(number)
    return units_of(value, {}, name)


def days_of(value: Any) -> int | None:
    """A lead time in days."""
    days = count_of(value, "lead time")
    if days is not None and days > DAYS_MAX:
        raise BadValueError(f"the lead time is more than {DAYS_MAX} days")
    return days


def moment_of(value: Any, now: datetime, date_format: str | None = None) -> datetime | None:
    """A time: RFC 3339 and its common kin, an HTTP date, or an epoch in seconds or milliseconds.

    Without a zone it is UTC. None where there is none; what is up to 5 minutes ahead is now.
    """
    if value is None or value == "":
        return None
    try:
        moment = _moment(value, date_format)
    except (ValueError, OverflowError, OSError, TypeError, IndexError) as error:
        raise BadValueError(
            f"the updatedAt {_shown(value)} is no time that can be read in one way"
        ) from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    if moment > now:
        if moment > now + AHEAD_MAX:
            raise BadValueError("the updatedAt is more than 5 minutes ahead")
        return now
    if moment < EARLIEST:
        raise BadValueError("the updatedAt is before the year 2000")
    return moment.astimezone(UTC)


def _moment(value: Any, date_format: str | None) -> datetime:
    if isinstance(value, bool):
        raise TypeError("a flag is no time")
    if isinstance(value, int | float):
        return _epoch(value)
    if not isinstance(value, str):
        raise TypeError("an object is no time")
    text = value.strip()
    if date_format:
        return datetime.strptime(text, date_format)  # noqa: DTZ007 - UTC where the format has no zone
    if text.isascii() and text.isdigit():
        return datetime.fromisoformat(text) if len(text) == 8 else _epoch(int(text))
    if slashed := _SLASHED.fullmatch(text):
        text = "-".join(slashed.groups()[:3]) + slashed[4]
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return _other(text)


def _other(text: str) -> datetime:
    if german := _GERMAN.fullmatch(text):
        day, month, year, hour, minute, second = (int(part or 0) for part in german.groups())
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    return parsedate_to_datetime(text)


def _epoch(value: float) -> datetime:
    return datetime.fromtimestamp(value / 1000 if value >= _SECONDS else value, UTC)


def _shown(value: Any) -> str:
    text = str(value)
    return repr(text if len(text) <= 40 else f"{text[:40]}…")
