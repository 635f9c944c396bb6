"""The demo's dealers: read from a file of this tree, written as the import file that a manufacturer would have."""

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
COLUMNS = (
    *("code", "name", "address", "city", "postalCode", "country", "phone", "website", "lat", "lng"),
    *("timezone", "openingHours", "linkedTenantId"),
)
Week = dict[str, list[list[str]]]


def _on(days: str, *intervals: str) -> Week:
    return {day: [one.split("-") for one in intervals] for day in days.split()}


_HOURS: Mapping[str, Week] = {
    "weekdays": _on("mon tue wed thu fri", "09:00-18:00"),
    "saturday": _on("mon tue wed thu fri", "10:00-18:00") | _on("sat", "10:00-15:00"),
    "late": _on("mon tue wed fri", "09:30-18:00") | _on("thu", "09:30-20:00") | _on("sat", "10:00-16:00"),
    "lunch": _on("mon tue wed thu fri", "09:00-12:30", "14:00-18:30") | _on("sat", "09:00-12:30"),
    "tuesday": _on("tue wed thu fri", "10:00-18:30") | _on("sat", "09:00-16:00"),
    "season": _on("mon tue wed thu fri sat sun", "08:00-19:00"),
}


@dataclass(frozen=True)
class DemoDealer:
    """A line of the file: `told` has the columns of an import as they stand there."""

    told: Mapping[str, str]
    hours: str
    brands: frozenset[str]
    reseller: str

    def line(self, tenant_ids: Mapping[str, str], year: int) -> dict[str, str]:
        """As it is imported; `tenant_ids` by the resellers' names, `year` is that of the exceptional days."""
        hours = json.dumps(opening_hours(self.hours, year)) if self.hours else ""
        return {**self.told, "openingHours": hours, "linkedTenantId": tenant_ids.get(self.reseller, "")}


def opening_hours(name: str, year: int) -> dict[str, object]:
    """A week of the kind, closed over Christmas and half of New Year's Eve."""
    christmas = _on(f"{year}-12-24 {year}-12-25 {year}-12-26")
    return {**_HOURS[name], "exceptions": christmas | _on(f"{year}-12-31", "09:00-13:00")}


@cache
def dealers(file: str = "dealers.csv") -> Sequence[DemoDealer]:
    """All 200; or the retailer's stores of `stores.csv`."""
    with (FOLDER / file).open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    return [
        DemoDealer(
            {name: row[name] for name in COLUMNS if name in row},
            row["hours"],
            frozenset(filter(None, row["brands"].split("|"))),
            row["reseller"],
        )
        for row in rows
    ]


@cache
def resellers() -> Mapping[str, frozenset[str]]:
    """By name: the brands that the reseller's dealers sell."""
    found: dict[str, frozenset[str]] = {}
    for one in dealers():
        if one.reseller:
            found[one.reseller] = found.get(one.reseller, frozenset()) | one.brands
    return found


def write_import(
    path: Path, selected: Iterable[DemoDealer], tenant_ids: Mapping[str, str], year: int
) -> None:
    """The file for `dealer import`."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(one.line(tenant_ids, year) for one in selected)
