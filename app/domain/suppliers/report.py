"""What a report changes: its rows and what stands in, a plan out. Pure.

Of two words on one SKU the younger stands. A row is as old as it says, or else as its report; what stands is as old as
its `as_of`, or else as the supplier's last confirmation.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final

from app.domain.suppliers.source import Report, ReportRow

_CENT: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Standing:
    """A SKU as it stands. `shipped`: whether units are shipped that no report has confirmed."""

    id: int
    sku: str
    quantity: int
    incoming: int | None
    reserved: int | None
    price: Decimal | None
    lead_time_days: int | None
    as_of: datetime | None
    listed: bool
    shipped: bool


@dataclass(frozen=True, slots=True)
class Told:
    """A SKU as it is to stand. `id` is None for a new one; `seen_at`: what was fulfilled until then is in it."""

    id: int | None
    sku: str
    quantity: int
    incoming: int | None
    reserved: int | None
    price: Decimal | None
    lead_time_days: int | None
    as_of: datetime | None
    listed: bool
    seen_at: datetime


@dataclass(slots=True)
class Plan:
    """What to write: new SKUs in the report's order, the others by id.

    `dropped`: of the `listed` before, those that are gone. `emptied`: of those that were not `empty`, how many are.
    """

    new: list[Told] = field(default_factory=list)
    changed: list[Told] = field(default_factory=list)
    stale: int = 0
    dropped: int = 0
    listed: int = 0
    emptied: int = 0
    stocked: int = 0
    all_empty: bool = False

    def too_much_goes(self, percent: int) -> bool:
        """Whether it looks more like a fault of the source than like its stock."""
        if 100 * self.dropped > percent * self.listed:
            return True
        return self.all_empty and 100 * self.emptied > percent * self.stocked


def plan(
    report: Report,
    standing: Iterable[Standing],
    *,
    at: datetime,
    confirmed_at: datetime | None,
    whole: bool = True,
) -> Plan:
    """`at`: the report's own time. `confirmed_at`: the last whole report's. Raises nothing."""
    known = {one.sku: one for one in standing}
    age = _Age(at, confirmed_at, whole=whole and report.whole)
    made = Plan(all_empty=age.whole and not any(row.quantity for row in report.rows))
    for row in report.rows:
        _row(made, known, row, age)
    if whole:
        told = {row.sku for row in report.rows}
        for one in known.values():
            if one.sku not in told:
                _not_told(made, one, age, unread=not age.whole or one.sku in report.unread)
    _count(made, known)
    made.changed.sort(key=lambda one: one.id or 0)
    return made


def seen_again(shipped: Iterable[Standing], at: datetime) -> list[Told]:
    """What a report that says the same again confirms: the SKUs as they stand, at its time or at their own."""
    return [
        _standing_on(one, as_of=one.as_of, seen_at=one.as_of or at)
        for one in sorted(shipped, key=lambda one: one.id)
    ]


def _standing_on(one: Standing, *, as_of: datetime | None, seen_at: datetime) -> Told:
    return Told(
        one.id,
        one.sku,
        one.quantity,
        one.incoming,
        one.reserved,
        one.price,
        one.lead_time_days,
        as_of,
        listed=one.listed,
        seen_at=seen_at,
    )


@dataclass(frozen=True, slots=True)
class _Age:
    at: datetime
    confirmed_at: datetime | None
    whole: bool

    @property
    def late(self) -> bool:
        """Whether a younger whole report stands."""
        return self.confirmed_at is not None and self.at < self.confirmed_at

    def is_older(self, as_of: datetime | None, standing: datetime | None) -> bool:
        """Whether a word is older than what stands. A dated word of a report in its turn need not fear undated ones."""
        if standing is None:
            return self.late and self.confirmed_at is not None and (as_of or self.at) < self.confirmed_at
        return (as_of or self.at) < standing

    def stamp(self, as_of: datetime | None) -> datetime | None:
        """What is kept of its age: none for what the supplier's confirmation will speak for."""
        return as_of if self.whole and not self.late else as_of or self.at


def _row(made: Plan, known: Mapping[str, Standing], row: ReportRow, age: _Age) -> None:
    one = known.get(row.sku)
    if age.is_older(row.as_of, one.as_of if one else None):
        made.stale += 1
        return
    price = None if row.price is None else row.price.quantize(_CENT)
    told = Told(
        one.id if one else None,
        row.sku,
        row.quantity,
        row.incoming,
        row.reserved,
        price,
        row.lead_time_days,
        age.stamp(row.as_of),
        listed=True,
        seen_at=row.as_of or age.at,
    )
    if one is None:
        made.new.append(told)
    elif one.shipped or _differs(one, told):
        made.changed.append(told)


def _not_told(made: Plan, one: Standing, age: _Age, *, unread: bool) -> None:
    """Of a SKU that no row of a whole list speaks of: it is gone, unless its row is there and cannot be read."""
    if unread:
        _kept_as_old_as_it_is(made, one, age)
    elif one.listed or one.shipped:
        _missing(made, one, age)


def _kept_as_old_as_it_is(made: Plan, one: Standing, age: _Age) -> None:
    """What stands stands on, but this report does not confirm it: from now on it has a date of its own."""
    if one.listed and one.as_of is None and age.confirmed_at is not None and not age.late:
        made.changed.append(_standing_on(one, as_of=age.confirmed_at, seen_at=age.confirmed_at))


def _missing(made: Plan, one: Standing, age: _Age) -> None:
    """Gone from the list: none of it is to be had, and whatever was fulfilled before is in that."""
    if age.is_older(None, one.as_of):
        return
    made.dropped += one.listed
    made.changed.append(
        Told(
            one.id,
            one.sku,
            0,
            None,
            None,
            one.price,
            one.lead_time_days,
            None,
            listed=False,
            seen_at=age.at,
        )
    )


def _differs(one: Standing, told: Told) -> bool:
    return (
        one.quantity,
        one.incoming,
        one.reserved,
        one.price,
        one.lead_time_days,
        one.as_of,
        one.listed,
    ) != (
        told.quantity,
        told.incoming,
        told.reserved,
        told.price,
        told.lead_time_days,
        told.as_of,
        told.listed,
    )


def _count(made: Plan, known: Mapping[str, Standing]) -> None:
    made.listed = sum(1 for one in known.values() if one.listed)
    made.stocked = sum(1 for one in known.values() if one.quantity)
    made.emptied = sum(1 for one in made.changed if not one.quantity and known[one.sku].quantity)
