"""The way that many back ends are written: load a row by its number, set its stock, commit every 1,000."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from tests.benchmarks.peers.table import TABLE
from tests.benchmarks.stock import Rows
from tests.benchmarks.tenants import Tenant

_SCHEMA, _NAME = TABLE.split(".")


class _Base(DeclarativeBase):
    pass


class PlainStock(_Base):
    """A row of the plain table."""

    __tablename__ = _NAME
    __table_args__ = {"schema": _SCHEMA}  # noqa: RUF012 - SQLAlchemy's own form

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    part_number: Mapped[str] = mapped_column(primary_key=True)
    stock: Mapped[int]
    updated_at: Mapped[datetime] = mapped_column(onupdate=func.now())


class OrmUpdate:
    """One session on one tenant's rows."""

    def __init__(self, owner_url: str, tenant: Tenant) -> None:
        self._engine = create_engine(owner_url.replace("postgresql://", "postgresql+psycopg://", 1))
        self._tenant = UUID(tenant.id)

    def send(self, batches: Sequence[Rows]) -> int:
        """Each batch in its own transaction; how many rows were written."""
        with Session(self._engine) as session:
            for batch in batches:
                for name, stock in batch:
                    row = session.scalars(
                        select(PlainStock).where(
                            PlainStock.tenant_id == self._tenant, PlainStock.part_number == name
                        )
                    ).one()
                    row.stock = stock
                session.commit()
        return sum(map(len, batches))

    def close(self) -> None:
        """Let the connection go."""
        self._engine.dispose()
