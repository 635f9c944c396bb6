"""A dealer, and the rules it keeps: the same for an import's line, an operator's command and a request."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from app.domain.imports import values as given
from app.domain.imports.kinds import Field, Kind
from app.domain.network.hours import parse_opening_hours, parse_timezone

_DEGREES: Final = re.compile(r"[+-]?[0-9]{1,3}(\.[0-9]{1,30})?")


@dataclass(frozen=True, slots=True)
class Dealer:
    """What its tenant says of a dealer. Unset texts are empty; coordinates are degrees (WGS 84)."""

    name: str
    code: str | None = None
    address: str = ""
    city: str = ""
    postal_code: str = ""
    country: str = ""
    phone: str = ""
    website: str = ""
    lat: float | None = None
    lng: float | None = None
    linked_tenant_id: UUID | None = None
    timezone: str = ""
    opening_hours: dict[str, Any] | None = None
    active: bool = True


def merged(standing: Dealer | None, changes: Mapping[str, Any], tenants: Collection[UUID]) -> Dealer:
    """The dealer that stands, or a new one, with checked values by Dealer's field names.

    `tenants` are those that exist among the tenants that `changes` link to. Raises ValueError with the rule that
    the whole dealer would break.
    """
    linked = changes.get("linked_tenant_id")
    if linked is not None and linked not in tenants:
        raise ValueError(f"linkedTenantId: there is no tenant {linked}")
    if standing is None and "name" not in changes:
        raise ValueError("name is missing, which a new dealer needs")
    dealer = Dealer(**changes) if standing is None else replace(standing, **changes)
    if (dealer.lat is None) != (dealer.lng is None):
        raise ValueError("lat and lng belong together: give both or neither")
    if dealer.opening_hours and not dealer.timezone:
        raise ValueError(
            "openingHours need a timezone: give one such as Europe/Stockholm, or clear the hours"
        )
    return dealer


def _phone(value: Any) -> str | None:
    number: str | None = given.text(50)(value)
    if number is not None and not number.isprintable():
        raise ValueError("must be printable text")
    return number


def _degrees(high: int) -> given.Parser:
    """A number, or its text with a decimal point."""
    wanted = f"must be degrees from -{high} to {high}"

    def parse(value: Any) -> float:
        if isinstance(value, str) and _DEGREES.fullmatch(value.strip()):
            return inside(float(value))
        if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
            return inside(value)
        raise ValueError(wanted)

    def inside(number: float | Decimal) -> float:
        if not -high <= number <= high:
            raise ValueError(wanted)
        return float(number)

    return parse


def _tenant(value: Any) -> UUID:
    try:
        return UUID(value)
    except (ValueError, AttributeError, TypeError):
        raise ValueError("must be a tenant's id, 32 hexadecimal digits") from None


def _true_or_false(value: Any) -> bool:
    word = value.strip().lower() if isinstance(value, str) else value
    if word is True or word == "true":
        return True
    if word is False or word == "false":
        return False
    raise ValueError("must be true or false")


def _hours(value: Any) -> dict[str, Any] | None:
    return parse_opening_hours(value) or None


FIELDS: Final[Mapping[str, Field]] = {
    "code": Field("code", given.text(128)),
    "name": Field("name", given.text(200), clearable=False),
    "address": Field("address", given.text(500), cleared=""),
    "city": Field("city", given.text(200), cleared=""),
    "postalCode": Field("postal_code", given.text(20), cleared=""),
    "country": Field("country", given.country, cleared=""),
    "phone": Field("phone", _phone, cleared=""),
    "website": Field("website", given.url, cleared=""),
    "lat": Field("lat", _degrees(90)),
    "lng": Field("lng", _degrees(180)),
    "linkedTenantId": Field("linked_tenant_id", _tenant),
    "timezone": Field("timezone", parse_timezone, cleared=""),
    "openingHours": Field("opening_hours", _hours),
    "active": Field("active", _true_or_false, cleared=True),
}
"""The fields as the API, the import files and the command line name them."""

ONE_DEALER: Final = Kind("code", FIELDS, ())
"""What a request or a command says of one dealer."""

DEALERS: Final = Kind("code", {**FIELDS, "code": Field("code", given.text(128), clearable=False)}, ("code",))
"""A file of dealers, each known by its code."""
