"""Connections: pages of a sorted list, with cursors that survive insertions and deletions."""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from graphql import GraphQLError

PAGE_MAX = 250


class Page:
    """What `first`, `after`, `last`, `before` and `reverse` leave of a list."""

    def __init__(self, items: Sequence[Any], arguments: Mapping[str, Any], key: Callable[[Any], Any]) -> None:
        self._key = key
        ordered = sorted(items, key=self._place, reverse=bool(arguments.get("reverse")))
        size, from_end = _size(arguments)
        window = self._between(ordered, arguments)
        self.nodes = window[-size:] if from_end and size else window[:size]
        self._before = bool(self.nodes) and self.nodes[0] is not ordered[0]
        self._after = bool(self.nodes) and self.nodes[-1] is not ordered[-1]

    def _place(self, item: Any) -> tuple[Any, int]:
        return self._key(item), item.id

    def _between(self, ordered: list[Any], arguments: Mapping[str, Any]) -> list[Any]:
        down = bool(arguments.get("reverse"))
        if after := arguments.get("after"):
            mark = _read(after)
            ordered = [one for one in ordered if _later(self._place(one), mark, down)]
        if before := arguments.get("before"):
            mark = _read(before)
            ordered = [one for one in ordered if _later(mark, self._place(one), down)]
        return ordered

    def _cursor(self, item: Any) -> str:
        value, number = self._place(item)
        text = json.dumps({"last_id": number, "last_value": value})
        return base64.b64encode(text.encode()).decode()

    @property
    def edges(self) -> list[dict[str, Any]]:
        """With a cursor each."""
        return [{"cursor": self._cursor(one), "node": one} for one in self.nodes]

    @property
    def page_info(self) -> dict[str, Any]:
        """Where one is."""
        return {
            "hasNextPage": self._after,
            "hasPreviousPage": self._before,
            "startCursor": self._cursor(self.nodes[0]) if self.nodes else None,
            "endCursor": self._cursor(self.nodes[-1]) if self.nodes else None,
        }


def _size(arguments: Mapping[str, Any]) -> tuple[int, bool]:
    """How many, and whether from the end."""
    first, last = arguments.get("first"), arguments.get("last")
    if first is None and last is None:
        raise _refused("you must provide one of first or last")
    if first is not None and last is not None:
        raise _refused("providing both first and last is not supported")
    for name, value in (("first", first), ("last", last)):
        if value is not None and value > PAGE_MAX:
            raise _refused(f"{name} cannot exceed {PAGE_MAX}")
        if value is not None and value < 0:
            raise _refused(f"{name} cannot be less than zero")
    return (int(first), False) if first is not None else (int(last or 0), True)


def _refused(message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": "BAD_REQUEST"})


def _read(cursor: str) -> tuple[Any, int]:
    try:
        held = json.loads(base64.b64decode(cursor, validate=True))
        return held["last_value"], int(held["last_id"])
    except (ValueError, KeyError, TypeError) as error:
        raise _refused("Invalid cursor for current pagination sort.") from error


def _later(one: tuple[Any, int], other: tuple[Any, int], down: bool) -> bool:
    try:
        return one < other if down else one > other
    except TypeError as error:
        raise _refused("Invalid cursor for current pagination sort.") from error
