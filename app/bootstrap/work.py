"""What a context gives to the workers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from app.domain.work.dispatch import Actor, Handler
from app.domain.work.service import GiveUp


@dataclass(frozen=True, slots=True)
class Jobs:
    """By actor: what runs it and what gives it up, and what tries a dead letter of it again."""

    handlers: Mapping[Actor, tuple[Handler, GiveUp]]
    replays: Mapping[Actor, Callable[[UUID, UUID], None]] = field(default_factory=dict)
