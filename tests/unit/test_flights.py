import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.domain.storefront.flights import Flights


def test_overlapping_sets_fetch_each_key_once():
    flights, fetched = Flights(), []
    started, go_on = threading.Event(), threading.Event()

    def fetch(keys):
        fetched.append(list(keys))
        started.set()
        assert go_on.wait(5)
        return {key: key.encode() for key in keys}

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(flights.run, ["a", "b"], fetch)
        assert started.wait(5)
        started.clear()
        second = pool.submit(flights.run, ["b", "c"], fetch)
        assert started.wait(5)
        go_on.set()
        assert first.result(5) == {"a": b"a", "b": b"b"}
        assert second.result(5) == {"b": b"b", "c": b"c"}
    assert fetched == [["a", "b"], ["c"]]


def test_whoever_waits_shares_the_failure_and_the_next_one_tries_again():
    flights = Flights()
    started, go_on = threading.Event(), threading.Event()

    def fail(_keys):
        started.set()
        assert go_on.wait(5)
        raise LookupError("down")

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(flights.run, ["a"], fail)
        assert started.wait(5)
        second = pool.submit(flights.run, ["a"], fail)
        go_on.set()
        for flight in (first, second):
            with pytest.raises(LookupError):
                flight.result(5)
    assert flights.run(["a"], lambda keys: dict.fromkeys(keys, b"x")) == {"a": b"x"}


def test_a_key_asked_twice_is_fetched_once():
    assert Flights().run(["a", "a"], lambda keys: {key: str(len(keys)).encode() for key in keys}) == {
        "a": b"1"
    }
