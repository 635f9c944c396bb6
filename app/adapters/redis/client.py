"""A Redis that may be away: short time-outs, and a circuit that spares callers from waiting twice."""

import threading
import time
from collections.abc import Callable
from typing import Final, TypeVar

import structlog
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.maint_notifications import MaintNotificationsConfig
from redis.retry import Retry

_T = TypeVar("_T")
_OPEN_S: Final = 1.0
_TELL_EVERY_S: Final = 30.0


class RedisAwayError(Exception):
    """Redis did not answer now, or did not a moment ago; the caller does without."""


def client_for(url: str, *, connect_timeout_s: float = 0.25, timeout_s: float = 0.5) -> Redis:
    """A lazy client that reconnects once when a pooled connection turns out dead, and never waits to retry."""
    return Redis.from_url(
        url,
        socket_connect_timeout=connect_timeout_s,
        socket_timeout=timeout_s,
        retry=Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)),
        maint_notifications_config=MaintNotificationsConfig(enabled=False),
        max_connections=512,
    )


class ThreadClients:
    """A client of its own for each thread: half the cost of taking a connection from the pool each time."""

    def __init__(self, client: Redis) -> None:
        self._pool = client.connection_pool
        self._local = threading.local()

    def mine(self) -> Redis:
        """This thread's client, on a connection that it shares with nobody; connects, so it may raise."""
        client: Redis | None = getattr(self._local, "client", None)
        if client is None:
            client = Redis(connection_pool=self._pool, single_connection_client=True)
            self._local.client = client
        return client


class Circuit:
    """Runs commands; after a failure lets one probe a second through and refuses the rest at once."""

    def __init__(self, purpose: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._purpose = purpose
        self._clock = clock
        self._lock = threading.Lock()
        self._open_until = 0.0
        self._tell_after = 0.0

    def run(self, command: Callable[[], _T]) -> _T:
        """The command's result; RedisAwayError whenever Redis fails or has just failed."""
        if self._open_until and not self._may_probe():
            raise RedisAwayError(f"{self._purpose}: Redis failed less than {_OPEN_S:g} s ago")
        try:
            result = command()
        except RedisError as error:
            self._opened(error)
            raise RedisAwayError(f"{self._purpose}: {error}") from error
        self._open_until = 0.0
        return result

    def _may_probe(self) -> bool:
        with self._lock:
            now = self._clock()
            if not self._open_until:
                return True
            if now < self._open_until:
                return False
            self._open_until = now + _OPEN_S
            return True

    def _opened(self, error: RedisError) -> None:
        with self._lock:
            now = self._clock()
            self._open_until = now + _OPEN_S
            if now < self._tell_after:
                return
            self._tell_after = now + _TELL_EVERY_S
        structlog.get_logger().warning("redis.away", purpose=self._purpose, error=str(error))


def answers(client: Redis) -> bool:
    """Whether Redis answers a PING now."""
    try:
        return bool(client.ping())
    except RedisError:
        return False
