"""From a request body to strict rows: the contract's rules for each kind of feed, with a reason per refusal.

A stock feed without surprises takes a fast way; everything else is read an element at a time.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Final

import msgspec

from app.domain.errors import InvalidInputError, PayloadTooLargeError
from app.domain.stock.elements import Pairs, elements
from app.domain.stock.feed import SAMPLE_MAX, FeedKind

PART_NUMBER_MAX = 128
STOCK_MAX = 2_147_483_647
CENTS_MAX = 999_999_999_999
ROWS_MAX = 2_000_000
AHEAD_MAX = timedelta(minutes=5)
EARLIEST: Final = datetime(1, 1, 2, tzinfo=UTC)
ABSENT: Final = -1
"""In a price triple: this field was not sent and stays as it is; None clears it."""

Price = tuple[int | None, int | None, int | None]
"""price, compareAtPrice, costPrice in cents."""


class RefusedRowError(Exception):
    """Why one row is malformed."""


@dataclass(slots=True)
class Parsed:
    """A payload's rows as columns. Positions count valid rows; `index` is the place in the payload."""

    keys: list[str] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    index: list[int] = field(default_factory=list)
    as_of: dict[int, datetime] = field(default_factory=dict)
    dealers: list[str] = field(default_factory=list)
    sent: dict[int, str] = field(default_factory=dict)
    sent_dealers: dict[int, str] = field(default_factory=dict)
    refused: list[tuple[int, Any, Any, str]] = field(default_factory=list)

    @property
    def sample(self) -> list[dict[str, Any]]:
        """The first refusals, as the answer shows them."""
        return [{"index": index, "reason": reason} for index, _, _, reason in self.refused[:SAMPLE_MAX]]


def parse(kind: FeedKind, body: bytes, now: Callable[[], datetime]) -> Parsed:
    """Read a body by the rules of its kind.

    `now` is asked once, and only if a row carries an asOf. Raises InvalidInputError when the body is no
    JSON array or has no valid row, PayloadTooLargeError beyond 2,000,000 rows.
    """
    parsed = _parse_plain_stock(body) if kind is FeedKind.STOCK else None
    if parsed is None:
        parsed = _parse_any(kind, body, now)
    if not parsed.keys:
        reason = f"; the first: {parsed.refused[0][3]}" if parsed.refused else ""
        raise InvalidInputError(f"the body has no valid row{reason}", details=parsed.sample or None)
    return parsed


# --- the fast way --------------------------------------------------------------------------------


class _PlainStockRow(msgspec.Struct, gc=False):
    partNumber: Annotated[str, msgspec.Meta(min_length=1, max_length=PART_NUMBER_MAX)]  # noqa: N815 - the wire's
    stock: Annotated[int, msgspec.Meta(ge=0, le=STOCK_MAX)]


_PLAIN_ROWS: Final = msgspec.json.Decoder(list[_PlainStockRow])


def _parse_plain_stock(body: bytes) -> Parsed | None:
    """Rows of exactly partNumber and a whole stock, without escapes or padding; None if any is not.

    Six quotes a row and no backslash prove that no row has another key or the same key twice.
    """
    if b"\\" in body:
        return None
    try:
        rows = _PLAIN_ROWS.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    if body.count(b'"') != 6 * len(rows) or len(rows) > ROWS_MAX:
        return None
    keys = [row.partNumber for row in rows]
    if [key.strip() for key in keys] != keys:
        return None
    return Parsed(keys=keys, values=[row.stock for row in rows], index=list(range(len(rows))))


# --- the careful way -----------------------------------------------------------------------------


def _parse_any(kind: FeedKind, body: bytes, now: Callable[[], datetime]) -> Parsed:
    parsed = Parsed()
    read_value = _price if kind is FeedKind.PRICE else _stock
    clock = _Clock(now)
    for index, element in enumerate(elements(body)):
        if index >= ROWS_MAX:
            raise PayloadTooLargeError(f"a feed takes at most {ROWS_MAX:,} rows; split it")
        try:
            row = _row(element)
            dealer = _dealer(row) if kind is FeedKind.LOCATION else None
            sent = row.get("partNumber")
            key = _part_number(row)
            value = read_value(row)
            as_of = clock.as_of(row["asOf"]) if "asOf" in row else None
        except RefusedRowError as refusal:
            parsed.refused.append((index, *_as_sent(element), str(refusal)))
            continue
        position = len(parsed.keys)
        parsed.keys.append(key)
        parsed.values.append(value)
        parsed.index.append(index)
        if dealer is not None:
            parsed.dealers.append(dealer)
            if row["dealerId"] != dealer:
                parsed.sent_dealers[position] = row["dealerId"]
        if as_of is not None:
            parsed.as_of[position] = as_of
        if sent != key:
            parsed.sent[position] = str(sent)
    return parsed


def _as_sent(element: Any) -> tuple[Any, Any]:
    """What to show of a refused row: its part number and its stock, shortened where they are no scalars."""
    if not isinstance(element, Pairs):
        return None, None
    pairs = dict(element)
    return _shown(pairs.get("partNumber")), _shown(pairs.get("stock", pairs.get("price")))


def _shown(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return value[:256].encode("utf-8", "replace").decode()
    if isinstance(value, Decimal):
        return str(value)[:64]
    return value if isinstance(value, int) else type(value).__name__


def _row(element: Any) -> dict[str, Any]:
    if not isinstance(element, Pairs):
        raise RefusedRowError("the row is not an object")
    row = dict(element)
    if len(row) != len(element):
        raise RefusedRowError("a key stands twice in the row")
    return row


def _part_number(row: dict[str, Any]) -> str:
    value = row.get("partNumber")
    if not isinstance(value, str):
        missing = "partNumber" not in row
        raise RefusedRowError("partNumber is missing" if missing else "partNumber is not a string")
    key = value.strip()
    if not key:
        raise RefusedRowError("partNumber is empty")
    if len(key) > PART_NUMBER_MAX:
        raise RefusedRowError(f"partNumber is longer than {PART_NUMBER_MAX} characters")
    _storable(value, "partNumber")
    return key


def _storable(value: str, name: str) -> None:
    """PostgreSQL's text holds neither NUL nor half a surrogate pair."""
    if "\0" in value:
        raise RefusedRowError(f"{name} contains a NUL character")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise RefusedRowError(f"{name} contains an unpaired surrogate") from None


_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def _dealer(row: dict[str, Any]) -> str:
    value = row.get("dealerId")
    if not isinstance(value, str):
        missing = "dealerId" not in row
        raise RefusedRowError("dealerId is missing" if missing else "dealerId is not a string")
    _storable(value, "dealerId")
    return value.lower() if _UUID.fullmatch(value) else value


def _stock(row: dict[str, Any]) -> int:
    value = row.get("stock")
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise RefusedRowError("stock is missing" if "stock" not in row else "stock is not a number")
    if value < 0:
        raise RefusedRowError("stock is negative")
    if value >= STOCK_MAX + 1:
        raise RefusedRowError(f"stock is larger than {STOCK_MAX}")
    return int(value)


def _price(row: dict[str, Any]) -> Price:
    if "price" not in row:
        raise RefusedRowError("price is missing")
    return (_cents(row, "price"), _cents(row, "compareAtPrice"), _cents(row, "costPrice"))


_MONEY: Final = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?")
_CENT: Final = Decimal("0.01")


def _cents(row: dict[str, Any], name: str) -> int | None:
    """A sum of money in hundredths; ABSENT where the row does not have it, None where it is null."""
    if name not in row:
        return ABSENT
    value = row[name]
    if value is None:
        return None
    if isinstance(value, str) and _MONEY.fullmatch(value.strip()):
        value = Decimal(value.strip())
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise RefusedRowError(f"{name} is neither a decimal nor null")
    if value < 0:
        raise RefusedRowError(f"{name} is negative")
    if value > Decimal(CENTS_MAX) / 100:
        raise RefusedRowError(f"{name} is larger than {CENTS_MAX // 100}.99")
    rounded = Decimal(value).quantize(_CENT)  # a product would round far decimals away before they are seen
    if rounded != value:
        raise RefusedRowError(f"{name} has more than 2 decimals")
    return int(rounded * 100)


class _Clock:
    """Reads asOf stamps against one reading of the clock."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._ask = now
        self._now: datetime | None = None

    def as_of(self, value: Any) -> datetime | None:
        """The stamp; None, which is the acceptance time, for one up to five minutes ahead."""
        if not isinstance(value, str):
            raise RefusedRowError("asOf is not an RFC 3339 string")
        try:
            stamp: datetime = msgspec.convert(value, Annotated[datetime, msgspec.Meta(tz=True)], strict=True)
            stamp = stamp.astimezone(UTC)
        except (msgspec.ValidationError, OverflowError):
            raise RefusedRowError("asOf is not an RFC 3339 time with its offset") from None
        if value[-1] not in "Zz" and value[-3] != ":":  # msgspec reads +0200 too
            raise RefusedRowError("asOf is not an RFC 3339 time: its offset lacks the colon")
        if self._now is None:
            self._now = self._ask()
        if stamp > self._now + AHEAD_MAX:
            raise RefusedRowError("asOf is more than 5 minutes in the future")
        if stamp < EARLIEST:
            raise RefusedRowError("asOf is before year 1")
        return stamp if stamp < self._now else None
