"""How a reading ends, as it is noted: what became of it, when the next is due, how the supplier does. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.domain.suppliers import schedule as schedules
from app.domain.suppliers.kept import Payload
from app.domain.suppliers.poll_ports import UNKNOWN, Begun, Finished, Marks, Outcome, Waiting
from app.domain.suppliers.report import Plan
from app.domain.suppliers.schedule import Draw, Health, Schedule
from app.domain.suppliers.source import Report


@dataclass(frozen=True, slots=True)
class Reading:
    """A report and where it came from. `poll_id`: of what was sent, or released."""

    report: Report
    at: datetime
    payload: Payload
    marks: Marks = UNKNOWN
    status: int | None = None
    poll_id: UUID | None = None

    def schedule(self, again: Begun, draw: Draw) -> Schedule | None:
        """The next reading after this; None for what was sent: the readings go on as they would."""
        return None if self.poll_id is not None else answered(again, draw)

    def health(self, again: Begun) -> Health | None:
        """What was sent tells of a source that is read only when it is a whole list and nothing failed before."""
        if self.poll_id is None or not again.schedule.is_read:
            return Health.OK
        return Health.OK if self.payload.whole and not again.schedule.failures else None


def applied(again: Begun, reading: Reading, made: Plan, changed: int, draw: Draw) -> Finished:
    """It stands. Of a payload that was sent the readings know nothing: their next brings all of it."""
    report = reading.report
    return Finished(
        Outcome.APPLIED,
        reading.at,
        reading.schedule(again, draw),
        reading.health(again),
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


def unchanged(again: Begun, at: datetime, marks: Marks, status: int, changed: int, draw: Draw) -> Finished:
    """It says the same again: everything is confirmed."""
    return Finished(
        Outcome.UNCHANGED,
        at,
        answered(again, draw),
        Health.OK,
        status=status,
        changed=changed,
        marks=marks,
        confirmed_at=at,
    )


def held(again: Begun, reading: Reading, made: Plan, draw: Draw) -> Finished:
    """Nothing of it is written; it waits for a person."""
    error = (
        f"a report would take {made.dropped} of {made.listed} SKUs off the list and leave {made.emptied} of"
        f" {made.stocked} empty: it is held; release it, or discard it and mend the source"
    )
    return Finished(
        Outcome.HELD,
        reading.at,
        reading.schedule(again, draw),
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


@dataclass(frozen=True, slots=True)
class Fault:
    """Why nothing was read. `lasting`: it will not go better before a person has mended it."""

    error: str
    lasting: bool
    status: int | None = None
    retry_after_s: float = 0.0
    report: Report | None = None


def failed(again: Begun, at: datetime, fault: Fault, draw: Draw) -> Finished:
    """Nothing was read: tried again soon, or, where a person must mend it, when the next reading is due."""
    if fault.lasting:
        after = schedules.refused(again.schedule, again.interval_s, again.now, draw)
    else:
        after = schedules.failed(
            again.schedule, again.interval_s, again.now, draw, retry_after_s=fault.retry_after_s
        )
    report = fault.report
    return Finished(
        Outcome.FAILED,
        at,
        after,
        _health(again, failing=after.open_until is not None),
        status=fault.status,
        rows=report.received if report else 0,
        malformed=report.malformed_count if report else 0,
        malformed_sample=_sample(report) if report else [],
        error=fault.error,
        marks=_known(again),
    )


def unread(begun: Begun, waiting: Waiting, error: str) -> Finished:
    """What was sent and cannot be read says nothing of the source that is read."""
    return Finished(
        Outcome.FAILED, waiting.at, None, None, poll_id=waiting.poll_id, error=error, marks=_known(begun)
    )


def answered(begun: Begun, draw: Draw) -> Schedule:
    """The next reading after one that came to its end."""
    return schedules.answered(begun.schedule, begun.interval_s, begun.now, draw)


def _known(begun: Begun) -> Marks:
    return Marks(begun.etag, begun.last_modified, begun.body_hash)


def _health(begun: Begun, *, failing: bool) -> Health | None:
    """Of a supplier that did not answer. None: it is too early to say."""
    found = schedules.health(
        heard_at=begun.heard_at or begun.created_at,
        interval_s=begun.interval_s,
        failing=failing,
        now=begun.now,
    )
    return None if found is Health.OK else found


def _sample(report: Report) -> list[dict[str, Any]]:
    """Of rows that could not be read, and, once for each field, of values that were left out of rows."""
    left_out = [
        {
            "index": one.index,
            "reason": f"{name}: {one.count} left out of their rows, here first: {one.reason}",
        }
        for name, one in report.ignored.items()
    ]
    return [{"index": one.index, "reason": one.reason} for one in report.malformed] + left_out
