"""Use cases of those who ask for pushes: begin, look at, cancel, resume, repeat; the profile; the dry run."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from app.domain.errors import InvalidInputError, NotFoundError
from app.domain.imports.values import PART_NUMBER_LENGTH_MAX, unstorable
from app.domain.push.dry_run import compare
from app.domain.push.errors import NothingToPushError, PushStateError
from app.domain.push.ports import ProgressBoard, PushTransaction, PushTransactions, Shops
from app.domain.push.profile import Profile
from app.domain.push.push import FAILURES_SHOWN_MAX, Failure, Push
from app.domain.shop.connection import Connection, ConnectionState, NotConnectedError
from app.domain.work.dispatch import Actor
from app.domain.work.ports import Bell

PART_NUMBERS_MAX: Final = 250_000
DRY_RUN_MAX: Final = 100


class PushDesk:
    """Takes orders for pushes and answers for them."""

    def __init__(
        self, transactions: PushTransactions, shops: Shops, board: ProgressBoard, bell: Bell
    ) -> None:
        self._transactions = transactions
        self._shops = shops
        self._board = board
        self._bell = bell

    def begin(self, tenant_id: UUID, part_numbers: Sequence[str] | None, *, requested_by: str) -> Push:
        """Queue a push of these part numbers, or of everything (None); once committed, it will be done.

        Raises NotConnectedError, NothingToPushError, InvalidInputError, PushRunningError.
        """
        asked = None if part_numbers is None else checked(part_numbers)
        with self._transactions.tenant(tenant_id) as tx:
            require_connection(tx)
            push = tx.create(asked, requested_by=requested_by)
        return self._queued(push)

    def retry_failed(self, tenant_id: UUID, push_id: UUID, *, requested_by: str) -> Push:
        """A new push of what failed in an earlier one. Raises NotFoundError and what `begin` raises."""
        with self._transactions.tenant(tenant_id) as tx:
            tx.push(push_id)
            require_connection(tx)
            push = tx.retry(push_id, requested_by=requested_by)
        return self._queued(push)

    def _queued(self, push: Push) -> Push:
        self._bell.ring(Actor.PUSHES_RUN, push.id)
        return push

    def get(self, tenant_id: UUID, push_id: UUID) -> Push:
        """One push as it stands in PostgreSQL. Raises NotFoundError."""
        with self._transactions.tenant(tenant_id) as tx:
            return tx.push(push_id)

    def current(self, tenant_id: UUID) -> Push:
        """The one that is not over, or was within the last hour. Raises NotFoundError."""
        with self._transactions.tenant(tenant_id) as tx:
            push = tx.current()
        if push is None:
            raise NotFoundError("no push is under way or was within the last hour; see the history")
        return push

    def history(self, tenant_id: UUID, limit: int, before: tuple[datetime, UUID] | None) -> list[Push]:
        """Newest first."""
        with self._transactions.tenant(tenant_id) as tx:
            return list(tx.pushes(limit, before))

    def progress(self, tenant_id: UUID, push_id: UUID) -> tuple[int, bytes]:
        """The version and JSON body of a push: as it was told last, else as PostgreSQL has it, told anew.

        Raises NotFoundError.
        """
        return self.told(tenant_id, push_id) or self.rebuilt(tenant_id, push_id)

    def told(self, tenant_id: UUID, push_id: UUID) -> tuple[int, bytes] | None:
        """The same as it was told last; None where nothing is told, or the push is not the tenant's."""
        return self._board.read(tenant_id, push_id)

    def rebuilt(self, tenant_id: UUID, push_id: UUID) -> tuple[int, bytes]:
        """The same straight from PostgreSQL. Raises NotFoundError."""
        with self._transactions.tenant(tenant_id) as tx:
            push = tx.push(push_id)
            failures = tx.failures(push_id, FAILURES_SHOWN_MAX) if push.failed else ()
        shown = failures_json(failures)
        self._board.tell(push, shown)
        return push.version, body(push, shown)

    def cancel(self, tenant_id: UUID, push_id: UUID) -> Push:
        """Stop after the item in flight. Raises NotFoundError, PushStateError."""
        return self._changed(
            tenant_id, push_id, lambda tx: tx.cancel(push_id), "a push that is over cannot be cancelled"
        )

    def resume(self, tenant_id: UUID, push_id: UUID) -> Push:
        """Go on after a pause. Raises NotFoundError, PushStateError."""
        push = self._changed(
            tenant_id, push_id, lambda tx: tx.resume(push_id), "only a paused push can be resumed"
        )
        return self._queued(push)

    def _changed(
        self, tenant_id: UUID, push_id: UUID, change: Callable[[PushTransaction], bool], otherwise: str
    ) -> Push:
        with self._transactions.tenant(tenant_id) as tx:
            push = tx.push(push_id)
            if not change(tx):
                raise PushStateError(f"the push is {push.status}; {otherwise}")
            push = tx.push(push_id)
        self._board.tell(push, None)
        return push

    def replay(self, tenant_id: UUID, push_id: UUID) -> None:
        """Set a failed push going again. Raises NotFoundError, PushStateError."""
        push = self._changed(
            tenant_id, push_id, lambda tx: tx.replay(push_id), "only a failed push can be replayed, and alone"
        )
        self._queued(push)

    def profile(self, tenant_id: UUID) -> Profile:
        """What a push writes."""
        with self._transactions.tenant(tenant_id) as tx:
            return tx.rules().profile

    def set_profile(self, tenant_id: UUID, profile: Profile) -> Profile:
        """For every item that is pushed from now on, those of a push under way too."""
        with self._transactions.tenant(tenant_id) as tx:
            tx.save_profile(profile)
        return profile

    def dry_run(self, tenant_id: UUID, part_numbers: Sequence[str]) -> list[dict[str, Any]]:
        """What a push would change, field by field; nothing is written. At most DRY_RUN_MAX part numbers.

        Raises NotConnectedError, NothingToPushError, InvalidInputError, ShopClosedError, ShopUnavailableError.
        """
        asked = checked(part_numbers)
        if len(asked) > DRY_RUN_MAX:
            raise InvalidInputError(
                f"a dry run looks at {DRY_RUN_MAX} part numbers at most; send it in parts"
            )
        with self._transactions.tenant(tenant_id) as tx:
            connection = require_connection(tx)
            rules, wanted = tx.rules(), tx.wanted(asked)
        return compare(self._shops.open(connection, lambda: float("inf")), asked, wanted, rules)


def checked(part_numbers: Sequence[str]) -> list[str]:
    """Distinct trimmed part numbers in their order. Raises NothingToPushError, InvalidInputError."""
    asked = list(dict.fromkeys(one.strip() for one in part_numbers))
    if not asked:
        raise NothingToPushError('name some part numbers, or send {"all": true}')
    if len(asked) > PART_NUMBERS_MAX:
        raise InvalidInputError(f"more than {PART_NUMBERS_MAX:,} part numbers; push them in parts, or all")
    for one in asked:
        if not one or len(one) > PART_NUMBER_LENGTH_MAX or unstorable(one):
            raise InvalidInputError(
                f"{one[:200]!r} is no part number: text of 1 to {PART_NUMBER_LENGTH_MAX} characters"
            )
    return asked


def require_connection(tx: PushTransaction) -> Connection:
    """The tenant's shop. Raises NotConnectedError."""
    connection = tx.connection()
    if connection is None:
        raise NotConnectedError("no shop is connected; connect one first (scripts/admin shopify connect)")
    if connection.state is ConnectionState.UNINSTALLED:
        raise NotConnectedError("the app was removed from the shop; install it again and connect anew")
    return connection


def failures_json(failures: Sequence[Failure]) -> bytes:
    """The array of the contract."""
    return msgspec.json.encode([one.shown() for one in failures])


def body(push: Push, failures: bytes) -> bytes:
    """The contract's body, its failures last."""
    return msgspec.json.encode(push.shown())[:-1] + b',"failures":' + failures + b"}"
