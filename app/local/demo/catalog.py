"""The demo's parts and stock: made up, the same on every machine."""

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

from app.local.demo.products import variants

PARTS = 20_000
BRANDS = ("Fjellrad", "Kestrel Moto", "Aurora Marine", "Boreal Sleds", "Tundra ATV")
CATEGORIES = ("Drivetrain", "Engine", "Suspension", "Brakes", "Electrical", "Body", "Track", "Service")
NAMES = ("belt", "filter", "bearing", "gasket", "lever", "sprocket", "pad set", "relay", "bracket", "spring")
COLUMNS = (
    *("partNumber", "name", "description", "brand", "category"),
    *("oemPartNumber", "weightKg", "countryOfOrigin"),
    *("variantGroup", "variantGroupName", "option1Name", "option1Value", "position"),
)
STOCK_MAX = 400
SHELF_PARTS = 40  # of each brand that it sells, a dealer has room for the first of them
SHELF_MAX = 18


def part_number(index: int) -> str:
    """The index-th part, from 0."""
    return f"DEMO-{index:05d}"


def brand(index: int) -> str:
    """Each brand has every fifth part."""
    return BRANDS[index % len(BRANDS)]


def of_brand(name: str) -> range:
    """The indexes of a brand's parts."""
    return range(BRANDS.index(name), PARTS, len(BRANDS))


def write_catalog(path: Path) -> None:
    """A CSV as a manufacturer would send it."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(_rows())


def _rows() -> Iterator[dict[str, str]]:
    shown = variants()
    for index in range(PARTS):
        category, name = CATEGORIES[index % 8], NAMES[index % 10]
        product = shown.get(index)
        yield {
            "partNumber": part_number(index),
            "name": f"{category} {name} {index:05d}",
            "description": f"<p>{name.capitalize()} for the {category.lower()} of a {brand(index)}.</p>",
            "brand": brand(index),
            "category": category,
            "oemPartNumber": f"{index:05d}-{brand(index)[:3].upper()}",
            "weightKg": f"{0.05 + index % 400 / 100:.2f}",
            "countryOfOrigin": ("NO", "FI", "SE", "CA", "US")[index % 5],
            **(product[0].row(product[1]) if product else {}),
        }


def stock_feed(turn: int, indexes: range) -> list[dict[str, object]]:
    """What an ERP would send; another turn has other values."""
    return [{"partNumber": part_number(index), "stock": stock_of(turn, index)} for index in indexes]


def stock_of(turn: int, index: int) -> int:
    """One part's stock in one turn."""
    return (index * 7 + turn) % STOCK_MAX


def shelf(brands: Iterable[str]) -> list[int]:
    """The indexes of what a dealer of these brands sells, the products that are shown among them."""
    return [index for one in brands for index in of_brand(one)[:SHELF_PARTS]]


def shelf_stock(dealer: int, index: int, turn: int) -> int:
    """What the dealer-th dealer has of a part: always none of some, a few of most."""
    assortment = dealer * 13 + index * 7
    return (assortment + turn) % SHELF_MAX + 1 if assortment % 4 else 0
