"""States that were told, and the alerts that a change of them makes: both in the observer's own transaction."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, text

from app.adapters.postgres.arrays import texts
from app.domain.alerts.alert import GOOD, AlertKind, Note

# What says the same as before is filtered first, so that it writes and locks nothing; two that come at once meet at
# the key, and the second finds its state told. In order of the subjects, so that they never wait for each other.
_NOTE: Final = text("""
    WITH told AS (
        INSERT INTO alert_state AS s (tenant_id, subject, state)
        SELECT :tenant_id, n.subject, n.state
        FROM unnest(CAST(:subjects AS text[]), CAST(:states AS text[]), CAST(:good AS boolean[]))
             AS n(subject, state, good)
        LEFT JOIN alert_state k ON k.tenant_id = :tenant_id AND k.subject = n.subject
        WHERE CASE WHEN k.state IS NULL THEN NOT n.good ELSE k.state <> n.state END
        ORDER BY n.subject
        ON CONFLICT (tenant_id, subject) DO UPDATE SET state = excluded.state, since = clock_timestamp()
        WHERE s.state <> excluded.state
        RETURNING subject, state)
    INSERT INTO alert (tenant_id, kind, subject, message, details)
    SELECT :tenant_id, n.kind, n.subject, n.message, CAST(n.details AS jsonb)
    FROM unnest(CAST(:subjects AS text[]), CAST(:states AS text[]), CAST(:kinds AS text[]),
                CAST(:messages AS text[]), CAST(:details AS text[]))
         WITH ORDINALITY AS n(subject, state, kind, message, details, place)
    JOIN told USING (subject, state)
    ORDER BY n.place
    RETURNING id
""")


def note_state(
    connection: Connection,
    tenant_id: UUID,
    *,
    subject: str,
    state: str,
    kind: str,
    message: str,
    details: Mapping[str, Any] | None = None,
) -> bool:
    """Say in what state a subject is; whether that made an alert.

    In the caller's transaction: what it rolls back was not told. An alert is made when the state is another one
    than was told last; with a good `kind` (back, shortage-over, source-back) only if something was. Any number may
    say the same at once: one of them alerts. `details` should have `supplierId` where there is a supplier: what is
    delivered gathers by it. Saying what is known writes nothing.
    """
    note = Note(subject, state, AlertKind(kind), message, details or {})
    return note_states(connection, tenant_id, [note]) == 1


def note_states(connection: Connection, tenant_id: UUID, notes: Sequence[Note]) -> int:
    """The same of many subjects, each named once; how many alerts it made."""
    if not notes:
        return 0
    given = {
        "tenant_id": tenant_id,
        "subjects": texts([note.subject for note in notes]),
        "states": texts([note.state for note in notes]),
        "good": [note.kind in GOOD for note in notes],
        "kinds": texts([note.kind for note in notes]),
        "messages": texts([note.message for note in notes]),
        "details": texts([json.dumps(dict(note.details), ensure_ascii=False) for note in notes]),
    }
    return len(connection.execute(_NOTE, given).all())
