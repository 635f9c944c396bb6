"""The message broker: Dramatiq on Redis with a bell that wakes an idle worker at once, or on RabbitMQ."""

import threading
from typing import Any
from uuid import UUID

import dramatiq
import redis
import structlog
from dramatiq import Message
from dramatiq.brokers.redis import RedisBroker, _RedisConsumer

from app.domain.work.dispatch import Actor

log = structlog.get_logger()

BELLS_MAX = 32


class BellConsumer(_RedisConsumer):  # type: ignore[misc]
    """Waits where Dramatiq's consumer would sleep.

    Plain Dramatiq polls an idle queue with a back-off that grows to a second. This one blocks on a list
    that every enqueue pushes to; when all threads are busy it waits for the first to come free instead.
    """

    def __init__(self, broker: "BellBroker", queue_name: str, prefetch: int, timeout: int) -> None:
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
                self.broker.wait_for_bell(self.queue_name, self.timeout / 1000)
        except redis.ConnectionError as error:
            raise dramatiq.ConnectionClosed(error) from None
        return bool(self.message_cache)


class BellBroker(RedisBroker):  # type: ignore[misc]
    """A RedisBroker whose queues ring."""

    @property
    def consumer_class(self) -> type[BellConsumer]:
        return BellConsumer

    def enqueue(self, message: Message[Any], *, delay: int | None = None) -> Message[Any]:
        enqueued = super().enqueue(message, delay=delay)
        bell = self._bell(message.queue_name)
        with self.client.pipeline(transaction=False) as pipe:
            pipe.rpush(bell, 1)
            pipe.ltrim(bell, -BELLS_MAX, -1)
            pipe.execute()
        return enqueued

    def wait_for_bell(self, queue_name: str, timeout_s: float) -> None:
        """Return when something was enqueued since the last look, or after the timeout."""
        self.client.blpop([self._bell(queue_name)], timeout=timeout_s)

    def _bell(self, queue_name: str) -> str:
        return f"{self.namespace}:bell:{queue_name}"


def connect(url: str, middleware: list[dramatiq.Middleware]) -> dramatiq.Broker:
    """The broker that BROKER_URL names; nothing is opened yet.

    The timeouts and `maintenance_chance` are explained in docs/architecture.md: with them a dead worker's
    messages come back after a minute, and the sweep does not even wait for that.
    """
    if url.startswith(("amqp://", "amqps://")):
        from dramatiq.brokers.rabbitmq import RabbitmqBroker  # noqa: PLC0415 - only where it is asked for

        return RabbitmqBroker(url=url, middleware=middleware, confirm_delivery=True)
    client = redis.Redis.from_url(
        url, socket_timeout=10, socket_connect_timeout=3, health_check_interval=15, max_connections=64
    )
    return BellBroker(
        client=client, middleware=middleware, maintenance_chance=1_000_000, heartbeat_timeout=60_000
    )


class DramatiqBell:
    """Rings by message: an actor's name and an id, nothing else."""

    def __init__(self, broker: dramatiq.Broker) -> None:
        self._broker = broker

    def ring(self, actor: Actor, dispatch_id: UUID) -> None:
        """Send the message; a broker that is away is logged and left to the sweep."""
        message: Message[Any] = Message(
            queue_name=actor.queue, actor_name=actor, args=(str(dispatch_id),), kwargs={}, options={}
        )
        try:
            self._broker.enqueue(message)
        except (redis.RedisError, dramatiq.DramatiqError) as error:
            log.warning("bell.not_rung", dispatch_id=str(dispatch_id), error=str(error))
