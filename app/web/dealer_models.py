"""What goes in and out of `/api/app/dealers`, as the OpenAPI document has it.

What a value may be is the domain's to say (`domain/network/dealer.py`): what comes in is not checked here.
"""

from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import BaseModel, Field

Interval = Annotated[list[str], Field(min_length=2, max_length=2, description='Like ["09:00", "17:00"]')]
Day = Annotated[list[Interval], Field(description="When it is open; empty: closed")]
Code = Annotated[str | None, Field(description="The tenant's own, which import files know it by; only once")]
Degrees = Annotated[
    float | None, Field(description="As it was given, WGS 84; with the other one or not at all")
]
Linked = Annotated[
    UUID | None,
    Field(
        alias="linkedTenantId", description="The reseller whose stock it shows; null: a store of one's own"
    ),
]
Zone = Annotated[str, Field(description="IANA; opening hours need it")]
Active = Annotated[bool, Field(description="false: kept, and not shown")]


class OpeningHours(BaseModel):
    """By the dealer's own clock. A day that is left out is closed; an exception replaces its date's hours."""

    mon: Day = []
    tue: Day = []
    wed: Day = []
    thu: Day = []
    fri: Day = []
    sat: Day = []
    sun: Day = []
    exceptions: Annotated[dict[str, Day], Field(description="By date, YYYY-MM-DD")] = {}


class Location(BaseModel):
    """Where the dealer is on a map."""

    lat: float
    lng: float
    approximate: Annotated[bool, Field(description="Of the postal code's town, within some 15 km")]
    source: Literal["given", "postal-code"]


class OwnDealer(BaseModel):
    """A dealer as its tenant sees it; unset texts are empty."""

    dealer_id: Annotated[UUID, Field(alias="dealerId")]
    code: Code
    name: str
    address: str
    city: str
    postal_code: Annotated[str, Field(alias="postalCode")]
    country: Annotated[str, Field(description="ISO 3166-1 alpha-2")]
    phone: str
    website: str
    lat: Degrees
    lng: Degrees
    linked_tenant_id: Linked
    timezone: Zone
    opening_hours: Annotated[OpeningHours | None, Field(alias="openingHours")]
    active: Active
    location: Annotated[
        Location | None, Field(description="null: neither coordinates nor a known postal code")
    ]
    created_at: Annotated[datetime, Field(alias="createdAt")]


class OwnDealerList(BaseModel):
    """A page of them."""

    data: list[OwnDealer]
    next_cursor: Annotated[str | None, Field(alias="nextCursor")]


class DealerChanges(BaseModel):
    """Fields to set; null or an empty text clears, what is left out stays."""

    code: Code = None
    name: str | None = None
    address: str | None = None
    city: str | None = None
    postal_code: Annotated[str | None, Field(alias="postalCode")] = None
    country: Annotated[str | None, Field(description="ISO 3166-1 alpha-2")] = None
    phone: str | None = None
    website: Annotated[str | None, Field(description="http or https")] = None
    lat: Degrees = None
    lng: Degrees = None
    linked_tenant_id: Linked = None
    timezone: Annotated[str | None, Field(description="IANA; opening hours need it")] = None
    opening_hours: Annotated[OpeningHours | None, Field(alias="openingHours")] = None
    active: Annotated[bool | None, Field(description="false: kept, and not shown")] = None


class NewDealer(DealerChanges):
    """A dealer; what is left out is unset."""

    name: str


class Refused(BaseModel):
    """A line that does not go in."""

    line: int
    reason: str


class DealerImport(BaseModel):
    """What became of the lines; each counts once."""

    created: int
    updated: int
    unchanged: int
    refused: int
    refused_sample: Annotated[list[Refused], Field(alias="refusedSample", description="The first 20")]


EXAMPLE: Final[dict[str, Any]] = {
    "code": "UME-1",
    "name": "Umeå Skoter & Motor",
    "city": "Umeå",
    "postalCode": "903 26",
    "country": "SE",
    "timezone": "Europe/Stockholm",
    "openingHours": {
        "mon": [["09:00", "18:00"]],
        "sat": [["10:00", "14:00"]],
        "exceptions": {"2026-12-24": []},
    },
}
CSV_EXAMPLE: Final = (
    "code,name,city,postalCode,country,active\nUME-1,Umeå Skoter & Motor,Umeå,903 26,SE,true\n"
)
NDJSON_EXAMPLE: Final = (
    '{"code": "UME-1", "timezone": "Europe/Stockholm", "openingHours": {"mon": [["09:00", "18:00"]]}}\n'
)
