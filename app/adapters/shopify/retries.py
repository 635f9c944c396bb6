"""Bounded tries against transport faults: exponential, fully jittered, a 429's wish respected."""

from collections.abc import Callable
from typing import Final, TypeVar

import structlog
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, stop_after_delay
from tenacity.wait import wait_random_exponential

from app.adapters.shopify.errors import TransportFaultError
from app.domain.push.errors import ShopUnavailableError

_T = TypeVar("_T")

log = structlog.get_logger()

TRIES: Final = 4
WITHIN_S: Final = 12.0
RETRY_AFTER_S_MAX: Final = 10.0
_JITTERED: Final = wait_random_exponential(multiplier=0.5, max=4)


def retried(work: Callable[[], _T], sleep: Callable[[float], None]) -> _T:
    """What `work` returns at last. Raises ShopUnavailableError when every try met a transport fault.

    Only for what may be done twice.
    """
    retrying = Retrying(
        sleep=sleep,
        stop=stop_after_attempt(TRIES) | stop_after_delay(WITHIN_S),
        wait=_wait,
        retry=retry_if_exception_type(TransportFaultError),
        before_sleep=_tell,
        reraise=True,
    )
    try:
        return retrying(work)
    except TransportFaultError as error:
        raise ShopUnavailableError(
            f"{error}; several tries did not help", retry_after_s=error.retry_after_s or 5.0
        ) from error


def _tell(state: RetryCallState) -> None:
    fault = state.outcome.exception() if state.outcome else None
    log.info("shopify.fault", error=str(fault), tries=state.attempt_number)


def _wait(state: RetryCallState) -> float:
    fault = state.outcome.exception() if state.outcome else None
    wished = fault.retry_after_s if isinstance(fault, TransportFaultError) else None
    return min(wished, RETRY_AFTER_S_MAX) if wished is not None else _JITTERED(state)
