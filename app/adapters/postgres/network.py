"""Dealers in PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from uuid import UUID

from sqlalchemy import Connection, insert, select

from app.adapters.postgres.tables import dealer as dealer_table
from app.adapters.postgres.tables import tenant
from app.adapters.postgres.unit_of_work import UnitOfWork
from app.domain.network.dealer import NewDealer
from app.domain.network.service import NetworkTransaction


class PostgresNetworks:
    """Opens transactions."""

    def __init__(self, unit_of_work: UnitOfWork) -> None:
        self._unit_of_work = unit_of_work

    @contextmanager
    def platform(self) -> Iterator[NetworkTransaction]:
        """In the platform's scope."""
        with self._unit_of_work.platform() as connection:
            yield _Transaction(connection)


class _Transaction:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def tenant_exists(self, tenant_id: UUID) -> bool:
        found = self._connection.execute(select(tenant.c.id).where(tenant.c.id == tenant_id))
        return found.one_or_none() is not None

    def add_dealer(self, tenant_id: UUID, dealer: NewDealer) -> UUID:
        statement = insert(dealer_table).values(tenant_id=tenant_id, **asdict(dealer))
        dealer_id: UUID = self._connection.execute(statement.returning(dealer_table.c.id)).scalar_one()
        return dealer_id
