"""How suppliers do, as alerts tell it."""

from typing import Final
from uuid import UUID

from sqlalchemy import Connection

from app.adapters.postgres.alerts import note_state
from app.domain.alerts.alert import AlertKind
from app.domain.suppliers.schedule import Health

HEARD: Final = "GREATEST(p.confirmed_at, CASE WHEN p.poll_at IS NULL THEN p.polled_at END)"
"""When `supplier p` last said anything: confirmed its list, or, where it sends, sent at least a part of it."""

_KINDS: Final = {
    Health.OK: AlertKind.SOURCE_BACK,
    Health.FAILING: AlertKind.SOURCE_FAILING,
    Health.SILENT: AlertKind.SOURCE_SILENT,
}
_WORDS: Final = {
    Health.OK: "{name} is read again",
    Health.FAILING: "{name} cannot be read: {error}",
    Health.SILENT: "{name} has confirmed nothing for more than two intervals{because}",
}


def note_health(
    connection: Connection,
    tenant_id: UUID,
    supplier_id: UUID,
    code: str,
    name: str,
    health: Health,
    error: str | None,
) -> bool:
    """Tell a supplier's state where it is another one than was told last; whether it was."""
    because = f": {error}" if error else ""
    return note_state(
        connection,
        tenant_id,
        subject=f"supplier:{supplier_id}",
        state=health,
        kind=_KINDS[health],
        message=_WORDS[health].format(name=name, error=error or "", because=because),
        details={"supplierId": str(supplier_id), "supplierCode": code, "error": error},
    )
