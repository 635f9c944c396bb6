"""What those who run the platform see on the wire."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from app.domain.operations.service import LETTERS_MAX
from app.domain.tenancy.tenant import TenantType
from app.domain.work.dispatch import Queue
from app.web.paging import Page


class _Camel(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class TenantsQuery(Page):
    """Which; all without."""

    search: Annotated[str, Field(max_length=200, description="Part of a name, or an id")] = ""
    active: bool | None = None


class TenantLineView(_Camel):
    """One tenant of the platform."""

    tenant_id: UUID
    name: str
    type: TenantType
    active: bool
    created_at: datetime
    users: Annotated[int, Field(description="People who may sign in")]
    last_sync_at: Annotated[datetime | None, Field(description="Of any of its surfaces; null: never")]
    silent: Annotated[bool, Field(description="A surface that once synced is older than it should be")]
    dead_letters: int


class TenantLineList(_Camel):
    """A page of them, by name."""

    data: list[TenantLineView]
    next_cursor: str | None


class TenantActiveBody(_Camel):
    """Whether its keys and people are let in."""

    model_config = ConfigDict(extra="forbid")

    active: bool


class TenantActiveView(_Camel):
    """As it stands now."""

    tenant_id: UUID
    name: str
    type: TenantType
    active: bool


class QueueView(_Camel):
    """One queue's load, counted in PostgreSQL."""

    queue: Queue
    ready: Annotated[int, Field(description="Due or running")]
    delayed: Annotated[int, Field(description="Waits for its time, such as the next try")]
    dead: int
    oldest_age_s: float


class QueueList(_Camel):
    """Every queue."""

    data: list[QueueView]


class LongestQuery(BaseModel):
    """How many."""

    limit: Annotated[int, Field(ge=1, le=200, description="How many at most.")] = 50


class WorkView(_Camel):
    """A piece of durable work."""

    id: UUID
    actor: str
    queue: Queue | None
    tenant_id: UUID
    tenant_name: str
    state: Literal["running", "lost", "ready", "dead", "held"]
    attempts: Annotated[int, Field(description="Since its last checkpoint")]
    since: Annotated[datetime, Field(description="When it was asked for, or fell due")]
    age_s: float
    lease_until: datetime | None
    error: Annotated[str | None, Field(description="The last one")]


class WorkList(_Camel):
    """No more than were asked for."""

    data: list[WorkView]


class WorkPage(WorkList):
    """A page of them, oldest first."""

    next_cursor: str | None


class LettersBody(_Camel):
    """Which dead letters."""

    model_config = ConfigDict(extra="forbid")

    ids: Annotated[list[UUID], Field(min_length=1, max_length=LETTERS_MAX)]


class RefusedLetter(_Camel):
    """One that stays as it was."""

    id: UUID
    code: str
    error: str


class LettersView(_Camel):
    """What became of each."""

    done: list[UUID]
    refused: list[RefusedLetter]
