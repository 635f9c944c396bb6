"""Tells a waiting web process that its feed is settled: a list per feed that lives for a minute."""

import time
from typing import Final
from uuid import UUID

from redis import Redis

from app.adapters.redis.client import Circuit, RedisAwayError

_KEPT_S: Final = 60
_LOOK_AGAIN_S: Final = 0.2


class RedisSignals:
    """`wait` blocks on a client whose socket time-out must be longer than any wait asked for."""

    def __init__(self, client: Redis, blocking: Redis) -> None:
        self._client = client
        self._blocking = blocking
        self._circuit = Circuit("signals")

    def settled(self, feed_id: UUID) -> None:
        """Wake whoever waits now or within a minute; never raises."""
        key = _key(feed_id)

        def tell() -> None:
            with self._client.pipeline(transaction=False) as pipe:
                pipe.rpush(key, 1)
                pipe.expire(key, _KEPT_S)
                pipe.execute()

        try:
            self._circuit.run(tell)
        except RedisAwayError:
            return

    def wait(self, feed_id: UUID, timeout_s: float) -> None:
        """Return when told or when the time is over; without Redis return soon, for the caller to look."""
        try:
            self._circuit.run(lambda: self._blocking.blpop([_key(feed_id)], timeout=timeout_s))
        except RedisAwayError:
            time.sleep(min(timeout_s, _LOOK_AGAIN_S))


def _key(feed_id: UUID) -> str:
    return f"settled:{feed_id}"
