"""Callers of one key who come while another is at work wait together, and one of them does the work of all."""

import threading
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


@dataclass(slots=True)
class _Caller(Generic[Asked, Answer]):
    """Somebody who asks; `woken` once answered, or once it is up to them to act for those who wait."""

    asked: Asked
    woken: threading.Event = field(default_factory=threading.Event)
    leads: bool = False
    answer: Answer | None = None
    error: Exception | None = None


class Together(Generic[Key, Asked, Answer]):
    """Who finds nobody at work acts at once; who comes meanwhile is taken along by the next. Nobody waits for company.

    As many wait as threads call. `act` calls what it is given when it is ready to: for what a crowd of at most `most`
    asks, in the order in which they came. Its answers are in that order.
    """

    def __init__(
        self,
        act: Callable[[Key, Callable[[], Sequence[Asked]]], Sequence[Answer | None]],
        most: int,
    ) -> None:
        self._act, self._most = act, most
        self._lock = threading.Lock()
        self._waiting: dict[Key, deque[_Caller[Asked, Answer]]] = {}  # of every key at which somebody works

    def ask(self, key: Key, asked: Asked) -> Answer | None:
        """What `act` answers to it; what it raises, everybody of the crowd raises.

        None when it has no answer, or when the thread that acted for this one was ended.
        """
        mine: _Caller[Asked, Answer] = _Caller(asked)
        if not self._first(key, mine):
            mine.woken.wait()
        if mine.leads:
            self._lead(key, mine)
        if mine.error is not None:
            raise mine.error
        return mine.answer

    def _first(self, key: Key, mine: _Caller[Asked, Answer]) -> bool:
        with self._lock:
            mine.leads = key not in self._waiting
            if mine.leads:
                self._waiting[key] = deque()
            else:
                self._waiting[key].append(mine)
        return mine.leads

    def _lead(self, key: Key, mine: _Caller[Asked, Answer]) -> None:
        crowd = [mine]

        def gather() -> list[Asked]:
            with self._lock:
                waiting = self._waiting[key]
                crowd.extend(waiting.popleft() for _ in range(min(len(waiting), self._most - 1)))
            return [one.asked for one in crowd]

        try:
            answers = self._act(key, gather)
            for one, answer in zip(crowd, answers, strict=True):
                one.answer = answer
        except Exception as error:  # noqa: BLE001 - each of them is told
            for one in crowd:
                one.error = error
        finally:
            self._hand_over(key)
            for one in crowd[1:]:
                one.woken.set()

    def _hand_over(self, key: Key) -> None:
        with self._lock:
            waiting = self._waiting[key]
            if not waiting:
                del self._waiting[key]
                return
            heir = waiting.popleft()
        heir.leads = True
        heir.woken.set()
