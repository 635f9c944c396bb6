"""Cursors and limits of lists: opaque to callers, checked on the way in."""

import base64
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, TypeVar
from uuid import UUID

import msgspec
import pydantic

from app.domain.catalog.items import Key, Sort
from app.domain.errors import InvalidInputError

_R = TypeVar("_R")
_Text = Annotated[str, msgspec.Meta(pattern="^[^\\x00]*$")]
_Money = Annotated[str, msgspec.Meta(pattern=r"^-?[0-9]{1,12}(\.[0-9]{1,4})?$")]
"""Not as a Decimal, which is read from 1E+999999 too."""
_ITEM_PLACES: dict[Sort, Any] = {
    Sort.PART_NUMBER: tuple[_Text, _Text],
    Sort.NAME: tuple[_Text, _Text],
    Sort.STOCK: tuple[Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)], _Text],
    Sort.PRICE: tuple[_Money, _Text],
    Sort.UPDATED: tuple[Annotated[datetime, msgspec.Meta(tz=True)], _Text],
}
_GAP_PLACES: dict[str, Any] = {
    "supplier": tuple[_Text],
    "sku": tuple[Annotated[str, msgspec.Meta(pattern="^[0-9]{1,18}$")]],
    "part": tuple[_Text],
}


class Page(pydantic.BaseModel):
    """The query of every list: `limit` 1 to 200, and the cursor of the page before."""

    limit: Annotated[int, pydantic.Field(ge=1, le=200, description="How many at most.")] = 50
    cursor: Annotated[str | None, pydantic.Field(description="`nextCursor` of the page before.")] = None


def encode(*place: Any) -> str:
    """A cursor that leads back to this place."""
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def cut(
    rows: Sequence[_R], limit: int, place: Callable[[_R], Sequence[Any]]
) -> tuple[Sequence[_R], str | None]:
    """A page of the rows, of which one more than it holds was read, and the cursor of the next if there is one."""
    page = rows[:limit]
    return page, encode(*place(page[-1])) if len(rows) > limit else None


def decode_place(cursor: str) -> tuple[datetime, UUID]:
    """A time and an id. Raises InvalidInputError for what is no cursor of ours."""
    place: tuple[datetime, UUID] = _decode(cursor, tuple[datetime, UUID])
    return place


def decode_name(cursor: str) -> tuple[bytes, UUID]:
    """A sort key and an id. Raises InvalidInputError for what is no cursor of ours."""
    place: tuple[bytes, UUID] = _decode(cursor, tuple[bytes, UUID])
    return place


def decode_dealer(cursor: str) -> tuple[str, bytes, UUID]:
    """A country, a sort key and an id. Raises InvalidInputError for what is no cursor of ours."""
    shape = tuple[Annotated[str, msgspec.Meta(pattern="^([A-Z]{2})?$")], bytes, UUID]
    place: tuple[str, bytes, UUID] = _decode(cursor, shape)
    return place


def decode_index(cursor: str) -> int:
    """A position. Raises InvalidInputError for what is no cursor of ours."""
    index: int = _decode(cursor, tuple[Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]])[0]
    return index


def decode_number(cursor: str) -> int:
    """A key of a table. Raises InvalidInputError for what is no cursor of ours."""
    number: int = _decode(cursor, tuple[Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]])[0]
    return number


def decode_cover(cursor: str) -> tuple[float | None, int]:
    """Days and a key of a table. Raises InvalidInputError for what is no cursor of ours."""
    days, key = Annotated[float, msgspec.Meta(ge=0)], Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
    place: tuple[float | None, int] = _decode(cursor, tuple[days | None, key])  # type: ignore[valid-type]
    return place


def decode_rank(cursor: str) -> tuple[Decimal, int, UUID]:
    """Money, a count and an id. Raises InvalidInputError for what is no cursor of ours."""
    count = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
    stake, units, one = _decode(cursor, tuple[_Money, count, UUID])
    return Decimal(stake), units, one


def decode_count(cursor: str) -> tuple[int, str]:
    """A count and a name. Raises InvalidInputError for what is no cursor of ours."""
    place: tuple[int, str] = _decode(cursor, tuple[Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)], _Text])
    return place


def decode_moment(cursor: str) -> tuple[datetime, str]:
    """A time and a name. Raises InvalidInputError for what is no cursor of ours."""
    place: tuple[datetime, str] = _decode(cursor, tuple[datetime, _Text])
    return place


def decode_text(cursor: str) -> str:
    """A text. Raises InvalidInputError for what is no cursor of ours."""
    place: str = _decode(cursor, tuple[_Text])[0]
    return place


def decode_key(cursor: str) -> tuple[bool, UUID]:
    """Whether it is over, and an id. Raises InvalidInputError for what is no cursor of ours."""
    place: tuple[bool, UUID] = _decode(cursor, tuple[bool, UUID])
    return place


def decode_gap(cursor: str, kind: str) -> str:
    """A code, an id or a part number, by the kind. Raises InvalidInputError for what is no cursor of ours."""
    place: str = _decode(cursor, _GAP_PLACES[kind])[0]
    return place


def decode_tenant(cursor: str) -> tuple[str, UUID]:
    """A name and an id. Raises InvalidInputError for what is no cursor of ours."""
    place: tuple[str, UUID] = _decode(cursor, tuple[_Text, UUID])
    return place


def decode_item(cursor: str, sort: Sort) -> tuple[Key, str]:
    """What a list is ordered by, and a part number. Raises InvalidInputError for what is no cursor of ours."""
    key, part_number = _decode(cursor, _ITEM_PLACES[sort])
    return Decimal(key) if sort is Sort.PRICE else key, part_number


def decode_line(cursor: str) -> tuple[str, int, int]:
    """A name, a turn and an id. Raises InvalidInputError for what is no cursor of ours."""
    turn, id_ = Annotated[int, msgspec.Meta(ge=0, le=1)], Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
    place: tuple[str, int, int] = _decode(cursor, tuple[_Text, turn, id_])  # type: ignore[valid-type]
    return place


def _decode(cursor: str, shape: Any) -> Any:
    try:
        data = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        return msgspec.json.decode(data, type=shape)
    except (ValueError, msgspec.MsgspecError):
        raise InvalidInputError("cursor is not one of ours; start without it") from None
