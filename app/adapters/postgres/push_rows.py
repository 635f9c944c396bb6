"""A push from its row."""

from collections.abc import Mapping
from typing import Any, Final

from app.domain.push.push import Push, PushStatus, Reason

COLUMNS: Final = """
    p.id, p.tenant_id, p.status, p.total, p.succeeded, p.failed, p.skipped, p.version, p.reason_code, p.reason,
    p.cancel_requested, p.created_at, p.started_at, p.finished_at, p.worked_s, p.requested_by, p.batch_id
"""


def push_of(row: Mapping[Any, Any]) -> Push:
    """A push from a row of COLUMNS."""
    values = dict(row)
    code, message = values.pop("reason_code"), values.pop("reason")
    values["status"] = PushStatus(values["status"])
    return Push(**values, reason=None if code is None else Reason(code, message))
