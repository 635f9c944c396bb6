"""The demo's parts and stock: made up, the same on every machine."""

import csv
from collections.abc import Iterator
from pathlib import Path

PARTS = 20_000
BRANDS = ("Fjellrad", "Kestrel Moto", "Aurora Marine", "Boreal Sleds", "Tundra ATV")
CATEGORIES = ("Drivetrain", "Engine", "Suspension", "Brakes", "Electrical", "Body", "Track", "Service")
NAMES = ("belt", "filter", "bearing", "gasket", "lever", "sprocket", "pad set", "relay", "bracket", "spring")
COLUMNS = (
    *("partNumber", "name", "description", "brand", "category"),
    *("oemPartNumber", "weightKg", "countryOfOrigin"),
)
STOCK_MAX = 400


def part_number(index: int) -> str:
    """The index-th part, from 0."""
    return f"DEMO-{index:05d}"


def brand(index: int) -> str:
    """Each brand has every fifth part."""
    return BRANDS[index % len(BRANDS)]


def write_catalog(path: Path) -> None:
    """A CSV as a manufacturer would send it."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(_rows())


def _rows() -> Iterator[tuple[str, ...]]:
    for index in range(PARTS):
        category, name = CATEGORIES[index % 8], NAMES[index % 10]
        yield (
            part_number(index),
            f"{category} {name} {index:05d}",
            f"<p>{name.capitalize()} for the {category.lower()} of a {brand(index)}.</p>",
            brand(index),
            category,
            f"{index:05d}-{brand(index)[:3].upper()}",
            f"{0.05 + index % 400 / 100:.2f}",
            ("NO", "FI", "SE", "CA", "US")[index % 5],
        )


def stock_feed(turn: int, indexes: range) -> list[dict[str, object]]:
    """What an ERP would send; another turn has other values."""
    return [{"partNumber": part_number(index), "stock": stock_of(turn, index)} for index in indexes]


def stock_of(turn: int, index: int) -> int:
    """One part's stock in one turn."""
    return (index * 7 + turn) % STOCK_MAX
