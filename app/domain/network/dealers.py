"""A tenant's dealers as they are kept: found, placed, shown to their tenant, and changed by a file's batch."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from app.domain.imports.batches import Counts
from app.domain.imports.rows import Refusal, Row
from app.domain.network.dealer import FIELDS, Dealer, merged
from app.domain.network.postal import Place


class ListPlace(NamedTuple):
    """Where a dealer stands in the list: by country, then name, then id."""

    country: str
    name_key: bytes
    id: UUID


LIST_START: Final = ListPlace("", b"", UUID(int=0))


@dataclass(frozen=True, slots=True)
class StoredDealer:
    """A dealer with its id; `place` is where its postal code is, if that is known and it has no coordinates."""

    id: UUID
    created_at: datetime
    list_place: ListPlace
    dealer: Dealer
    place: Place | None = None


def homeless(dealer: Dealer) -> bool:
    """Whether its postal code must tell where it is."""
    return dealer.lat is None and bool(dealer.postal_code)


def shown(stored: StoredDealer) -> dict[str, Any]:
    """Every field by its name in the API, and where the dealer is on a map."""
    dealer = stored.dealer
    return {
        "dealerId": stored.id,
        **{name: getattr(dealer, one.column) for name, one in FIELDS.items()},
        "location": _location(dealer, stored.place),
        "createdAt": stored.created_at,
    }


def _location(dealer: Dealer, place: Place | None) -> dict[str, Any] | None:
    if dealer.lat is not None:
        return {"lat": dealer.lat, "lng": dealer.lng, "approximate": False, "source": "given"}
    if place is None:
        return None
    return {
        "lat": place.lat,
        "lng": place.lng,
        "approximate": place.approximate,
        "source": "postal-code",
    }


@dataclass(slots=True)
class Plan:
    """What a batch of lines makes of the dealers that stand."""

    new: list[Dealer] = field(default_factory=list)
    changed: dict[UUID, Dealer] = field(default_factory=dict)
    counts: Counts = field(default_factory=Counts)


def plan(rows: Sequence[Row], standing: Mapping[str, StoredDealer], tenants: Collection[UUID]) -> Plan:
    """From lines with distinct codes and the dealers that have these codes; `tenants` as in `merged`."""
    made = Plan()
    for line, changes in rows:
        stored = standing.get(changes["code"])
        try:
            dealer = merged(stored.dealer if stored else None, changes, tenants)
        except ValueError as error:
            made.counts.refused.append(Refusal(line, str(error)))
            continue
        if stored is None:
            made.new.append(dealer)
        elif dealer != stored.dealer:
            made.changed[stored.id] = dealer
        else:
            made.counts.unchanged += 1
    made.counts.created, made.counts.updated = len(made.new), len(made.changed)
    return made


def links(changes: Mapping[str, Any]) -> list[UUID]:
    """The tenant that these changes link to, if any."""
    linked = changes.get("linked_tenant_id")
    return [] if linked is None else [linked]
