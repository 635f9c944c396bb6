"""The shapes of the pushes' requests and answers, for the OpenAPI document."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel
from pydantic.json_schema import SkipJsonSchema

from app.domain.push import profile
from app.domain.push.push import FAILURES_SHOWN_MAX, PushStatus
from app.domain.push.service import DRY_RUN_MAX, PART_NUMBERS_MAX


class _Camel(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class PushOrder(_Camel):
    """What to push: some part numbers, or all. A field that is not known is refused, so that no slip pushes."""

    model_config = ConfigDict(extra="forbid")

    part_numbers: Annotated[
        list[str] | SkipJsonSchema[None],
        Field(description=f"Distinct ones count; at most {PART_NUMBERS_MAX:,}, in a dry run {DRY_RUN_MAX}"),
    ] = None
    all: Annotated[bool, Field(description="Every item of the tenant, in place of part numbers")] = False
    dry_run: Annotated[bool, Field(description="Tell what would change; write nothing, make no push")] = False


class PushAccepted(_Camel):
    """A push that is committed: it will be done."""

    push_id: UUID
    status: PushStatus
    total: Annotated[int, Field(description="Distinct part numbers")]
    status_url: str


class PushReason(_Camel):
    """Why a push is paused or failed, with a sentence that says what to do."""

    code: Annotated[
        str, Field(description="Such as invalid_client, shop_not_permitted, app_not_installed, missing_scope")
    ]
    message: str


class PushFailure(_Camel):
    """A part number that did not get there, with a sentence to act on."""

    part_number: str
    code: str
    message: str


class PushView(_Camel):
    """A push as it stands; always total = succeeded + failed + skipped + remaining."""

    push_id: UUID
    status: PushStatus
    status_reason: PushReason | None
    total: int
    succeeded: int
    failed: int
    skipped: Annotated[int, Field(description="There was nothing to write")]
    remaining: int
    requested_by: Annotated[str, Field(description="A key or a distributor, with its id")]
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    eta_seconds: Annotated[
        int | None, Field(description="If it goes on as it went; null when that is unknown")
    ]


class PushDetail(PushView):
    """A push as it stands, with what failed."""

    failures: Annotated[list[PushFailure], Field(max_length=FAILURES_SHOWN_MAX)]


class PushList(_Camel):
    """A page of pushes."""

    data: list[PushView]
    next_cursor: str | None


class PushChange(_Camel):
    """A field that a push would write."""

    field: str
    before: Annotated[Any, Field(alias="from", description="The shop's value now; money as a string")]
    after: Annotated[Any, Field(alias="to")]


class DryRunItem(_Camel):
    """What a push would do about one part number."""

    part_number: str
    action: Literal["create", "update", "none"]
    changes: Annotated[list[PushChange], Field(description="Empty for create and none")]
    error: Annotated[
        PushReason | SkipJsonSchema[None], Field(description="Only there when a push would fail it: why")
    ] = None


class DryRun(_Camel):
    """What a push would do now."""

    items: list[DryRunItem]


_RULE: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "create": {"type": "boolean", "description": "Written into a new product or variant"},
        "update": {
            "enum": [profile.OVERWRITE, profile.LEAVE_ALONE],
            "description": "What becomes of it in one that is there",
        },
    },
    "required": ["create", "update"],
    "additionalProperties": False,
}
PROFILE: Final[dict[str, Any]] = {
    "type": "object",
    "description": "What a push writes, by field.",
    "properties": {field.value: _RULE for field in profile.Field},
    "required": [field.value for field in profile.Field],
    "additionalProperties": False,
}

PROFILE_EXAMPLE: Final = profile.DEFAULT.shown()
ACCEPTED_EXAMPLE: Final[dict[str, Any]] = {
    "pushId": "01980000-0000-7000-8000-000000000000",
    "status": "queued",
    "total": 2,
    "statusUrl": "/api/app/shopify/pushes/01980000-0000-7000-8000-000000000000",
}
VIEW_EXAMPLE: Final[dict[str, Any]] = {
    "pushId": "01980000-0000-7000-8000-000000000000",
    "status": "running",
    "statusReason": None,
    "total": 40,
    "succeeded": 11,
    "failed": 1,
    "skipped": 0,
    "remaining": 28,
    "requestedBy": "key 01980000-0000-7000-8000-00000000000a",
    "createdAt": "2026-07-01T08:00:00Z",
    "startedAt": "2026-07-01T08:00:01Z",
    "finishedAt": None,
    "etaSeconds": 14,
}
DETAIL_EXAMPLE: Final[dict[str, Any]] = VIEW_EXAMPLE | {
    "failures": [
        {
            "partNumber": "55716013",
            "code": "sku_exists",
            "message": "two variants in the shop have this SKU; remove one of them",
        }
    ]
}
DRY_RUN_EXAMPLE: Final[dict[str, Any]] = {
    "items": [
        {
            "partNumber": "55716013",
            "action": "update",
            "changes": [{"field": "price", "from": "119.90", "to": "129.90"}],
        },
        {"partNumber": "55716014", "action": "create", "changes": []},
    ]
}
EVENTS_EXAMPLE: Final = 'event: progress\nid: 13\ndata: {"pushId":"01980000-0000-7000-8000-000000000000","status":"running","total":40}\n\n'
