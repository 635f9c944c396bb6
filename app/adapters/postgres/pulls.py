"""Readings of shops' stock, in PostgreSQL: one dispatch row per connection, which stays for as long as it is wanted."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from uuid import UUID

from sqlalchemy import TextClause, text

from app.adapters.postgres import work
from app.adapters.postgres.shop_intake import ShopIntake
from app.adapters.postgres.unit_of_work import UnitOfWork
from app.domain.errors import LeaseLostError
from app.domain.shop.connection import Connection
from app.domain.shop.ports import PullTransaction
from app.domain.work.dispatch import Claim

# What changes the connection waits until the page is committed. Always before the dispatch row, as those do.
_HOLD: Final = text("""
    SELECT pull_cursor FROM shopify_connection
    WHERE tenant_id = :tenant_id AND id = :id AND pull_interval_s IS NOT NULL
    FOR NO KEY UPDATE
""")
_REACHED: Final = text(
    "UPDATE shopify_connection SET pull_cursor = :cursor WHERE tenant_id = :tenant_id AND id = :id"
)
_REST: Final = text("""
    UPDATE dispatch
    SET state = 'ready', attempts = 0, lease_until = NULL, last_error = :error,
        not_before = clock_timestamp() + make_interval(secs => :delay_s),
        ring_after = clock_timestamp() + make_interval(secs => :delay_s)
    WHERE id = :id AND token = :token AND state = 'running'
""")
_FORGET: Final = text("DELETE FROM dispatch WHERE id = :id AND token = :token AND state = 'running'")


class PostgresPulls:
    """Opens transactions."""

    def __init__(self, unit_of_work: UnitOfWork) -> None:
        self._unit_of_work = unit_of_work

    @contextmanager
    def tenant(self, tenant_id: UUID) -> Iterator[PullTransaction]:
        """One transaction in the tenant's scope."""
        with self._unit_of_work.tenant(tenant_id) as database:
            yield _Transaction(database, tenant_id)


class _Transaction(ShopIntake):
    def begin(self, claim: Claim, lease_s: float) -> tuple[Connection, str | None] | None:
        held = self._database.execute(_HOLD, {"tenant_id": self._tenant_id, "id": claim.id}).one_or_none()
        work.renew(self._database, claim, lease_s)
        connection = self.connection()
        return None if held is None or connection is None else (connection, held.pull_cursor)

    def reached(self, claim: Claim, cursor: str, lease_s: float) -> None:
        self._note(claim, cursor)
        work.checkpoint(self._database, claim, lease_s)

    def rest(self, claim: Claim, delay_s: float, *, cursor: str | None, error: str | None) -> None:
        self._note(claim, cursor)
        self._fenced(_REST, claim, {"delay_s": delay_s, "error": error})

    def forget(self, claim: Claim) -> None:
        self._fenced(_FORGET, claim, {})

    def _note(self, claim: Claim, cursor: str | None) -> None:
        given = {"tenant_id": self._tenant_id, "id": claim.id, "cursor": cursor}
        self._database.execute(_REACHED, given)

    def _fenced(self, statement: TextClause, claim: Claim, given: dict[str, Any]) -> None:
        done = self._database.execute(statement, {"id": claim.id, "token": claim.token, **given})
        if done.rowcount != 1:
            raise LeaseLostError(f"the lease on {claim.id} went to another worker")
