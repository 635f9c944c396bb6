"""Runs durable work under leases, and rings again for what Redis forgot or a dead worker held."""

import random
import time
from collections.abc import Callable, Mapping
from uuid import UUID

import structlog

from app.domain.errors import LeaseLostError, TransientError
from app.domain.work.dispatch import TRIES_MAX, Actor, Claim, Handler, Progress, QueueStatus
from app.domain.work.ports import Bell, WorkTransactions

log = structlog.get_logger()

GiveUp = Callable[[Claim, str], None]
RING_AGAIN_S = 10.0
SWEEP_LIMIT = 500
INFRASTRUCTURE_DELAY_S = 0.5


class WorkService:
    """The one mechanism behind every queue: claim, work in slices, hand back, sweep."""

    def __init__(
        self,
        transactions: WorkTransactions,
        bell: Bell,
        *,
        lease_s: float,
        slice_s: float,
        slices_s: Mapping[Actor, float] | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._transactions = transactions
        self._bell = bell
        self._sleep = sleep
        self._lease_s = lease_s
        self._slice_s = slice_s
        self._slices_s = slices_s or {}
        self._clock = clock
        self._stopping = False

    def stop(self) -> None:
        """Let running slices end at their next checkpoint: the process is going down."""
        self._stopping = True

    def run(self, dispatch_id: UUID, handlers: Mapping[Actor, tuple[Handler, GiveUp]]) -> None:
        """Work on the lane that a message rang for, for one slice; then let other lanes have the thread.

        Never raises for an engine that is away: the row stands, and the sweep rings for it again.
        """
        try:
            self._run(dispatch_id, handlers)
        except TransientError as error:
            log.warning("work.left_to_the_sweep", dispatch_id=str(dispatch_id), error=str(error))

    def _run(self, dispatch_id: UUID, handlers: Mapping[Actor, tuple[Handler, GiveUp]]) -> None:
        began = self._clock()
        if self._stopping:
            return
        with self._transactions.platform() as tx:
            claim = tx.claim_rung(dispatch_id, self._lease_s)
        slice_s = self._slices_s.get(claim.actor, self._slice_s) if claim else 0

        def over() -> bool:
            return self._stopping or self._clock() >= began + slice_s

        while claim is not None:
            progress = self._perform(claim, handlers, over)
            if progress is Progress.STOPPED:
                return
            if over():
                self._ring_next(claim.lane)
                return
            with self._transactions.platform() as tx:
                claim = tx.claim_head(claim.lane, self._lease_s)

    def _perform(
        self, claim: Claim, handlers: Mapping[Actor, tuple[Handler, GiveUp]], over: Callable[[], bool]
    ) -> Progress:
        """Hand a claim to its handler, and say what is to become of its lane.

        What the handler binds to the log's context lasts for this claim.
        """
        handle, give_up = handlers[claim.actor]
        structlog.contextvars.bind_contextvars(
            dispatch_id=str(claim.id), tenant_id=str(claim.tenant_id), attempt=claim.attempts
        )
        try:
            if claim.attempts > TRIES_MAX:
                died = f"its worker died {TRIES_MAX} times without getting further"
                return self._put_aside(claim, give_up, claim.last_error or died)
            progress = handle(claim, over)
            if progress is Progress.MORE:
                self._release(claim, delay_s=0)
            return progress
        except LeaseLostError:
            log.warning("work.lease_lost")
            return Progress.STOPPED
        except TransientError as error:
            return self._hand_back(claim, error)
        except Exception as error:
            log.exception("work.failed")
            return self._failed(claim, give_up, error)
        finally:
            structlog.contextvars.clear_contextvars()

    def _failed(self, claim: Claim, give_up: GiveUp, error: Exception) -> Progress:
        """Try again later, or put it aside after the third try since its last checkpoint."""
        reason = f"{type(error).__name__}: {error}"[:1000]
        with self._transactions.platform() as tx:
            tries = tx.tries(claim)
        if tries >= TRIES_MAX:
            return self._put_aside(claim, give_up, reason)
        delay_s = random.uniform(0.5, 1.0) * 2.0**tries  # noqa: S311 - jitter, not a secret
        self._release(claim, delay_s=delay_s, error=reason)
        return Progress.STOPPED

    def _put_aside(self, claim: Claim, give_up: GiveUp, reason: str) -> Progress:
        give_up(claim, reason)
        log.error("work.put_aside", reason=reason)
        return Progress.DONE

    def _hand_back(self, claim: Claim, error: TransientError) -> Progress:
        """An engine was away: no fault of the work's, so the try does not count.

        While PostgreSQL itself is away this waits, for as long as the lease lasts; then it raises, and the
        sweep rings again. A late release is harmless: it is fenced by the claim's token.
        """
        log.warning("work.engine_away", error=str(error))
        until = self._clock() + self._lease_s
        while True:
            try:
                self._release(claim, delay_s=INFRASTRUCTURE_DELAY_S, forgive=True)
            except TransientError:
                if self._stopping or self._clock() >= until:
                    raise
                self._sleep(INFRASTRUCTURE_DELAY_S)
            else:
                return Progress.STOPPED

    def _release(
        self, claim: Claim, *, delay_s: float, error: str | None = None, forgive: bool = False
    ) -> None:
        with self._transactions.platform() as tx:
            tx.release(claim, delay_s=delay_s, error=error, forgive=forgive)

    def _ring_next(self, lane: str) -> None:
        with self._transactions.platform() as tx:
            head = tx.head_of(lane)
        if head is not None:
            self._bell.ring(head[1], head[0])

    def sweep(self) -> int:
        """Ring for due work that nobody works on. Any number of sweepers may run; returns how many rang."""
        with self._transactions.platform() as tx:
            tx.wake_watchers()
            due = tx.due(SWEEP_LIMIT, RING_AGAIN_S)
        for dispatch_id, actor in due:
            self._bell.ring(actor, dispatch_id)
        return len(due)

    def queue_status(self) -> list[QueueStatus]:
        """Every queue's load, for /metrics and the operator."""
        with self._transactions.platform() as tx:
            return list(tx.queue_status())
