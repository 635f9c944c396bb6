"""The peer of the pick-up: Dramatiq as it comes, its default broker and consumer, on the same Redis."""

import os
import sys
import time
from typing import Any

import dramatiq
import redis
from dramatiq.brokers.redis import RedisBroker

URL_VARIABLE = "BENCH_REDIS_URL"
STARTS = "bench:starts"

broker = RedisBroker(url=os.environ.get(URL_VARIABLE, "redis://127.0.0.1/5"))
dramatiq.set_broker(broker)
_starts: Any = redis.Redis.from_url(os.environ.get(URL_VARIABLE, "redis://127.0.0.1/5"))


@dramatiq.actor(max_retries=0)
def start(enqueued_at: float) -> None:
    """Tell how long the message waited: one machine, one clock."""
    _starts.rpush(STARTS, time.time() - enqueued_at)


def command(threads: int) -> tuple[str, ...]:
    """One worker process with as many threads as ours have."""
    return (sys.executable, "-m", "dramatiq", __name__, "-p", "1", "-t", str(threads))
