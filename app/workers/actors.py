"""The actors: an id in, one use case."""

from typing import Any
from uuid import UUID

import dramatiq

from app.bootstrap import Container
from app.domain.work.dispatch import Actor


def register(broker: dramatiq.Broker, container: Container) -> None:
    """Declare every actor on its queue. All do the same: work on what the message rang for."""
    handlers = container.handlers

    def work(dispatch_id: str) -> None:
        container.work.run(UUID(dispatch_id), handlers)

    for name in Actor:
        actor: Any = dramatiq.actor(broker=broker, actor_name=name, queue_name=name.queue, max_retries=0)
        actor(work)
