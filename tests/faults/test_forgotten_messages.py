"""A message is only a doorbell: what Redis forgot is rung again by the sweep, and by nothing else."""

import threading
from collections.abc import Callable, Iterator

import dramatiq
import pytest
import redis

from app.workers import actors
from app.workers.broker import build as build_broker
from app.workers.middleware import Sweeping
from tests.desk import Desk
from tests.workers import eventually

WAIT_S_MAX = 5.0


@pytest.fixture
def desk(open_desk: Callable[..., Desk]) -> Desk:
    return open_desk(3, sweep_interval_s=0.1)


@pytest.fixture
def worker(desk: Desk) -> Iterator[Callable[..., dramatiq.Worker]]:
    """A worker in this process; `without` names middleware to leave out."""
    started: list[tuple[dramatiq.Worker, dramatiq.Broker]] = []
    hook = threading.excepthook

    def start(without: type[dramatiq.Middleware] | None = None) -> dramatiq.Worker:
        broker = build_broker(desk.container)
        broker.middleware[:] = [
            one for one in broker.middleware if without is None or type(one) is not without
        ]
        actors.register(broker, desk.container)
        one = dramatiq.Worker(broker, queues={"feeds"}, worker_threads=1)
        one.start()
        started.append((one, broker))
        return one

    yield start
    for one, broker in started:
        one.stop()
        broker.close()
    threading.excepthook = hook


def check_that_a_forgotten_feed_is_applied(
    desk: Desk, worker: Callable[..., dramatiq.Worker], without: type[dramatiq.Middleware] | None = None
) -> None:
    feed = desk.accept(("P-0", 8))
    with redis.Redis.from_url(desk.container.settings.broker_url) as client:
        client.flushall()
    desk.later()
    worker(without)
    eventually(lambda: desk.applied(feed), WAIT_S_MAX, "the forgotten feed")
    assert desk.stock("P-0") == 8


def test_a_feed_whose_message_redis_forgot_is_applied(desk: Desk, worker: Callable[..., dramatiq.Worker]):
    check_that_a_forgotten_feed_is_applied(desk, worker)


def test_control_without_the_sweep_it_is_never_applied(desk: Desk, worker: Callable[..., dramatiq.Worker]):
    with pytest.raises(AssertionError, match="the forgotten feed is not so"):
        check_that_a_forgotten_feed_is_applied(desk, worker, without=Sweeping)
