"""`/api/app/shopify/push-grants*`: the distributors that may push into the tenant's shop."""

from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from flask import Response
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from app.domain.push.grants import BRAND_LENGTH_MAX, BRANDS_MAX, Grant, shown, shown_change
from app.domain.tenancy.tenant import Scope
from app.domain.tenancy.users import Role
from app.web.api import Api, Body, Reply, no_content
from app.web.bodies import read_model
from app.web.context import container, principal
from app.web.paging import Page, cut, decode_index, decode_name

api = Api(
    "Push grants", "Which distributors may push which brands into the tenant's shop. None, until it says so."
)

_PATH: Final = "/api/app/shopify/push-grants"
_ONE: Final = f"{_PATH}/<uuid:distributor_id>"
_NOT_FOUND: Final = {404: ["not_found"]}


class _Camel(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class GrantView(_Camel):
    """What a distributor may push into this tenant's shop."""

    distributor_id: UUID
    name: str
    brands: Annotated[list[str], Field(description="In any case; empty when nothing is granted")]
    since: Annotated[datetime | None, Field(description="Of the brand that is granted for longest")]
    changed_at: Annotated[datetime | None, Field(description="null: never granted")]
    changed_by: str | None


class GrantList(_Camel):
    """A page of them, by name."""

    data: list[GrantView]
    next_cursor: str | None


class GrantChangeView(_Camel):
    """A brand granted or taken back."""

    distributor_id: UUID
    brand: str
    granted: Annotated[bool, Field(description="false: taken back")]
    changed_at: datetime
    changed_by: str


class GrantChangeList(_Camel):
    """A page of them, newest first."""

    data: list[GrantChangeView]
    next_cursor: str | None


class GrantBody(BaseModel, extra="forbid"):
    """The brands that it may push from now on, and no others."""

    brands: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=BRAND_LENGTH_MAX)]],
        Field(max_length=BRANDS_MAX, description="The same in any case; empty revokes"),
    ]


class GrantHistoryQuery(Page):
    """Of which distributor; of all without."""

    distributor_id: Annotated[UUID | None, Field(alias="distributorId")] = None


@api.route(
    "GET",
    _PATH,
    summary="Who may push into the shop",
    scope=Scope.INTEGRATIONS,
    query=Page,
    responses={200: Reply(GrantList)},
)
def list_push_grants(query: Page) -> dict[str, Any]:
    """The grants that stand, by the distributors' names."""
    after = decode_name(query.cursor) if query.cursor else None
    grants = container().push_grants.grants(principal().tenant.id, query.limit + 1, after)
    page, more = cut(grants, query.limit, lambda grant: grant.place)
    return {"data": [shown(grant) for grant in page], "nextCursor": more}


@api.route(
    "GET",
    _ONE,
    summary="What one distributor may push",
    scope=Scope.INTEGRATIONS,
    responses={200: Reply(GrantView)},
    errors=_NOT_FOUND,
)
def get_push_grant(distributor_id: UUID) -> dict[str, Any]:
    """No brands when nothing is granted. 404 unless it is an active distributor, or has a grant."""
    return shown(container().push_grants.grant(principal().tenant.id, distributor_id))


@api.route(
    "PUT",
    _ONE,
    summary="Grant the right to push, by brand",
    scope=Scope.INTEGRATIONS,
    body=Body(GrantBody, example={"brands": ["KTM", "Husqvarna"]}),
    responses={200: Reply(GrantView)},
    errors=_NOT_FOUND,
    role=Role.OWNER,
)
def put_push_grant(distributor_id: UUID) -> dict[str, Any]:
    """The whole list: a brand that is left out is taken back, and what is being pushed of it is cancelled.

    A brand keeps the spelling that it was first granted in. Kept with who and when.
    """
    return shown(_set(distributor_id, read_model(GrantBody).brands))


@api.route(
    "DELETE",
    _ONE,
    summary="Take the right back",
    scope=Scope.INTEGRATIONS,
    responses={204: None},
    errors=_NOT_FOUND,
    role=Role.OWNER,
)
def delete_push_grant(distributor_id: UUID) -> Response:
    """Nothing of this distributor's begins any more, and its push under way stops after the item in flight."""
    _set(distributor_id, [])
    return no_content()


@api.route(
    "GET",
    f"{_PATH}/history",
    summary="Every grant and revocation",
    scope=Scope.INTEGRATIONS,
    query=GrantHistoryQuery,
    responses={200: Reply(GrantChangeList)},
)
def list_push_grant_changes(query: GrantHistoryQuery) -> dict[str, Any]:
    """Newest first, one entry a brand, kept for good."""
    before = decode_index(query.cursor) if query.cursor else None
    changes = container().push_grants.changes(
        principal().tenant.id, query.distributor_id, query.limit + 1, before
    )
    page, more = cut(changes, query.limit, lambda change: (change.id,))
    return {"data": [shown_change(change) for change in page], "nextCursor": more}


def _set(distributor_id: UUID, brands: list[str]) -> Grant:
    caller = principal()
    return container().push_grants.set(caller.tenant.id, distributor_id, brands, changed_by=caller.name)
