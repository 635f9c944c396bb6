"""`/api/t/dealers*`: who sells it near the visitor."""

from datetime import UTC, datetime
from typing import Annotated, Final, Literal

from flask import Response
from pydantic import BaseModel, Field

from app.domain.errors import InvalidInputError
from app.domain.network.cards import Origin, Wish
from app.domain.tenancy.tenant import Scope
from app.web.api import Api, Reply
from app.web.conditional import CACHED, conditional
from app.web.context import container, principal

LIMIT_MAX: Final = 50
_FIVE_MINUTES: Final = "private, max-age=300"
_ONE_MINUTE: Final = "private, max-age=60"

api = Api("Dealers", "A tenant's dealers and stores, and which of them near the visitor have a part.")


class Dealer(BaseModel):
    """One active dealer; what is not known is an empty text or null."""

    name: str
    address: str
    city: str
    postal_code: Annotated[str, Field(alias="postalCode")]
    country: Annotated[str, Field(description="ISO 3166-1 alpha-2")]
    phone: str
    website: str
    lat: Annotated[float | None, Field(description="Degrees; of the postal code where none were given")]
    lng: float | None


class NearbyDealer(Dealer):
    """One dealer that has the part, and what its owner lets be shown of it."""

    distance_km: Annotated[
        float | None, Field(alias="distanceKm", description="As the crow flies; unless unit=mi")
    ] = None
    distance_mi: Annotated[float | None, Field(alias="distanceMi", description="Under unit=mi")] = None
    as_of: Annotated[
        datetime | None,
        Field(alias="asOf", description="When the stock was last confirmed; may lag 15 minutes"),
    ]
    open_now: Annotated[bool | None, Field(alias="openNow", description="null: its hours are not known")]
    approximate: Annotated[bool, Field(description="Either end was placed by its postal code's town")]
    stock_level: Annotated[Literal["in-stock", "low", "out"], Field(alias="stockLevel")]
    precision: Literal["EXACT", "LEVEL"]
    stock: Annotated[int | None, Field(description="Only under EXACT")] = None


class NearbyQuery(BaseModel):
    """Which part, and where from: lat and lng, or postalCode and country."""

    part_number: Annotated[
        str, Field(alias="partNumber", min_length=1, description="Part number, own SKU or alias")
    ]
    lat: Annotated[float | None, Field(ge=-90, le=90, allow_inf_nan=False)] = None
    lng: Annotated[float | None, Field(ge=-180, le=180, allow_inf_nan=False)] = None
    postal_code: Annotated[str, Field(alias="postalCode")] = ""
    country: Annotated[str, Field(description="ISO 3166-1 alpha-2, with postalCode")] = ""
    limit: Annotated[int, Field(ge=1, le=LIMIT_MAX)] = 5
    radius_km: Annotated[float | None, Field(alias="radiusKm", gt=0, le=20_040, allow_inf_nan=False)] = None
    unit: Literal["km", "mi"] = "km"
    open_now: Annotated[bool, Field(alias="openNow", description="true: only those open at this moment")] = (
        False
    )

    def origin(self) -> Origin:
        """Where to measure from; raises InvalidInputError, and UnknownPostalCodeError."""
        by_place = self.lat is not None or self.lng is not None
        by_code = bool(self.postal_code.strip() or self.country.strip())
        if by_place and by_code:
            raise InvalidInputError("give lat and lng, or postalCode and country, not both")
        if self.lat is not None and self.lng is not None:
            return Origin(self.lat, self.lng)
        if by_place or not (self.postal_code.strip() and self.country.strip()):
            raise InvalidInputError("give lat and lng, or postalCode and country, to measure from")
        place = container().postal_codes.find(self.country, self.postal_code)
        return Origin(place.lat, place.lng, place.approximate)

    def wish(self) -> Wish:
        """What is wanted of the nearest."""
        return Wish(self.limit, self.radius_km, self.open_now, self.unit == "mi")


@api.route(
    "GET",
    "/api/t/dealers",
    summary="All dealers",
    scope=Scope.STOREFRONT,
    responses={200: Reply(list[Dealer], headers=CACHED), 304: None},
)
def get_dealers() -> Response:
    """The active ones by country, then name in the order of the Unicode root collation."""
    caller = principal()
    ready = container().nearby.dealers(caller.tenant.id, caller.network_version)
    return conditional(ready.body, ready.etag, cache_control=_FIVE_MINUTES)


@api.route(
    "GET",
    "/api/t/dealers/stock",
    summary="The nearest dealers that have a part",
    scope=Scope.STOREFRONT,
    query=NearbyQuery,
    responses={200: Reply(list[NearbyDealer], headers=CACHED), 304: None},
    errors={404: ["unknown_postal_code"]},
)
def get_dealers_stock(query: NearbyQuery) -> Response:
    """Nearest first. Only dealers that have the part, and whose owner shares its stock with this tenant: one that
    does not share looks exactly like one that does not exist. A part that nobody has is an empty list.
    """
    caller = principal()
    ready = container().nearby.nearest(
        caller.tenant.id,
        caller.network_version,
        query.part_number,
        query.origin(),
        query.wish(),
        datetime.now(UTC),
    )
    return conditional(ready.body, ready.etag, cache_control=_ONE_MINUTE)
