"""Purchase orders on their way to suppliers, in PostgreSQL: fenced by the claim, in turns with the buyers."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, text

from app.adapters.postgres import work
from app.adapters.postgres.purchase_rows import (
    DONE,
    ORDER_COLUMNS,
    ORDERS,
    REST,
    fenced,
    lines_of,
    order_of,
    take_turns,
)
from app.adapters.postgres.unit_of_work import UnitOfWork
from app.domain.purchasing.ports import Outgoing, Route, SendTransaction
from app.domain.suppliers.supplier import restored
from app.domain.work.dispatch import Claim

_OUTGOING: Final = text(f"""
    SELECT {ORDER_COLUMNS}, o.send_tries, p.order_email, p.order_url, p.order_format, p.source, p.secrets
    FROM {ORDERS} WHERE o.tenant_id = :tenant_id AND o.id = :id AND o.state = 'approved'
""")
_ROUTE: Final = ("order_email", "order_url", "order_format", "source", "secrets")

_SENT: Final = text("""
    UPDATE purchase_order SET state = 'sent', sent_at = clock_timestamp(), last_error = NULL
    WHERE tenant_id = :tenant_id AND id = :id
""")
_NOTE: Final = text("""
    UPDATE purchase_order SET last_error = :error, send_tries = send_tries + 1
    WHERE tenant_id = :tenant_id AND id = :id
""")


class PostgresPurchaseSending:
    """Opens transactions."""

    def __init__(self, unit_of_work: UnitOfWork) -> None:
        self._unit_of_work = unit_of_work

    @contextmanager
    def tenant(self, tenant_id: UUID) -> Iterator[SendTransaction]:
        """One transaction in the tenant's scope."""
        with self._unit_of_work.tenant(tenant_id) as connection:
            take_turns(connection, tenant_id)
            yield _Transaction(connection, tenant_id)


class _Transaction:
    def __init__(self, connection: Connection, tenant_id: UUID) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    def outgoing(self, claim: Claim, lease_s: float) -> Outgoing | None:
        work.renew(self._connection, claim, lease_s)
        row = self._connection.execute(_OUTGOING, self._of(claim)).mappings().one_or_none()
        if row is None:
            return None
        values = dict(row)
        tries = values.pop("send_tries")
        email, url, format_, source, secrets = (values.pop(name) for name in _ROUTE)
        route = Route(email, url, format_, restored(source), secrets)
        return Outgoing(order_of(values), lines_of(self._connection, self._tenant_id, claim.id), route, tries)

    def sent(self, claim: Claim) -> None:
        self.forget(claim)
        self._connection.execute(_SENT, self._of(claim))

    def again(self, claim: Claim, error: str, delay_s: float) -> None:
        fenced(self._connection, REST, claim, delay_s=delay_s, error=error)
        self._connection.execute(_NOTE, {**self._of(claim), "error": error})

    def failed(self, claim: Claim, error: str) -> None:
        self.forget(claim)
        self._connection.execute(_NOTE, {**self._of(claim), "error": error})

    def forget(self, claim: Claim) -> None:
        fenced(self._connection, DONE, claim)

    def _of(self, claim: Claim) -> dict[str, Any]:
        return {"tenant_id": self._tenant_id, "id": claim.id}
