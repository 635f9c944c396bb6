"""Grants: the distributors that may push into a tenant's shop, brand by brand, and every change of that.

Any tenant may grant: who may push into its own shop is not a matter of its type, so neither is letting another do it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.domain.errors import InvalidInputError
from app.domain.imports.values import unstorable
from app.domain.network.collation import sort_key

BRANDS_MAX: Final = 200
BRAND_LENGTH_MAX: Final = 255


@dataclass(frozen=True, slots=True)
class Distributor:
    """A tenant that has a grant, or may get one: `eligible` is an active distributor."""

    id: UUID
    name: str
    eligible: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """What a distributor may push, since when without a break, and who changed it last."""

    brands: tuple[str, ...] = ()
    since: datetime | None = None
    changed_at: datetime | None = None
    changed_by: str | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """A distributor and what stands with it."""

    distributor: Distributor
    standing: Standing

    @property
    def place(self) -> tuple[bytes, UUID]:
        """Where it comes in the list of all: by name, in the order of the root collation."""
        return sort_key(self.distributor.name), self.distributor.id


@dataclass(frozen=True, slots=True)
class GrantChange:
    """A brand granted or taken back, kept for good."""

    id: int
    distributor_id: UUID
    brand: str
    granted: bool
    changed_at: datetime
    changed_by: str


def brands_of(given: Sequence[str]) -> list[str]:
    """As they are kept. Raises InvalidInputError."""
    brands = [brand.strip() for brand in given]
    if len(brands) > BRANDS_MAX:
        raise InvalidInputError(f"more than {BRANDS_MAX} brands; grant fewer to one distributor")
    for brand in brands:
        if not brand or len(brand) > BRAND_LENGTH_MAX or unstorable(brand):
            raise InvalidInputError(
                f"{brand[:100]!r} is no brand: text of 1 to {BRAND_LENGTH_MAX} characters"
            )
    return brands


def requester(distributor_id: UUID) -> str:
    """Who a distributor's push is requested by, as the reseller's history has it."""
    return f"distributor {distributor_id}"


def shown(grant: Grant) -> dict[str, Any]:
    """By the API's names."""
    return {
        "distributorId": grant.distributor.id,
        "name": grant.distributor.name,
        "brands": list(grant.standing.brands),
        "since": grant.standing.since,
        "changedAt": grant.standing.changed_at,
        "changedBy": grant.standing.changed_by,
    }


def shown_change(change: GrantChange) -> dict[str, Any]:
    """By the API's names."""
    return {
        "distributorId": change.distributor_id,
        "brand": change.brand,
        "granted": change.granted,
        "changedAt": change.changed_at,
        "changedBy": change.changed_by,
    }
