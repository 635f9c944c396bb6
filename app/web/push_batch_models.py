"""The shapes of the batches' requests and answers, for the OpenAPI document."""

from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel
from pydantic.json_schema import SkipJsonSchema

from app.domain.push.push import FAILURES_SHOWN_MAX, PushStatus
from app.domain.push.service import PART_NUMBERS_MAX
from app.web import push_models

RESELLERS_MAX: Final = 5_000


class _Camel(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class RightView(_Camel):
    """A reseller that lets this distributor push."""

    reseller_id: UUID
    name: str
    brands: list[str]
    since: datetime


class RightList(_Camel):
    """All of them."""

    data: list[RightView]


class BatchOrder(_Camel):
    """What to push, and to whom."""

    model_config = ConfigDict(extra="forbid")

    part_numbers: Annotated[
        list[str], Field(description=f"Distinct ones count; at most {PART_NUMBERS_MAX:,}")
    ]
    resellers: Annotated[
        Annotated[list[UUID], Field(max_length=RESELLERS_MAX)] | SkipJsonSchema[None],
        Field(description="Their ids; all that let you push, without"),
    ] = None


class BatchAccepted(_Camel):
    """A batch that is committed: every reseller gets its turn."""

    batch_id: UUID
    status: PushStatus
    pushes: Annotated[int, Field(description="Resellers that get a turn")]
    status_url: str


class BatchView(_Camel):
    """A batch as it stands, over all shops; always total = succeeded + failed + skipped + remaining."""

    batch_id: UUID
    status: Annotated[
        PushStatus, Field(description="paused: every push that is not over is; completed: one push is")
    ]
    status_reason: push_models.PushReason | None
    total: Annotated[int, Field(description="Part numbers times shops; refused ones are left out")]
    succeeded: int
    failed: int
    skipped: int
    remaining: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    eta_seconds: int | None


class BatchPush(push_models.PushView):
    """The push into one reseller's shop."""

    reseller_id: UUID
    name: str


class BatchRefusal(_Camel):
    """A reseller that got no push."""

    reseller_id: UUID
    name: Annotated[str | None, Field(description="null: it does not let you push")]
    code: Annotated[
        str, Field(description="push_running, not_connected, not_granted, cancelled or internal_error")
    ]
    message: str


class BatchFailureView(push_models.PushFailure):
    """A part number that did not get into one shop."""

    reseller_id: UUID


class BatchDetail(BatchView):
    """A batch as it stands, shop by shop."""

    pushes: list[BatchPush]
    refused: list[BatchRefusal]
    failures: Annotated[list[BatchFailureView], Field(max_length=FAILURES_SHOWN_MAX)]


class BatchList(_Camel):
    """A page of batches."""

    data: list[BatchView]
    next_cursor: str | None


_ID: Final = "01980000-0000-7000-8000-00000000000b"
_RESELLER: Final = {"resellerId": "01980000-0000-7000-8000-000000000001", "name": "North"}
ACCEPTED_EXAMPLE: Final[dict[str, Any]] = {
    "batchId": _ID,
    "status": "queued",
    "pushes": 2,
    "statusUrl": f"/api/app/shopify/push-batches/{_ID}",
}
VIEW_EXAMPLE: Final[dict[str, Any]] = {
    "batchId": _ID,
    "status": "running",
    **{name: push_models.VIEW_EXAMPLE[name] for name in ("total", "succeeded", "failed", "skipped")},
    **{name: push_models.VIEW_EXAMPLE[name] for name in ("remaining", "createdAt", "startedAt")},
    "statusReason": None,
    "finishedAt": None,
    "etaSeconds": 14,
}
DETAIL_EXAMPLE: Final[dict[str, Any]] = VIEW_EXAMPLE | {
    "pushes": [_RESELLER | push_models.VIEW_EXAMPLE],
    "refused": [
        {
            "resellerId": "01980000-0000-7000-8000-000000000002",
            "name": "South",
            "code": "not_connected",
            "message": "this reseller has no shop connected; push again once it has",
        }
    ],
    "failures": [
        {
            "resellerId": "01980000-0000-7000-8000-000000000001",
            "partNumber": "55716013",
            "code": "brand_not_granted",
            "message": "the reseller has not granted the right to push this brand",
        }
    ],
}
EVENTS_EXAMPLE: Final = (
    f'event: progress\nid: 13\ndata: {{"batchId":"{_ID}","status":"running","total":40}}\n\n'
)
