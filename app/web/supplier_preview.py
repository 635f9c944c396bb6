"""`/api/app/suppliers/preview`: a supplier file tried out before it is kept."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from app.domain.errors import InvalidInputError
from app.domain.suppliers.document import SupplierForm
from app.domain.suppliers.preview import preview
from app.domain.suppliers.source import SourceRefusedError, SourceTransientError
from app.domain.tenancy.tenant import Scope
from app.domain.tenancy.users import Role
from app.web.api import Api, Body, Reply
from app.web.bodies import read_json_body
from app.web.context import container, principal
from app.web.errors import HttpError
from app.web.feeds import seated

api = Api("Supplier preview", "What a supplier file makes of a payload. See `docs/suppliers.md`.")


class _Camel(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class PreviewBody(_Camel):
    """A supplier file, and what it is tried on."""

    file: Annotated[SupplierForm, Field(description="Whole, as it is to be kept")]
    payload: Annotated[
        str | None,
        Field(
            description="A report as text; without it the source is asked, with the file's secrets, or, where it has"
            " none, with those that are kept for the supplier of its code at the same address"
        ),
    ] = None


class PreviewRow(_Camel):
    """A row in our terms."""

    sku: str
    part_number: Annotated[str | None, Field(description="By the file's skus; null: by your own names")]
    quantity: int
    as_of: datetime | None
    incoming: int | None
    reserved: int | None
    price: str | None
    lead_time_days: int | None


class PreviewProblem(_Camel):
    """A row that could not be read."""

    index: int
    reason: str


class PreviewCounts(_Camel):
    """Of the whole report: received = rows + duplicates + malformed."""

    received: int
    rows: int
    duplicates: int
    malformed: int
    ignored: Annotated[
        dict[str, int], Field(description="Values of optional fields that could not be read, by field")
    ]


class PreviewFetch(_Camel):
    """How the source answered."""

    pages: int
    bytes: int
    elapsed_s: float
    conditional: Annotated[bool, Field(description="Whether it can be asked only for what is new")]


class PreviewView(_Camel):
    """What would be read; nothing is kept."""

    rows: Annotated[list[PreviewRow], Field(description="The first 20")]
    malformed: Annotated[list[PreviewProblem], Field(description="The first 20")]
    counts: PreviewCounts
    whole: Annotated[bool, Field(description="Whether what is not listed would count as gone")]
    fetched: Annotated[PreviewFetch | None, Field(description="null: the payload was pasted")]


class HeldView(PreviewView):
    """What a report says that waits for a person."""

    beginning: Annotated[str, Field(description="Of the report as it came, 2,000 bytes at most")]


_EXAMPLE: Final = {
    "file": {
        "code": "north",
        "name": "North Sled",
        "url": "https://api.north-sled.example/stock",
        "format": "json",
        "items": "data.items",
        "fields": {"sku": "sku", "quantity": "stock.free"},
        "skus": {"NS-1": "55716013"},
    },
    "payload": '{"data": {"items": [{"sku": "NS-1", "stock": {"free": "12"}}]}}',
}


@api.route(
    "POST",
    "/api/app/suppliers/preview",
    summary="Try a supplier file",
    scope=Scope.INTEGRATIONS,
    role=Role.OWNER,
    body=Body(PreviewBody, example=_EXAMPLE),
    responses={200: Reply(PreviewView)},
    errors={409: ["source_refused", "source_unavailable"], 503: ["busy", "encryption_unavailable"]},
)
def preview_supplier() -> dict[str, Any]:
    """Reads the payload, or the source itself, and tells what its rows would be. Nothing is kept, secrets neither.
    409 says why the source, or what it sends, cannot be read; `details.reason` has a code for it. With
    `source_unavailable` it may be read later.
    """
    given = _read()
    return tried(given.get("file"), given.get("payload"))


@api.route(
    "GET",
    "/api/app/suppliers/<uuid:supplier_id>/polls/<uuid:poll_id>/held",
    summary="Look at a held report",
    scope=Scope.INTEGRATIONS,
    responses={200: Reply(HeldView)},
    errors={404: ["not_found"], 409: ["conflict", "source_refused"], 503: ["busy"]},
)
def look_at_held_report(supplier_id: UUID, poll_id: UUID) -> dict[str, Any]:
    """What its rows would be, by the mapping of now, and how it begins. 409 when it is not held any more."""
    with _reading(), seated():
        return container().suppliers.look(principal().tenant.id, supplier_id, poll_id)


def tried(document: object, payload: str | None) -> dict[str, Any]:
    """What a supplier file makes of a payload, or of its source. Raises as `preview`, what the source does as HTTP's."""
    secrets = partial(container().suppliers.secrets, principal().tenant.id)
    with _reading(), seated():
        return preview(container().supplier_fetcher, secrets, document, payload, datetime.now(UTC))


@contextmanager
def _reading() -> Iterator[None]:
    """What is wrong with a source, or its report, is no fault of the caller's or ours."""
    try:
        yield
    except SourceRefusedError as error:
        details = {"reason": error.reason, "status": error.status}
        raise HttpError(409, error.code, error.message, details=details) from error
    except SourceTransientError as error:  # the source's weather, not ours: no 503
        raise HttpError(409, error.code, error.message, details={"status": error.status}) from error


def _read() -> dict[str, Any]:
    """The file's own fields are checked, and named, where it is read."""
    try:
        given = msgspec.json.decode(read_json_body())
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInputError("the body is no JSON") from error
    if not isinstance(given, dict) or not given.keys() <= {"file", "payload"}:
        raise InvalidInputError("the body is an object with a file, and a payload or none")
    if not isinstance(given.get("payload"), str | None):
        raise InvalidInputError("payload: must be text")
    return given
