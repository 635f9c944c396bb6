"""Reads a supplier, or takes what it sent, and makes it what stands. Killed anywhere, it is done again, harmlessly."""

import hashlib
import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Final

import structlog

from app.domain.shop.connection import EncryptionMissingError
from app.domain.shop.ports import Vault
from app.domain.suppliers import endings
from app.domain.suppliers.endings import Fault, Reading
from app.domain.suppliers.kept import Payload
from app.domain.suppliers.poll_ports import (
    Begun,
    Finished,
    Marks,
    PollTransaction,
    PollTransactions,
    Waiting,
)
from app.domain.suppliers.reading import read_report
from app.domain.suppliers.report import Plan, Told, plan, seen_again
from app.domain.suppliers.schedule import Draw
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
LOOK_AGAIN: Final = timedelta(minutes=15)
"""Whether a tenant is active again, should whoever activated it not have said so."""


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
                if not begun.tenant_active:
                    tx.put_off(claim, begun.now + LOOK_AGAIN)
                    return Progress.STOPPED
                if not begun.is_due:
                    tx.rest(claim)
                    return Progress.STOPPED
                packed = tx.payload(begun.waiting.poll_id) if begun.waiting else b""
                # In a transaction of its own: it locks SKUs in their order, as what is written later does.
                tx.settle_terms(begun.supplier_id)
            structlog.contextvars.bind_contextvars(supplier=begun.code)
            if begun.waiting is not None:
                self._take(claim, begun, begun.waiting, Payload.unpacked(packed))
            elif self._poll(claim, begun):
                return Progress.STOPPED
            if over():
                return Progress.MORE

    def _poll(self, claim: Claim, begun: Begun) -> bool:
        """Read the source; whether that came to an end. It has none when a person changed the supplier meanwhile."""
        report: Report | None = None
        try:
            fetched = self._fetched(begun)
            marks = _marks(begun, fetched)
            if fetched.status == 304 or marks.body_hash == begun.body_hash:
                return self._unchanged(claim, begun, fetched, marks)
            report = read_report(begun.source, fetched.pages, now=begun.now)
            _see_whether_anything_was_read(report)
        except SourceTransientError as error:
            fault = Fault(
                error.message, lasting=False, status=error.status, retry_after_s=error.retry_after_s
            )
            return self._failed(claim, begun, fault)
        except SourceUnreadableError as error:
            return self._failed(claim, begun, Fault(error.message, lasting=False, report=report))
        except SourceRefusedError as error:
            reason = f"{error.reason}: {error.message}"
            return self._failed(claim, begun, Fault(reason, lasting=True, status=error.status))
        except EncryptionMissingError as error:
            return self._failed(claim, begun, Fault(error.message, lasting=True))
        payload = Payload(fetched.pages)
        return self._apply(claim, begun, Reading(report, begun.now, payload, marks, fetched.status))

    def _fetched(self, begun: Begun) -> Fetched:
        return self._fetcher.fetch(
            begun.source, self._secrets(begun), etag=begun.etag, last_modified=begun.last_modified
        )

    def _secrets(self, begun: Begun) -> Mapping[str, str]:
        if begun.secrets is None:
            return {}
        secrets: dict[str, str] = json.loads(self._vault.open(begun.secrets))
        return secrets

    def _take(self, claim: Claim, begun: Begun, waiting: Waiting, payload: Payload) -> None:
        """A payload that was sent, or that a person let through."""
        try:
            report = read_report(payload.source(begun.source), payload.pages, now=waiting.at)
        except SourceRefusedError as error:
            unread = endings.unread(begun, waiting, error.message)
            self._end(claim, begun, lambda _: unread)
            return
        self._apply(claim, begun, Reading(report, waiting.at, payload, poll_id=waiting.poll_id))

    def _apply(self, claim: Claim, begun: Begun, reading: Reading) -> bool:
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
            return self._end(claim, begun, lambda again: endings.held(again, reading, made, self._draw))
        return self._write(claim, begun, reading, made)

    def _write(self, claim: Claim, begun: Begun, reading: Reading, made: Plan) -> bool:
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
            tx.finish(claim, begun, endings.applied(again, reading, made, changed, self._draw))
        return True

    def _unchanged(self, claim: Claim, begun: Begun, fetched: Fetched, marks: Marks) -> bool:
        """It says the same again: what was fulfilled before it was asked is in that."""
        with self._transactions.tenant(claim.tenant_id) as tx:
            again = self._again(tx, claim, begun)
            if again is None:
                return False
            changed = tx.write(begun.supplier_id, seen_again(tx.shipped(begun.supplier_id), begun.now))
            ending = endings.unchanged(again, begun.now, marks, fetched.status, changed, self._draw)
            tx.finish(claim, begun, ending)
        return True

    def _failed(self, claim: Claim, begun: Begun, fault: Fault) -> bool:
        return self._end(claim, begun, lambda again: endings.failed(again, begun.now, fault, self._draw))

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

    def give_up(self, claim: Claim, reason: str) -> None:
        """Never put aside. What was sent failed, and the readings go on; else it is tried again an interval later."""
        with self._transactions.tenant(claim.tenant_id) as tx:
            begun = tx.begin(claim, self._lease_s)
            if begun is None:
                tx.forget(claim)
            elif begun.waiting is not None:
                tx.finish(claim, begun, endings.unread(begun, begun.waiting, reason))
                tx.rest(claim)
            elif begun.schedule.is_read:
                tx.finish(
                    claim, begun, endings.failed(begun, begun.now, Fault(reason, lasting=True), self._draw)
                )
            else:
                tx.rest(claim)


def _see_whether_anything_was_read(report: Report) -> None:
    """A list of which not one row can be read confirms nothing. Raises SourceUnreadableError."""
    if report.received and not report.rows:
        first = report.malformed[0].reason
        raise SourceUnreadableError(f"none of {report.received} rows can be read; the first: {first}")


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


def _chunks(made: Plan, size: int) -> Iterator[Sequence[Told]]:
    """One at least, though it be empty: the last one's transaction is the reading's end."""
    told = made.changed + made.new
    for at in range(0, max(1, len(told)), size):
        yield told[at : at + size]
