"""One transaction in one scope: a tenant's, under row level security, or the platform's."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, LiteralString
from uuid import UUID

import psycopg
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from app.domain.errors import DatabaseDownError, InvalidInputError, OutcomeUnknownError, TransientError

_SESSION = " ".join(
    f"-c {setting}"
    for setting in (
        "jit=off",
        "timezone=UTC",
        "statement_timeout=60000",
        "lock_timeout=15000",
        "idle_in_transaction_session_timeout=20000",  # a stopped worker lets go of its rows before 30 s are over
    )
)
AS_ASKED: Final = "plan_cache_mode = force_custom_plan"
"""For lists with filters and words: after some executions PostgreSQL would keep one plan for whatever is asked, and read
all of a tenant's parts for a word that one index knows."""
_CONCURRENCY_STATES = frozenset({"40001", "40P01", "55P03"})


def engine_for(url: str, *, pool_size: int, application_name: str) -> Engine:
    """A lazy pool on psycopg; nothing connects before the first transaction.

    The driver leaves transactions alone (AUTOCOMMIT): UnitOfWork opens its own, with their scope, in one
    round trip, which also finds out whether a pooled connection still lives.
    """
    return create_engine(
        url.replace("postgres://", "postgresql://", 1).replace("postgresql://", "postgresql+psycopg://", 1),
        pool_size=pool_size,
        max_overflow=4,
        pool_timeout=10,
        pool_use_lifo=True,  # the backend that answered last has its plans and pages at hand
        isolation_level="AUTOCOMMIT",
        connect_args={
            "connect_timeout": 3,
            "options": _SESSION,
            "application_name": application_name,
            "keepalives_idle": 15,
        },
    )


class UnitOfWork:
    """Opens transactions. A transaction that raises is rolled back; one that returns is committed."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @contextmanager
    def tenant(self, tenant_id: UUID, *settings: LiteralString) -> Iterator[Connection]:
        """A transaction that sees and writes this tenant's rows only, under `settings` such as "name = off"."""
        scope = (f"app.tenant = '{tenant_id}'", *settings)
        with self._transaction("; ".join(f"SET LOCAL {one}" for one in scope)) as connection:
            yield connection

    @contextmanager
    def platform(self) -> Iterator[Connection]:
        """A transaction over all tenants: sign-in by key, the dispatch table, the operator's commands."""
        with self._transaction("SET LOCAL app.platform = 'on'") as connection:
            yield connection

    def ask(self, statement: LiteralString, parameters: Sequence[Any]) -> Any:
        """One value by one statement that brings its own scope, as the functions of `migrations` do.

        One round trip. It must only read: over a pooled connection that turns out dead it is asked again.
        """
        try:
            return self._asked(statement, parameters)
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise translated(error) from error
        try:
            return self._asked(statement, parameters)
        except DBAPIError as error:
            raise translated(error) from error

    def _asked(self, statement: LiteralString, parameters: Sequence[Any]) -> Any:
        with self._connected() as connection:
            return connection.exec_driver_sql(statement, tuple(parameters)).scalar_one()

    def _connected(self) -> Connection:
        try:
            return self.engine.connect()
        except (OperationalError, InterfaceError, PoolTimeoutError) as error:
            raise DatabaseDownError("the database does not answer; send it again shortly") from error

    @contextmanager
    def _transaction(self, scope: str) -> Iterator[Connection]:
        """Begin and commit, with the driver's failures told apart.

        DatabaseDownError: nothing was written. OutcomeUnknownError: the connection broke inside the
        commit. TransientError: a deadlock, a lock time-out or a serialization failure.
        """
        try:
            with self._begun(scope) as connection:
                yield connection
                _commit(connection)
        except (DBAPIError, psycopg.Error) as error:
            raise translated(error) from error

    def _begun(self, scope: str) -> Connection:
        """A connection inside a transaction; closing it rolls back what was not committed.

        A connection that died in the pool shows here: SQLAlchemy then drops all of its age, and the second
        try gets a new one.
        """
        for last_try in (False, True):
            connection = self._connected()
            try:
                connection.exec_driver_sql(f"BEGIN; {scope}")
            except DBAPIError as error:
                connection.close()
                if last_try or not error.connection_invalidated:
                    raise
            else:
                return connection
        raise AssertionError("unreachable")


def _commit(connection: Connection) -> None:
    try:
        connection.exec_driver_sql("COMMIT")
    except DBAPIError as error:
        if error.connection_invalidated or isinstance(error, OperationalError | InterfaceError):
            raise OutcomeUnknownError(
                "the connection broke while committing; send it again with the same Idempotency-Key",
            ) from error
        raise


def translated(error: DBAPIError | psycopg.Error) -> Exception:
    """The driver's error as the domain's, or itself when it is a defect."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    state = getattr(cause, "sqlstate", None)
    if state in _CONCURRENCY_STATES:
        return TransientError("two changes met; send it again")
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    if lost or (state or "").startswith(("08", "57P")):
        return DatabaseDownError("the database went away; send it again shortly")
    if state is None and isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError):
        return DatabaseDownError("the database does not answer; send it again shortly")
    if state is None and isinstance(cause, psycopg.DataError) and "NUL" in str(cause):
        return InvalidInputError(
            "a text in this request has a NUL, which nothing can be called; leave it out"
        )
    return error
