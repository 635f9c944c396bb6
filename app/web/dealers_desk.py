"""`/api/app/dealers*`: a tenant's own dealers, one by one and by the file."""

from collections.abc import Sequence
from io import BytesIO, TextIOWrapper
from typing import Annotated, Any, Final
from uuid import UUID

from flask import Response, request
from pydantic import BaseModel, Field

from app.domain.errors import InvalidInputError, PayloadTooLargeError
from app.domain.imports.batches import Imported
from app.domain.imports.reading import json_object
from app.domain.imports.values import unstorable
from app.domain.network.dealers import LIST_START, ListPlace, StoredDealer, shown
from app.domain.tenancy.tenant import Scope
from app.web import dealer_models as models
from app.web.api import Api, Body, Reply, no_content
from app.web.bodies import read_body, read_json_body
from app.web.context import container, principal
from app.web.feeds import seated
from app.web.paging import Page, cut, decode_dealer

LINES_MAX: Final = 100_000
_FORMATS: Final = {"text/csv": "body.csv", "application/x-ndjson": "body.jsonl"}
_ONE: Final = {404: ["not_found"]}
_WRITE: Final = {400: ["invalid_request"], 409: ["conflict"], 503: ["outcome_unknown"]}

api = Api("Dealers (your own)", "The dealers and stores of a tenant, as it keeps them.")


class DealerQuery(Page):
    """Which of them."""

    q: Annotated[
        str, Field(max_length=200, description="Only those that have it in name, city, code or postal code")
    ] = ""


class ImportQuery(BaseModel):
    """How to take the file."""

    dry_run: Annotated[
        bool, Field(alias="dryRun", description="Tell what would happen and what is refused; write nothing.")
    ] = False


@api.route(
    "GET",
    "/api/app/dealers",
    summary="Your dealers",
    scope=Scope.INTEGRATIONS,
    query=DealerQuery,
    responses={200: Reply(models.OwnDealerList)},
)
def list_own_dealers(query: DealerQuery) -> dict[str, Any]:
    """By country, then name in the order of the Unicode root collation; inactive ones too."""
    page, more = found_dealers(query)
    return {"data": [shown(one) for one in page], "nextCursor": more}


def found_dealers(query: DealerQuery) -> tuple[Sequence[StoredDealer], str | None]:
    """A page of the caller's dealers, and the cursor of the next."""
    if unstorable(query.q):
        raise InvalidInputError("q has a NUL or a character that is not UTF-8")
    after = ListPlace(*decode_dealer(query.cursor)) if query.cursor else LIST_START
    dealers = container().network.dealers(
        principal().tenant.id, query.limit + 1, after=after, sought=query.q.strip()
    )
    return cut(dealers, query.limit, lambda one: one.list_place)


@api.route(
    "POST",
    "/api/app/dealers",
    summary="Add a dealer",
    scope=Scope.INTEGRATIONS,
    body=Body(models.NewDealer, example=models.EXAMPLE),
    responses={201: Reply(models.OwnDealer, "It is there", headers={"Location": "The dealer"})},
    errors=_WRITE,
)
def create_own_dealer() -> tuple[dict[str, Any], int, dict[str, str]]:
    """Storefronts show it within a second. Without coordinates its postal code tells where it is."""
    stored = container().network.create_dealer(principal().tenant.id, _given())
    return shown(stored), 201, {"Location": f"/api/app/dealers/{stored.id}"}


@api.route(
    "GET",
    "/api/app/dealers/<uuid:dealer_id>",
    summary="One of your dealers",
    scope=Scope.INTEGRATIONS,
    responses={200: Reply(models.OwnDealer)},
    errors=_ONE,
)
def get_own_dealer(dealer_id: UUID) -> dict[str, Any]:
    """Another tenant's is not there."""
    return shown(container().network.dealer(principal().tenant.id, dealer_id))


@api.route(
    "PATCH",
    "/api/app/dealers/<uuid:dealer_id>",
    summary="Change a dealer",
    scope=Scope.INTEGRATIONS,
    body=Body(models.DealerChanges, example={"phone": "+46 90 123 45", "website": None}),
    responses={200: Reply(models.OwnDealer)},
    errors={**_ONE, **_WRITE},
)
def change_own_dealer(dealer_id: UUID) -> dict[str, Any]:
    """What is left out stays, null or an empty text clears; opening hours are replaced as a whole."""
    return shown(container().network.change_dealer(principal().tenant.id, dealer_id, _given()))


@api.route(
    "DELETE",
    "/api/app/dealers/<uuid:dealer_id>",
    summary="Remove a dealer",
    scope=Scope.INTEGRATIONS,
    responses={204: None},
    errors={**_ONE, 503: ["outcome_unknown"]},
)
def delete_own_dealer(dealer_id: UUID) -> Response:
    """For good, with the stock that its location reported; to hide it, set `active` to false."""
    container().network.remove_dealer(principal().tenant.id, dealer_id)
    return no_content()


@api.route(
    "POST",
    "/api/app/dealers/import",
    summary="Add and change dealers by a file",
    scope=Scope.INTEGRATIONS,
    query=ImportQuery,
    body=Body(
        description=f"CSV with a header, or one JSON object a line; at most {LINES_MAX:,} lines",
        texts=dict(zip(_FORMATS, (models.CSV_EXAMPLE, models.NDJSON_EXAMPLE), strict=True)),
    ),
    responses={200: Reply(models.DealerImport)},
    errors={413: ["payload_too_large"], 503: ["busy", "outcome_unknown"]},
    request_headers={"Content-Encoding": "`gzip` or none"},
)
def import_own_dealers(query: ImportQuery) -> dict[str, Any]:
    """Dealers are known by `code`. A column or key that is missing leaves, an empty cell or null clears. A line that
    breaks a rule is refused with its number and the reason; the others go in. Broken off, it is sent again.
    """
    body = read_body(*_FORMATS)
    return import_file(_FORMATS[request.mimetype], body, dry_run=query.dry_run).told()


def import_file(name: str, body: bytes, *, dry_run: bool) -> Imported:
    """A file of the caller's dealers, its format told by its name's ending; within the process's seats."""
    if body.count(b"\n") > LINES_MAX:
        raise PayloadTooLargeError(f"the file has more than {LINES_MAX:,} lines; send it in parts")
    lines = TextIOWrapper(BytesIO(body), "utf-8", "surrogateescape", newline="")
    with seated():
        return container().network.import_dealers(principal().tenant.id, name, lines, dry_run=dry_run)


def _given() -> dict[str, Any]:
    """The body's fields, which the use case checks."""
    try:
        return json_object(read_json_body().decode())
    except UnicodeDecodeError:
        raise InvalidInputError("the body is not UTF-8") from None
    except ValueError as error:
        raise InvalidInputError(f"the body {error}") from None
