"""The message broker: Dramatiq on Redis with consumers that wake at once, or on RabbitMQ."""

import threading
from collections.abc import Callable
from typing import Any
from uuid import UUID

import dramatiq
import redis
import structlog
from dramatiq import Message
from dramatiq.brokers.redis import RedisBroker, _RedisConsumer
from dramatiq.errors import ConnectionClosed
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.domain.work.dispatch import Actor

log = structlog.get_logger()


class WakingConsumer(_RedisConsumer):
    """Waits where Dramatiq's consumer would sleep.

    Plain Dramatiq polls an idle queue with a back-off that grows to a second. This one blocks on the queue's
    own list; when all threads are busy it waits for the first to come free instead.
    """

    def __init__(self, broker: "WakingBroker", queue_name: str, prefetch: int, timeout: int) -> None:
        super().__init__(broker, queue_name, prefetch, timeout)
        self._room = threading.Event()

    def ack(self, message: Any) -> None:
        super().ack(message)
        self._room.set()

    def nack(self, message: Any) -> None:
        super().nack(message)
        self._room.set()

    def __next__(self) -> Any:
        if not self.message_cache and not self._fetch():
            return None
        return super().__next__()

    def _fetch(self) -> bool:
        """Fill the cache; True when there is something in it."""
        self._room.clear()
        try:
            room = self.prefetch - self.outstanding_message_count
            if room <= 0:
                self._room.wait(self.timeout / 1000)
                return False
            self.message_cache = self.broker.do_fetch(self.queue_name, room)
            if not self.message_cache:
                self.broker.wait_for_message(self.queue_name, self.timeout / 1000)
        except (redis.ConnectionError, redis.TimeoutError) as error:
            raise ConnectionClosed(error) from None
        return bool(self.message_cache)


class WakingBroker(RedisBroker):
    """A RedisBroker whose idle consumers wake at once."""

    @property
    def consumer_class(self) -> type[WakingConsumer]:
        return WakingConsumer

    def wait_for_message(self, queue_name: str, timeout_s: float) -> None:
        """Return when the queue has a message, or after the timeout.

        Moving the first id from the left end to the left end changes nothing; it only waits for one.
        """
        queue = f"{self.namespace}:{queue_name}"
        self.client.blmove(queue, queue, timeout=timeout_s, src="LEFT", dest="LEFT")  # type: ignore[arg-type]


def connect(url: str, middleware: list[dramatiq.Middleware], *, timeout_s: float) -> dramatiq.Broker:
    """The broker that BROKER_URL names; nothing is opened yet.

    `timeout_s` bounds every command: long enough for a consumer to block on its queue, short where a request
    waits for the ring. Every command does its queue's maintenance, so that what a dead worker had fetched
    is handed on after a minute even without the sweep.
    """
    if url.startswith(("amqp://", "amqps://")):
        from dramatiq.brokers.rabbitmq import RabbitmqBroker  # noqa: PLC0415 - only where it is asked for

        return RabbitmqBroker(url=url, middleware=middleware, confirm_delivery=True)
    client = redis.Redis.from_url(
        url,
        socket_timeout=timeout_s,
        socket_connect_timeout=min(timeout_s, 3),
        health_check_interval=15,
        retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
        max_connections=256,
    )
    return WakingBroker(
        client=client, middleware=middleware, maintenance_chance=1_000_000, heartbeat_timeout=60_000
    )


Circuit = Callable[[Callable[[], Any]], Any]
"""Runs a command, or raises at once while the engine behind it is known to be away."""


class DramatiqBell:
    """Rings by message: an actor's name and an id, nothing else."""

    def __init__(self, broker: dramatiq.Broker, circuit: Circuit) -> None:
        self._broker = broker
        self._circuit = circuit

    def close(self) -> None:
        """End the broker's connections."""
        self._broker.close()

    def ring(self, actor: Actor, dispatch_id: UUID) -> None:
        """Send the message; a broker that is away is logged and left to the sweep."""
        message: Message[Any] = Message(
            queue_name=actor.queue, actor_name=actor, args=(str(dispatch_id),), kwargs={}, options={}
        )
        try:
            self._circuit(lambda: self._broker.enqueue(message))
        except Exception as error:  # noqa: BLE001 - whatever a broker raises, the row is committed and the sweep rings
            log.warning("bell.not_rung", dispatch_id=str(dispatch_id), error=str(error))
