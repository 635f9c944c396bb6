"""Deletes what is old piece by piece, each in its own transaction, so that nobody waits long and no piece is too much."""

from typing import Final

from sqlalchemy import TextClause

from app.adapters.postgres.unit_of_work import UnitOfWork

PIECE: Final = 20_000


def delete(uow: UnitOfWork, statement: TextClause, piece: int = PIECE) -> None:
    """Until there is less than a piece; the statement has `:piece` for its LIMIT."""
    while _deleted(uow, statement, piece) == piece:
        pass


def _deleted(uow: UnitOfWork, statement: TextClause, piece: int) -> int:
    with uow.platform() as connection:
        return connection.execute(statement, {"piece": piece}).rowcount
