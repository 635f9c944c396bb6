"""A push's progress as server-sent events.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import time
from collections.abc import Callable, Iterator
from typing import Final
from uuid import UUID

import msgspec
from flask import Response

from app.domain.errors import TransientError
from app.domain.push.push import PushStatus
from app.web.api import no_content
from app.web.streams import Stream, streams

CONTENT_TYPE: Final = "text/event-stream"
LOOK_EVERY_S: Final = 0.25
ASK_EVERY_S: Final = 1.0
SPEAK_EVERY_S: Final = 5.0  # a client that went away is noticed when something is written to it
LASTS_S: Final = 300.0
_AGAIN: Final = b"retry: 1000\n\n"
_COMMENT: Final = b":\n\n"
_ID_DIGITS_MAX: Final = 18

Told = tuple[int, bytes]
"""The version and the JSON body of a push."""


class _Status(msgspec.Struct):
    status: PushStatus


class Sight:
    """One push as a stream sees it: on the board, and where that shows nothing, in PostgreSQL now and then."""

    def __init__(
        self,
        board: Callable[[], Told | None],
        database: Callable[[], Told],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._board = board
        self._database = database
        self._clock = clock
        self._ask_after = 0.0

    def now(self) -> Told | None:
        """How it stands; None when the board is empty and PostgreSQL was asked less than a second ago."""
        told = self._board()
        if told is None and self._clock() >= self._ask_after:
            self._ask_after = self._clock() + ASK_EVERY_S
            told = self._database()
        return told


def seen(last_event_id: str | None) -> int:
    """The version that a Last-Event-ID names; 0 for what is none of ours."""
    sent = (last_event_id or "").strip()
    return int(sent) if sent.isascii() and sent.isdecimal() and len(sent) <= _ID_DIGITS_MAX else 0


def is_over(body: bytes) -> bool:
    """Whether no event follows this one."""
    return msgspec.json.decode(body, type=_Status).status.over


def event(version: int, body: bytes) -> bytes:
    """One event; a body of ours has no line breaks."""
    return b"event: progress\nid: %d\ndata: %b\n\n" % (version, body)


def stream(tenant_id: UUID, sight: Sight, told: Told, after: int) -> Response:
    """How it stands, then each change, until the last one; 204 when that was seen. Raises 503 without a seat."""
    version, body = told
    if after > version:  # nothing has seen its future
        after = 0
    if is_over(body):
        return Response(event(version, body), content_type=CONTENT_TYPE) if after < version else no_content()
    response = streams().answer(tenant_id, events(sight, after, streams().wait), CONTENT_TYPE)
    response.headers["X-Accel-Buffering"] = "no"
    return response


def events(
    sight: Sight,
    version: int,
    wait: Callable[[float], bool],
    clock: Callable[[], float] = time.monotonic,
) -> Stream:
    """Every state after `version` that is met, until the last one.

    Ends early, for the client to come back with what it has seen: after five minutes, when the process stops, or when
    neither Redis nor PostgreSQL answers.
    """
    began = clock()
    spoke = began - SPEAK_EVERY_S
    try:
        for told in _looks(sight, wait, lambda: clock() - began < LASTS_S):
            if told is not None and told[0] > version:
                version, spoke = told[0], clock()
                yield event(*told)
                if is_over(told[1]):
                    return
            elif clock() - spoke >= SPEAK_EVERY_S:
                spoke = clock()
                yield _COMMENT
    except TransientError:
        pass
    yield _AGAIN


def _looks(sight: Sight, wait: Callable[[float], bool], going: Callable[[], bool]) -> Iterator[Told | None]:
    """Four looks a second."""
    while going():
        yield sight.now()
        if wait(LOOK_EVERY_S):
            return
