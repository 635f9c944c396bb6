"""A worker that dies of one feed: `dramatiq tests.faults.poisoned`; FAULT=uncounted takes the count of tries out."""

import os
import signal
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import dramatiq
from sqlalchemy import text

from app.adapters.postgres import work
from app.bootstrap import build
from app.domain.work.dispatch import Actor, Claim, Progress
from app.settings import load_or_exit
from app.workers import actors
from app.workers.broker import build as build_broker

POISON = os.environ["POISON"]

if os.environ.get("FAULT") == "uncounted":
    for name in ("_CLAIM_HEAD", "_CLAIM_RUNG"):
        counted = getattr(work, name).text
        assert "attempts = d.attempts + 1" in counted
        setattr(work, name, text(counted.replace("attempts = d.attempts + 1", "attempts = d.attempts")))


def poisoned(handle: Callable[..., Progress]) -> Any:
    """Dies, as of a segmentation fault, when it meets the tenant whose feed is poison."""

    def apply(claim: Claim, over: Callable[[], bool]) -> Progress:
        if str(claim.tenant_id) == POISON:
            os.kill(os.getpid(), signal.SIGKILL)
        return handle(claim, over)

    return apply


container = build(load_or_exit())
handle, give_up = container.handlers[Actor.FEEDS_APPLY]
container = replace(container, handlers={Actor.FEEDS_APPLY: (poisoned(handle), give_up)})
broker = build_broker(container)
dramatiq.set_broker(broker)
actors.register(broker, container)
