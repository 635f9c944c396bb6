"""What those who run the platform do: tenants in and out, dead letters tried again or dropped."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from app.domain.errors import ConflictError, InvalidInputError, StocklineError
from app.domain.operations.reads import OperationReads, TenantLine, Work
from app.domain.tenancy.service import TenancyService
from app.domain.tenancy.tenant import Tenant
from app.domain.work.dead_letters import DeadLetters

LETTERS_MAX = 200


class Refused(NamedTuple):
    """A dead letter that stays, and why."""

    id: UUID
    error: StocklineError


class Outcome(NamedTuple):
    """What became of several dead letters, each by itself."""

    done: Sequence[UUID]
    refused: Sequence[Refused]


class OperationsDesk:
    """Over all tenants."""

    def __init__(
        self,
        reads: OperationReads,
        tenancy: TenancyService,
        dead_letters: DeadLetters,
        resume_suppliers: Callable[[UUID], object],
    ) -> None:
        self._reads = reads
        self._tenancy = tenancy
        self._dead_letters = dead_letters
        self._resume_suppliers = resume_suppliers

    def tenants(
        self, search: str, active: bool | None, limit: int, after: tuple[str, UUID] | None
    ) -> Sequence[TenantLine]:
        """Whose name has this text, or whose id it is; by name."""
        return self._reads.tenants(search.strip(), active, limit, after)

    def running(self, limit: int) -> Sequence[Work]:
        """What workers are at, oldest lease first."""
        return self._reads.running(limit)

    def slow(self, limit: int) -> Sequence[Work]:
        """What has run or waited longest."""
        return self._reads.slow(limit)

    def dead(self, limit: int, after: tuple[datetime, UUID] | None) -> Sequence[Work]:
        """What was put aside, oldest first."""
        return self._reads.dead(limit, after)

    def set_active(self, tenant_id: UUID, *, active: bool, own: UUID) -> Tenant:
        """Let a tenant's keys and people in and read its suppliers again, or shut all out.

        Raises NotFoundError, and ConflictError for the asker's own company: nobody might be left to let it in again.
        """
        if tenant_id == own and not active:
            raise ConflictError(
                "this is your own company; somebody of another one, or the command line, shuts it out"
            )
        tenant = self._tenancy.set_active(tenant_id, active=active)
        if active:
            self._resume_suppliers(tenant_id)
        return tenant

    def replay(self, ids: Sequence[UUID]) -> Outcome:
        """Try each again from where it stopped."""
        return _each(ids, self._dead_letters.replay)

    def discard(self, ids: Sequence[UUID]) -> Outcome:
        """Never try them again."""
        return _each(ids, self._dead_letters.discard)


def _each(ids: Sequence[UUID], act: Callable[[Sequence[UUID]], None]) -> Outcome:
    """One after the other: what one comes to is no other's business."""
    wanted = list(dict.fromkeys(ids))
    if not 1 <= len(wanted) <= LETTERS_MAX:
        raise InvalidInputError(f"name 1 to {LETTERS_MAX} dead letters")
    done, refused = [], []
    for one in wanted:
        try:
            act([one])
        except StocklineError as error:
            refused.append(Refused(one, error))
        else:
            done.append(one)
    return Outcome(done, refused)
