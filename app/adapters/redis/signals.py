"""Tells a waiting web process that its feed is settled: a list per feed that lives for a minute."""

import time
from contextlib import suppress
from typing import Final, cast
from uuid import UUID

import msgspec
from redis import Redis

from app.adapters.redis.client import Circuit, RedisAwayError
from app.domain.stock.feed import Feed

_KEPT_S: Final = 60
_LOOK_AGAIN_S: Final = 0.2
_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(Feed)


class RedisSignals:
    """`wait` blocks on a client whose socket time-out must be longer than any wait asked for."""

    def __init__(self, client: Redis, blocking: Redis) -> None:
        self._client = client
        self._blocking = blocking
        self._circuit = Circuit("signals")

    def settled(self, feed_id: UUID, feed: Feed | None = None) -> None:
        """Wake whoever waits now or within a minute; never raises."""
        key, news = _key(feed_id), b"" if feed is None else _ENCODER.encode(feed)

        def tell() -> None:
            with self._client.pipeline(transaction=False) as pipe:
                pipe.rpush(key, news)
                pipe.expire(key, _KEPT_S)
                pipe.execute()

        with suppress(RedisAwayError):
            self._circuit.run(tell)

    def wait(self, feed_id: UUID, timeout_s: float) -> Feed | None:
        """Return when told or when the time is over; without Redis return soon, for the caller to look."""
        try:
            told = self._circuit.run(lambda: self._blocking.blpop([_key(feed_id)], timeout=timeout_s))
        except RedisAwayError:
            time.sleep(min(timeout_s, _LOOK_AGAIN_S))
            return None
        news = cast("bytes", told[1]) if told else b""
        return _DECODER.decode(news) if news else None


def _key(feed_id: UUID) -> str:
    return f"settled:{feed_id}"
