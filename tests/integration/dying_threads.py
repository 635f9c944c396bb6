"""A worker whose threads die after their first message, as Dramatiq's issue 445 has it."""

from typing import Any

import dramatiq

from app.workers.main import broker


class FatalError(BaseException):
    """What no handler catches: the thread ends with it."""


class Fatal(dramatiq.Middleware):
    def after_process_message(self, broker: dramatiq.Broker, message: Any, **outcome: Any) -> None:
        raise FatalError


broker.add_middleware(Fatal())
