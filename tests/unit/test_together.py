"""Callers who come while another is at work: taken along in one go, each with an answer of its own."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from app.domain.orders.together import Together
from tests.stockline import until


class Work:
    """Doubles what it is asked, in crowds; it holds still where the test wants it to."""

    def __init__(self, most: int = 64) -> None:
        self.crowds: list[list[int]] = []
        self.together: Together[str, int, int] = Together(self.act, most)
        self.begun, self.go_on = threading.Event(), threading.Event()
        self.go_on.set()

    def act(self, key: str, gather: Callable[[], Sequence[int]]) -> list[int | None]:
        crowd = list(gather())
        self.crowds.append(crowd)
        self.begun.set()
        assert key == "another" or self.go_on.wait(30)
        if -1 in crowd:
            raise LookupError("down")
        if -2 in crowd:
            raise SystemExit
        return [None if one == 0 else one * 2 for one in crowd]

    @contextmanager
    def held(self, *asked: int):
        """The first is at work until the block ends; those asked wait behind it, in this order."""
        self.go_on.clear()
        with ThreadPoolExecutor(20) as threads:

            def ask(one: int) -> Future[int | None]:
                return threads.submit(self.together.ask, "k", one)

            first = ask(100)
            assert self.begun.wait(30)
            told = []
            for count, one in enumerate(asked, 1):
                told.append(ask(one))
                until(lambda count=count: len(self.together._waiting["k"]) == count)
            yield first, told
            self.go_on.set()


def test_who_comes_alone_acts_at_once_and_leaves_nothing_behind():
    work = Work()
    assert [work.together.ask("k", one) for one in (1, 2)] == [2, 4]
    assert work.crowds == [[1], [2]]
    assert work.together._waiting == {}


def test_those_who_come_meanwhile_are_one_crowd_in_the_order_they_came():
    work = Work()
    with work.held(5, 3, 4) as (first, told):
        pass
    assert [one.result(30) for one in (first, *told)] == [200, 10, 6, 8]
    assert work.crowds == [[100], [5, 3, 4]]
    assert work.together._waiting == {}


def test_a_crowd_has_at_most_so_many():
    work = Work(most=2)
    with work.held(1, 2, 3, 4, 5) as (_, told):
        pass
    assert [one.result(30) for one in told] == [2, 4, 6, 8, 10]
    assert work.crowds == [[100], [1, 2], [3, 4], [5]]


def test_who_comes_before_the_crowd_is_gathered_goes_along():
    began, ready = threading.Event(), threading.Event()

    def act(key: str, gather: Callable[[], Sequence[int]]) -> list[int]:
        began.set()
        assert ready.wait(30)
        crowd = gather()
        return [len(crowd)] * len(crowd)

    together: Together[str, int, int] = Together(act, 64)
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(together.ask, "k", 1)
        assert began.wait(30)
        second = threads.submit(together.ask, "k", 2)
        until(lambda: len(together._waiting["k"]) == 1)
        ready.set()
        assert (first.result(30), second.result(30)) == (2, 2)


def test_another_key_waits_for_nobody():
    work = Work()
    with work.held(1):
        assert work.together.ask("another", 7) == 14


def test_who_gets_no_answer_is_told_so():
    work = Work()
    with work.held(0, 1) as (_, told):
        pass
    assert [one.result(30) for one in told] == [None, 2]


def test_a_failure_is_told_to_the_whole_crowd_and_to_nobody_else():
    work = Work(most=2)
    with work.held(1, -1, 3) as (first, told):
        pass
    assert (first.result(30), told[2].result(30)) == (200, 6)
    for one in told[:2]:
        with pytest.raises(LookupError):
            one.result(30)
    assert work.together._waiting == {}


def test_a_leaders_end_wakes_all_who_went_along_and_those_who_wait():
    work = Work(most=2)
    with work.held(-2, 1, 3) as (_, told):
        pass
    with pytest.raises(SystemExit):
        told[0].result(30)
    assert [one.result(30) for one in told[1:]] == [None, 6]
    assert work.together._waiting == {}


def test_of_a_storm_everybody_gets_their_own_answer():
    work = Work(most=8)
    with ThreadPoolExecutor(32) as threads:
        told = list(threads.map(lambda one: work.together.ask("k", one), range(1, 2001)))
    assert told == [one * 2 for one in range(1, 2001)]
    assert sorted(one for crowd in work.crowds for one in crowd) == list(range(1, 2001))
    assert work.together._waiting == {}
