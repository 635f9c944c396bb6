"""`/api/t/*`: what a shop's pages read, from the visitor's browser."""

from typing import Annotated, Final, Literal

from flask import Response
from pydantic import BaseModel, Field

from app.domain.errors import InvalidInputError, NotFoundError
from app.domain.storefront.rendering import answer
from app.domain.tenancy.tenant import Scope
from app.web.api import Api, Reply, to_json
from app.web.conditional import CACHED, conditional
from app.web.context import container, principal

PART_NUMBERS_MAX: Final = 100
_REVALIDATED: Final = "private, no-cache"
_FIVE_MINUTES: Final = "private, max-age=300"
api = Api("Storefront", "Read by a shop's pages. Use a key that has the scope storefront only.")


class Config(BaseModel):
    """What the shop's widgets need to start."""

    mapbox_token: Annotated[str, Field(alias="mapboxToken")]


class Part(BaseModel):
    """One part as this tenant sells it."""

    part_number: Annotated[str, Field(alias="partNumber", description="The canonical one, also for an alias")]
    oem_part_number: Annotated[str | None, Field(alias="oemPartNumber")]
    brand: str | None
    name: str
    category: str | None
    description: Annotated[str | None, Field(description="Sanitised HTML")]
    image_url: Annotated[str | None, Field(alias="imageUrl")]
    manual_url: Annotated[str | None, Field(alias="manualUrl")]
    weight_kg: Annotated[float | None, Field(alias="weightKg")]
    price: float | None
    stock: Annotated[int, Field(ge=0)]


class StockLine(BaseModel):
    """One item's stock."""

    part_number: Annotated[str, Field(alias="partNumber")]
    stock: Annotated[int, Field(ge=0)]
    stock_level: Annotated[Literal["in-stock", "low", "out"], Field(alias="stockLevel")]


class StockQuery(BaseModel):
    """Which parts; at most 100."""

    part_numbers: Annotated[
        str, Field(alias="partNumbers", description="Part numbers separated by commas")
    ] = ""
    part_number: Annotated[
        list[str],
        Field(alias="partNumber", description="A part number that may hold a comma; may be repeated"),
    ] = []

    def numbers(self) -> list[str]:
        """In the order asked; raises InvalidInputError for none or too many."""
        asked = [number for number in (*self.part_numbers.split(","), *self.part_number) if number.strip()]
        if not asked:
            raise InvalidInputError("name the parts as partNumbers=A,B")
        if len(asked) > PART_NUMBERS_MAX:
            raise InvalidInputError(
                f"{len(asked)} part numbers are too many; at most {PART_NUMBERS_MAX} a request"
            )
        return asked


@api.route(
    "GET",
    "/api/t/config",
    summary="The shop's settings",
    scope=Scope.STOREFRONT,
    responses={200: Reply(Config, headers=CACHED), 304: None},
)
def get_config() -> Response:
    """Fresh for five minutes."""
    ready = answer(to_json({"mapboxToken": principal().tenant.mapbox_token}))
    return conditional(ready.body, ready.etag, cache_control=_FIVE_MINUTES)


@api.route(
    "GET",
    "/api/t/parts/<part:part_number>",
    summary="One part",
    scope=Scope.STOREFRONT,
    responses={200: Reply(Part, headers=CACHED), 304: None},
    errors={404: ["not_found"]},
    parameters={"part_number": "Part number, own SKU or alias; slashes may be encoded or not"},
)
def get_part(part_number: str) -> Response:
    """By activated catalog part, own part or alias, in this order."""
    ready = container().storefront.part(principal().tenant.id, part_number)
    if ready is None:
        raise NotFoundError("this tenant does not sell a part of that number; check its spelling and case")
    return conditional(ready.body, ready.etag, cache_control=_REVALIDATED)


@api.route(
    "GET",
    "/api/t/stock",
    summary="Stock of up to 100 parts",
    scope=Scope.STOREFRONT,
    query=StockQuery,
    responses={200: Reply(list[StockLine], headers=CACHED), 304: None},
)
def get_stock(query: StockQuery) -> Response:
    """In the order asked, each once; parts that the tenant does not have are left out, aliases are not
    resolved.
    """
    ready = container().storefront.stock(principal().tenant.id, query.numbers())
    return conditional(ready.body, ready.etag, cache_control=_REVALIDATED)
