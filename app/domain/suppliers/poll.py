"""Reads a supplier, or takes what it sent, and makes it what stands. Killed anywhere, it is done again, harmlessly."""

import hashlib
import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import structlog

from app.domain.errors import StocklineError
from app.domain.shop.connection import EncryptionMissingError
from app.domain.shop.ports import Vault
from app.domain.suppliers import schedule as schedules
from app.domain.suppliers.kept import Payload
from app.domain.suppliers.poll_ports import (
    UNKNOWN,
    Begun,
    Finished,
    Marks,
    Outcome,
    PollTransaction,
    PollTransactions,
    Waiting,
)
from app.domain.suppliers.reading import read_report
from app.domain.suppliers.report import Plan, Told, plan, seen_again
from app.domain.suppliers.schedule import Draw, Health, Schedule
from app.domain.suppliers.source import (
    Fetched,
    Fetcher,
    Report,
    SourceRefusedError,
    SourceTransientError,
    SourceUnreadableError,
)
from app.domain.work.dispatch import Claim, Progress

CHUNK_ROWS: Final = 2_000
"""SKUs of one transaction: an order for one of them waits so long at most."""
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Reading:
    """A report and where it came from. `poll_id` and `waived`: of what was sent, or released."""

    report: Report
    at: datetime
    payload: Payload
    marks: Marks = UNKNOWN
    status: int | None = None
    poll_id: UUID | None = None


class PollJob:
    """One supplier at a time: its lane lets nobody else in."""

    def __init__(
        self,
        transactions: PollTransactions,
        fetcher: Fetcher,
        vault: Vault,
        *,
        lease_s: float,
        draw: Draw = random.uniform,
        chunk_rows: int = CHUNK_ROWS,
    ) -> None:
        """`lease_s` is longer than a whole fetch may take."""
        self._transactions = transactions
        self._fetcher = fetcher
        self._vault = vault
        self._lease_s = lease_s
        self._draw = draw
        self._chunk_rows = chunk_rows

    def run(self, claim: Claim, over: Callable[[], bool]) -> Progress:
        """What was sent, in its order, then the reading that is due; then rest until the next."""
        while True:
            with self._transactions.tenant(claim.tenant_id) as tx:
                begun = tx.begin(claim, self._lease_s)
                if begun is None:
                    tx.forget(claim)
                    return Progress.DONE
                if begun.waiting is None and begun.schedule.poll_at > begun.now:
                    tx.rest(claim)
                    return Progress.STOPPED
                # In a transaction of its own: it locks SKUs in their order, as what is written later does.
                tx.settle_terms(begun.supplier_id)
            structlog.contextvars.bind_contextvars(supplier=begun.code)
            if begun.waiting is not None:
                self._take(claim, begun, begun.waiting)
            elif self._poll(claim, begun):
                return Progress.STOPPED
            if over():
                return Progress.MORE

    def _poll(self, claim: Claim, begun: Begun) -> bool:
        """Read the source; whether that came to an end. It has none when a person changed the supplier meanwhile."""
        try:
            fetched = self._fetcher.fetch(
                begun.source, self._secrets(begun), etag=begun.etag, last_modified=begun.last_modified
            )
            marks = _marks(begun, fetched)
            if fetched.status == 304 or marks.body_hash == begun.body_hash:
                return self._unchanged(claim, begun, fetched, marks)
            report = read_report(begun.source, fetched.pages, now=begun.now)
        except SourceTransientError as error:
            return self._failed(claim, begun, error, status=error.status, retry_after_s=error.retry_after_s)
        except SourceUnreadableError as error:
            return self._failed(claim, begun, error)
        except SourceRefusedError as error:
            return self._refused(claim, begun, f"{error.reason}: {error.message}", status=error.status)
        except EncryptionMissingError as error:
            return self._refused(claim, begun, error.message)
        payload = Payload(fetched.pages)
        return self._apply(claim, begun, _Reading(report, begun.now, payload, marks, fetched.status))

    def _take(self, claim: Claim, begun: Begun, waiting: Waiting) -> None:
        """A payload that was sent, or that a person let through."""
        payload = Payload.unpacked(waiting.payload)
        try:
            report = read_report(payload.source(begun.source), payload.pages, now=waiting.at)
        except SourceRefusedError as error:
            unread = _unread(begun, waiting, error.message)
            self._end(claim, begun, lambda _: unread)
            return
        self._apply(claim, begun, _Reading(report, waiting.at, payload, poll_id=waiting.poll_id))

    def _secrets(self, begun: Begun) -> Mapping[str, str]:
        if begun.secrets is None:
            return {}
        secrets: dict[str, str] = json.loads(self._vault.open(begun.secrets))
        return secrets

    def _apply(self, claim: Claim, begun: Begun, reading: _Reading) -> bool:
        """Make a report what stands, in short transactions; the last says that it is done."""
        with self._transactions.tenant(claim.tenant_id) as tx:
            if self._again(tx, claim, begun) is None:
                return False
            standing = tx.standing(begun.supplier_id)
        payload = reading.payload
        made = plan(
            reading.report, standing, at=reading.at, confirmed_at=begun.confirmed_at, whole=payload.whole
        )
        if payload.whole and not payload.waived and made.too_much_goes(begun.drop_guard_percent):
            return self._end(claim, begun, lambda again: self._held(again, reading, made))
        changed = 0
        *before, last = _chunks(made, self._chunk_rows)
        for chunk in before:
            with self._transactions.tenant(claim.tenant_id) as tx:
                if self._again(tx, claim, begun) is None:
                    return False
                changed += tx.write(begun.supplier_id, chunk)
        with self._transactions.tenant(claim.tenant_id) as tx:
            again = self._again(tx, claim, begun)
            if again is None:
                return False
            changed += tx.write(begun.supplier_id, last)
            tx.finish(claim, begun, self._applied(again, reading, made, changed))
        return True

    def _unchanged(self, claim: Claim, begun: Begun, fetched: Fetched, marks: Marks) -> bool:
        """It says the same again: what was fulfilled before it was asked is in that."""
        with self._transactions.tenant(claim.tenant_id) as tx:
            again = self._again(tx, claim, begun)
            if again is None:
                return False
            changed = tx.write(begun.supplier_id, seen_again(tx.promised(begun.supplier_id), begun.now))
            finished = Finished(
                Outcome.UNCHANGED,
                begun.now,
                self._answered(again),
                Health.OK,
                status=fetched.status,
                changed=changed,
                marks=marks,
                confirmed_at=begun.now,
            )
            tx.finish(claim, begun, finished)
        return True

    def _applied(self, again: Begun, reading: _Reading, made: Plan, changed: int) -> Finished:
        """Of a payload that was sent the readings know nothing: their next brings all of it."""
        report, sent = reading.report, reading.poll_id is not None
        well = not sent or (reading.payload.whole and not again.schedule.failures)
        return Finished(
            Outcome.APPLIED,
            reading.at,
            None if sent else self._answered(again),
            Health.OK if well else None,
            poll_id=reading.poll_id,
            status=reading.status,
            rows=report.received,
            changed=changed,
            dropped=made.dropped,
            stale=made.stale,
            malformed=report.malformed_count,
            malformed_sample=_sample(report),
            marks=reading.marks,
            confirmed_at=reading.at if reading.payload.whole else None,
        )

    def _held(self, again: Begun, reading: _Reading, made: Plan) -> Finished:
        """Nothing of it is written; it waits for a person."""
        sent = reading.poll_id is not None
        error = (
            f"a report would take {made.dropped} of {made.listed} SKUs off the list and leave {made.emptied} of"
            f" {made.stocked} empty: it is held; release it, or discard it and mend the source"
        )
        return Finished(
            Outcome.HELD,
            reading.at,
            None if sent else self._answered(again),
            _health(again, failing=True),
            poll_id=reading.poll_id,
            status=reading.status,
            rows=reading.report.received,
            dropped=made.dropped,
            malformed=reading.report.malformed_count,
            malformed_sample=_sample(reading.report),
            error=error,
            held=reading.payload.packed(),
            marks=_known(again),
        )

    def _failed(
        self,
        claim: Claim,
        begun: Begun,
        error: StocklineError,
        *,
        status: int | None = None,
        retry_after_s: float = 0.0,
    ) -> bool:
        """It may go better the next time."""

        def finished(again: Begun) -> Finished:
            after = schedules.failed(
                again.schedule, again.interval_s, again.now, self._draw, retry_after_s=retry_after_s
            )
            return _nothing(
                begun, after, _health(again, failing=after.open_until is not None), error.message, status
            )

        return self._end(claim, begun, finished)

    def _refused(self, claim: Claim, begun: Begun, reason: str, *, status: int | None = None) -> bool:
        """It will not go better before a person has mended it."""

        def finished(again: Begun) -> Finished:
            after = schedules.refused(again.schedule, again.interval_s, again.now, self._draw)
            health = _health(again, failing=True)
            return _nothing(begun, after, health, reason, status)

        return self._end(claim, begun, finished)

    def _end(self, claim: Claim, begun: Begun, finished: Callable[[Begun], Finished]) -> bool:
        with self._transactions.tenant(claim.tenant_id) as tx:
            again = self._again(tx, claim, begun)
            if again is None:
                return False
            tx.finish(claim, begun, finished(again))
        return True

    def _again(self, tx: PollTransaction, claim: Claim, begun: Begun) -> Begun | None:
        """The supplier if it is what it was when it was asked; held for the transaction, the lease renewed."""
        again = tx.begin(claim, self._lease_s)
        return again if again is not None and again.version == begun.version else None

    def _answered(self, begun: Begun) -> Schedule:
        return schedules.answered(begun.schedule, begun.interval_s, begun.now, self._draw)

    def give_up(self, claim: Claim, reason: str) -> None:
        """Never put aside: it is tried again an interval later, with the reason to be seen; what was sent failed."""
        with self._transactions.tenant(claim.tenant_id) as tx:
            begun = tx.begin(claim, self._lease_s)
            if begun is None:
                tx.forget(claim)
                return
            if begun.waiting is not None:
                tx.finish(claim, begun, _unread(begun, begun.waiting, reason))
            after = schedules.refused(begun.schedule, begun.interval_s, begun.now, self._draw)
            health = _health(begun, failing=True)
            tx.finish(claim, begun, _nothing(begun, after, health, reason, None))


def _marks(begun: Begun, fetched: Fetched) -> Marks:
    """Of an answer that says that nothing changed, those that it was asked with, unless it brings new ones."""
    if fetched.status == 304:
        return Marks(
            fetched.etag or begun.etag, fetched.last_modified or begun.last_modified, begun.body_hash
        )
    digest = hashlib.sha256()
    for page in fetched.pages:
        digest.update(len(page).to_bytes(8))
        digest.update(page)
    return Marks(fetched.etag, fetched.last_modified, digest.digest())


def _known(begun: Begun) -> Marks:
    return Marks(begun.etag, begun.last_modified, begun.body_hash)


def _health(begun: Begun, *, failing: bool) -> Health | None:
    """Of a supplier that did not answer. None: it is too early to say."""
    found = schedules.health(
        confirmed_at=begun.confirmed_at or begun.created_at,
        interval_s=begun.interval_s,
        failing=failing,
        now=begun.now,
    )
    return None if found is Health.OK else found


def _nothing(
    begun: Begun, after: Schedule, health: Health | None, error: str, status: int | None
) -> Finished:
    return Finished(Outcome.FAILED, begun.now, after, health, status=status, error=error, marks=_known(begun))


def _unread(begun: Begun, waiting: Waiting, error: str) -> Finished:
    """What was sent and cannot be read says nothing of the source that is read."""
    return Finished(
        Outcome.FAILED, waiting.at, None, None, poll_id=waiting.poll_id, error=error, marks=_known(begun)
    )


def _sample(report: Report) -> list[dict[str, Any]]:
    return [{"index": one.index, "reason": one.reason} for one in report.malformed]


def _chunks(made: Plan, size: int) -> Iterator[Sequence[Told]]:
    """One at least, though it be empty: the last one's transaction is the reading's end."""
    told = made.changed + made.new
    for at in range(0, max(1, len(told)), size):
        yield told[at : at + size]
