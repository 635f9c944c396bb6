"""A piece of durable work and the states it goes through.

ready ──claim──▶ running ──finish──▶ (row deleted)
▲                 │ ├──release, lease ran out──▶ ready, running again
│                 │ ├──hold──▶ held ──release──▶ ready
└──replay── dead ◀┘ (three tries or deaths without a checkpoint in between)
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum
from uuid import UUID

TRIES_MAX = 3


class Queue(StrEnum):
    """The Dramatiq queues; the Procfile has one process type for each."""

    FEEDS = "feeds"
    PUSH = "push"
    SUPPLIERS = "suppliers"
    BACKGROUND = "background"


class Actor(StrEnum):
    """The names on the wire, `context.verb`. Renaming one strands its messages."""

    FEEDS_APPLY = "feeds.apply"
    PUSHES_RUN = "pushes.run"
    PUSHES_SPREAD = "pushes.spread"
    WEBHOOKS_HANDLE = "webhooks.handle"
    SHOPS_PULL = "shops.pull"
    SUPPLIERS_POLL = "suppliers.poll"
    ORDERS_EXPIRE = "orders.expire"
    ALERTS_WATCH = "alerts.watch"
    ALERTS_DELIVER = "alerts.deliver"
    PURCHASING_WATCH = "purchasing.watch"
    PURCHASING_SEND = "purchasing.send"

    @property
    def queue(self) -> Queue:
        """Where this actor's messages go."""
        return _QUEUES[self]


_QUEUES = {
    Actor.FEEDS_APPLY: Queue.FEEDS,
    Actor.PUSHES_RUN: Queue.PUSH,
    Actor.PUSHES_SPREAD: Queue.BACKGROUND,
    Actor.WEBHOOKS_HANDLE: Queue.BACKGROUND,
    Actor.SHOPS_PULL: Queue.BACKGROUND,
    Actor.SUPPLIERS_POLL: Queue.SUPPLIERS,
    Actor.ORDERS_EXPIRE: Queue.BACKGROUND,
    Actor.ALERTS_WATCH: Queue.BACKGROUND,
    Actor.ALERTS_DELIVER: Queue.BACKGROUND,
    Actor.PURCHASING_WATCH: Queue.BACKGROUND,
    Actor.PURCHASING_SEND: Queue.BACKGROUND,
}


class State(StrEnum):
    """Of a dispatch row. Done work has no row."""

    READY = "ready"  # may be claimed once not_before has come and nothing earlier is left in its lane
    RUNNING = "running"  # a worker holds the lease; claimable again when the lease ran out
    HELD = "held"  # waits for a person
    DEAD = "dead"  # put aside with its reason; replayed or discarded by a person


@dataclass(frozen=True, slots=True)
class Claim:
    """A lease on one piece of work. Every write made under it is checked against `token`."""

    id: UUID
    actor: Actor
    tenant_id: UUID
    lane: str
    seq: int
    attempts: int
    token: int
    claimed_at: datetime  # PostgreSQL's clock: when the work was begun
    last_error: str | None = None


class Progress(Enum):
    """What a handler says when it hands its claim back."""

    DONE = "done"  # it left its lane, done or put aside: the next may start
    MORE = "more"  # its time slice is over, work is left
    STOPPED = "stopped"  # lost, or to be tried again later: nothing more to do here now


Handler = Callable[[Claim, Callable[[], bool]], Progress]
"""Does a claim's work until done or until the callable says that the slice is over."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """Work that was put aside, as the operator sees it."""

    id: UUID
    actor: str
    tenant_id: UUID
    attempts: int
    error: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class QueueStatus:
    """One queue's load, counted in PostgreSQL: what is true even when Redis forgot it."""

    queue: Queue
    ready: int
    delayed: int
    dead: int
    oldest_age_s: float
