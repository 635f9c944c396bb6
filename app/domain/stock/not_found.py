"""Part numbers that feeds named and nobody knew: gathered, told what they are, or dismissed."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from app.domain.errors import InvalidInputError, NotFoundError
from app.domain.imports.values import unstorable


class Order(StrEnum):
    """Of the list."""

    TIMES = "times"  # the most often named first
    LAST = "last"  # the latest first


@dataclass(frozen=True, slots=True)
class NotFoundPart:
    """One part number. `times`: feeds that named it, see `Noted`. `feed_id`: the last of them."""

    part_number: str
    times: int
    first_seen_at: datetime
    last_seen_at: datetime
    surface: str
    feed_id: UUID
    ordinal: int
    dismissed_at: datetime | None
    dismissed_by: str | None

    def place(self, order: Order) -> tuple[Any, str]:
        """Where it stands in the list."""
        return (self.times if order is Order.TIMES else self.last_seen_at), self.part_number


class NotFoundTransaction(Protocol):
    """One transaction in one tenant's scope."""

    def listed(
        self, order: Order, limit: int, after: tuple[Any, str] | None, sought: str, *, dismissed: bool
    ) -> Sequence[NotFoundPart]:
        """Those that still reach nothing."""

    def one(self, part_number: str) -> NotFoundPart | None:
        """Whether it is known by now or not."""

    def count(self) -> int:
        """How many are neither known by now nor dismissed; 1,000 stands for more."""

    def dismiss(self, part_number: str, by: str) -> bool:
        """Out of the list for as long as it is kept; False when it is not in it."""

    def restore(self, part_number: str) -> bool:
        """Into the list again; False when it is not dismissed."""


class NotFoundTransactions(Protocol):
    """Opens transactions."""

    def tenant(self, tenant_id: UUID) -> AbstractContextManager[NotFoundTransaction]:
        """One transaction."""


class NotFoundDesk:
    """What a person does with the list."""

    def __init__(self, transactions: NotFoundTransactions) -> None:
        self._transactions = transactions

    def list(
        self,
        tenant_id: UUID,
        order: Order,
        limit: int,
        after: tuple[Any, str] | None,
        *,
        sought: str = "",
        dismissed: bool = False,
    ) -> Sequence[NotFoundPart]:
        """Those that still reach nothing; `sought`: that have this in them, in any case."""
        with self._transactions.tenant(tenant_id) as tx:
            return tx.listed(order, limit, after, _storable(sought.strip()), dismissed=dismissed)

    def count(self, tenant_id: UUID) -> int:
        """How many wait for somebody; 1,000 stands for more."""
        with self._transactions.tenant(tenant_id) as tx:
            return tx.count()

    def dismiss(self, tenant_id: UUID, part_number: str, by: str) -> None:
        """Show it no more, however often it comes. Raises NotFoundError."""
        with self._transactions.tenant(tenant_id) as tx:
            if not tx.dismiss(_storable(part_number), by):
                raise NotFoundError("no feed named this part number lately; load the list again")

    def restore(self, tenant_id: UUID, part_number: str) -> None:
        """Show it again. Raises NotFoundError."""
        with self._transactions.tenant(tenant_id) as tx:
            if not tx.restore(_storable(part_number)):
                raise NotFoundError("this part number is not dismissed; load the list again")


def _storable(given: str) -> str:
    if unstorable(given):
        raise InvalidInputError("a part number has no NUL and no character that is not UTF-8")
    return given
