"""A dealer as an operator describes it, checked."""

import re
from dataclasses import dataclass, fields
from uuid import UUID

from app.domain.errors import InvalidInputError
from app.domain.imports import values

_DEGREES = re.compile(r"[+-]?[0-9]{1,3}(\.[0-9]{1,15})?")
_PARSERS: dict[str, values.Parser] = {
    "name": values.text(200),
    "address": values.text(500),
    "city": values.text(200),
    "postal_code": values.text(20),
    "country": values.country,
    "phone": values.text(50),
    "website": values.url,
}


@dataclass(frozen=True, slots=True)
class NewDealer:
    """What `dealer create` stores; unset texts are empty, unset coordinates None."""

    name: str
    address: str = ""
    city: str = ""
    postal_code: str = ""
    country: str = ""
    phone: str = ""
    website: str = ""
    lat: float | None = None
    lng: float | None = None
    linked_tenant_id: UUID | None = None


def new_dealer(texts: dict[str, str], lat: str, lng: str, linked_tenant_id: UUID | None) -> NewDealer:
    """From texts as typed, by NewDealer's field names; raises InvalidInputError naming the first wrong one."""
    given = {field.name: _text(field.name, texts.get(field.name, "")) for field in fields(NewDealer)[:7]}
    if not given["name"]:
        raise InvalidInputError("name must not be empty")
    if bool(lat.strip()) != bool(lng.strip()):
        raise InvalidInputError("lat and lng belong together: give both or neither")
    return NewDealer(
        **given,
        lat=_degrees("lat", lat, 90),
        lng=_degrees("lng", lng, 180),
        linked_tenant_id=linked_tenant_id,
    )


def _text(name: str, text: str) -> str:
    try:
        return _PARSERS[name](text) or ""
    except ValueError as error:
        raise InvalidInputError(f"{name} {error}") from None


def _degrees(name: str, text: str, high: int) -> float | None:
    text = text.strip()
    if not text:
        return None
    if not _DEGREES.fullmatch(text) or abs(float(text)) > high:
        raise InvalidInputError(f"{name} must be degrees from -{high} to {high}")
    return float(text)
