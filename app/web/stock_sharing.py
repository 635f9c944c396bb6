"""`/api/app/stock-sharing*`: a reseller's consents, one per manufacturer."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from flask import Response
from pydantic import BaseModel, Field
from pydantic.json_schema import SkipJsonSchema

from app.domain.errors import NotFoundError
from app.domain.network.sharing import Consent, Precision, shown, shown_change, shown_sample
from app.domain.tenancy.tenant import Scope
from app.domain.tenancy.users import Role
from app.web.api import Api, Body, Reply, no_content
from app.web.bodies import read_model
from app.web.context import container, principal
from app.web.paging import Page, cut, decode_index, decode_name

api = Api(
    "Stock sharing", "What a reseller lets each manufacturer show of its stock. Nothing, until it says so."
)


class ConsentView(BaseModel):
    """What stands between this reseller and one manufacturer."""

    manufacturer_id: Annotated[UUID, Field(alias="manufacturerId")]
    name: str
    precision: Annotated[
        Precision, Field(description="EXACT: the number; LEVEL: in stock or low; NONE: not there at all")
    ]
    changed_at: Annotated[datetime | None, Field(alias="changedAt", description="null: never set")]
    changed_by: Annotated[str | None, Field(alias="changedBy")]
    dealers: Annotated[int, Field(description="Dealers that the manufacturer has attached to this reseller")]


class ConsentList(BaseModel):
    """A page of them, by name."""

    data: list[ConsentView]
    next_cursor: Annotated[str | None, Field(alias="nextCursor")]


class ChangeView(BaseModel):
    """One change of a consent."""

    manufacturer_id: Annotated[UUID, Field(alias="manufacturerId")]
    before: Annotated[Precision, Field(alias="from")]
    after: Annotated[Precision, Field(alias="to")]
    changed_at: Annotated[datetime, Field(alias="changedAt")]
    changed_by: Annotated[str, Field(alias="changedBy")]


class ChangeList(BaseModel):
    """A page of them, newest first."""

    data: list[ChangeView]
    next_cursor: Annotated[str | None, Field(alias="nextCursor")]


class LineView(BaseModel):
    """What a shop's visitor is told of the stock."""

    stock_level: Annotated[Literal["in-stock", "low", "out"], Field(alias="stockLevel")]
    stock: Annotated[int, Field(description="Under EXACT alone")] | SkipJsonSchema[None] = None


class SampleView(BaseModel):
    """A part of the reseller's, as each precision would show it."""

    part_number: Annotated[str, Field(alias="partNumber")]
    name: str
    shown: Annotated[
        dict[Precision, LineView | None], Field(description="null: the dealer is not listed at all")
    ]


class ConsentBody(BaseModel, extra="forbid"):
    """What to share from now on."""

    precision: Precision = Precision.LEVEL


class HistoryQuery(Page):
    """Of which manufacturer; of all without."""

    manufacturer_id: Annotated[UUID | None, Field(alias="manufacturerId")] = None


_ERRORS = {403: ["feature_not_available"]}
_ONE = {**_ERRORS, 404: ["not_found"]}
_SAMPLE = {
    "partNumber": "55716013",
    "name": "Drive belt",
    "shown": {"EXACT": {"stockLevel": "low", "stock": 4}, "LEVEL": {"stockLevel": "low"}, "NONE": None},
}


@api.route(
    "GET",
    "/api/app/stock-sharing",
    summary="All manufacturers, and what is shared with each",
    scope=Scope.INTEGRATIONS,
    query=Page,
    responses={200: Reply(ConsentList)},
    errors=_ERRORS,
)
def list_consents(query: Page) -> dict[str, Any]:
    """By name. Also whoever else has attached a dealer to this reseller, or has its consent."""
    after = decode_name(query.cursor) if query.cursor else None
    consents = container().sharing.consents(principal().tenant, query.limit + 1, after)
    page, more = cut(consents, query.limit, lambda consent: consent.place)
    return {"data": [shown(consent) for consent in page], "nextCursor": more}


@api.route(
    "GET",
    "/api/app/stock-sharing/<uuid:manufacturer_id>",
    summary="What is shared with one manufacturer",
    scope=Scope.INTEGRATIONS,
    responses={200: Reply(ConsentView)},
    errors=_ONE,
)
def get_consent(manufacturer_id: UUID) -> dict[str, Any]:
    """NONE when nothing was ever said."""
    return shown(container().sharing.consent(principal().tenant, manufacturer_id))


@api.route(
    "PUT",
    "/api/app/stock-sharing/<uuid:manufacturer_id>",
    summary="Grant or change what is shared",
    scope=Scope.INTEGRATIONS,
    body=Body(ConsentBody, example={"precision": "LEVEL"}),
    responses={200: Reply(ConsentView)},
    errors=_ONE,
    role=Role.OWNER,
)
def put_consent(manufacturer_id: UUID) -> dict[str, Any]:
    """LEVEL unless it says otherwise. In every storefront within a second; kept with who and when."""
    return shown(_set(manufacturer_id, read_model(ConsentBody).precision))


@api.route(
    "DELETE",
    "/api/app/stock-sharing/<uuid:manufacturer_id>",
    summary="Share nothing any more",
    scope=Scope.INTEGRATIONS,
    responses={204: None},
    errors=_ONE,
    role=Role.OWNER,
)
def delete_consent(manufacturer_id: UUID) -> Response:
    """Out of every answer within a second."""
    _set(manufacturer_id, Precision.NONE)
    return no_content()


@api.route(
    "GET",
    "/api/app/stock-sharing/history",
    summary="Every change that was made",
    scope=Scope.INTEGRATIONS,
    query=HistoryQuery,
    responses={200: Reply(ChangeList)},
    errors=_ERRORS,
)
def list_consent_changes(query: HistoryQuery) -> dict[str, Any]:
    """Newest first, kept for good."""
    before = decode_index(query.cursor) if query.cursor else None
    changes = container().sharing.changes(principal().tenant, query.manufacturer_id, query.limit + 1, before)
    page, more = cut(changes, query.limit, lambda change: (change.id,))
    return {"data": [shown_change(change) for change in page], "nextCursor": more}


@api.route(
    "GET",
    "/api/app/stock-sharing/sample",
    summary="What each precision would show",
    scope=Scope.INTEGRATIONS,
    responses={200: Reply(SampleView, example=_SAMPLE)},
    errors=_ONE,
)
def get_sharing_sample() -> dict[str, Any]:
    """Of a real part, the first by number that has stock above the safety stock; 404 while there is none."""
    sample = container().sharing.sample(principal().tenant)
    if sample is None:
        raise NotFoundError("no activated part has stock above your safety stock; nothing would be shown")
    return shown_sample(sample)


def _set(manufacturer_id: UUID, precision: Precision) -> Consent:
    caller = principal()
    return container().sharing.set(caller.tenant, manufacturer_id, precision, changed_by=caller.name)
