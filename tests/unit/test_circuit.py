import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from app.adapters.redis.client import Circuit, RedisAwayError


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def circuit(clock: Clock) -> Circuit:
    return Circuit("test", clock)


def fail() -> None:
    raise RedisConnectionError("gone")


def never() -> None:
    raise AssertionError("asked")


def test_a_result_passes(circuit: Circuit):
    assert circuit.run(lambda: 1) == 1


def test_after_a_failure_redis_is_not_asked_for_a_second(circuit: Circuit, clock: Clock):
    for command in (fail, never):
        with pytest.raises(RedisAwayError):
            circuit.run(command)
    clock.now += 1.01
    assert circuit.run(lambda: 1) == 1
    assert circuit.run(lambda: 2) == 2


def test_one_probe_at_a_time_finds_out(circuit: Circuit, clock: Clock):
    with pytest.raises(RedisAwayError):
        circuit.run(fail)
    clock.now += 1.01

    def probe() -> str:
        with pytest.raises(RedisAwayError):
            circuit.run(never)
        return "probed"

    assert circuit.run(probe) == "probed"


def test_a_defect_is_not_taken_for_an_absence(circuit: Circuit):
    with pytest.raises(ZeroDivisionError):
        circuit.run(lambda: 1 // 0)
    assert circuit.run(lambda: 1) == 1
