"""The demo's dealers and products: real towns, hours that can be read, and parts of the right brand."""

import csv
import gzip
import json
import math
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.adapters.postgres.postal_codes_shipped import FILE as POSTAL_CODES
from app.domain.network.dealer import FIELDS
from app.domain.network.hours import schedule
from app.domain.network.postal import lookup_keys
from app.local.demo import catalog
from app.local.demo.dealers import COLUMNS, DemoDealer, dealers, opening_hours, resellers, write_import
from app.local.demo.nearby import wrong
from app.local.demo.products import products, variants
from app.local.demo.tenants import MAKERS, RETAILER, DemoTenant, remembered, with_shop_key

MISPLACED_MAX = 5
"""Towns that the shipped table has far off; they are given coordinates."""


@pytest.fixture(scope="module")
def postal_codes() -> dict[tuple[str, str], tuple[float, float]]:
    with gzip.open(POSTAL_CODES, "rt", encoding="utf-8") as rows:
        return {(country, code): (float(lat), float(lng)) for country, code, lat, lng in csv.reader(rows)}


def lines_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def place_of(dealer: DemoDealer, postal_codes) -> tuple[float, float] | None:
    country = dealer.told["country"]
    keys = lookup_keys(country, dealer.told["postalCode"])
    return next((postal_codes[country, key] for key in keys if (country, key) in postal_codes), None)


def test_there_are_200_dealers_in_more_than_15_countries_each_by_its_own_name():
    assert len(dealers()) == 200
    assert len({one.told["country"] for one in dealers()}) >= 15
    for column in ("name", "code", "website"):
        assert len({one.told[column] for one in dealers()}) == 200


def test_every_postal_code_is_in_the_shipped_table(postal_codes):
    everywhere = [*dealers(), *dealers("stores.csv")]
    assert [one.told["code"] for one in everywhere if place_of(one, postal_codes) is None] == []


def test_coordinates_are_those_of_the_postal_codes_town(postal_codes):
    given = [one for one in dealers() if one.told["lat"]]
    far = [one.told["code"] for one in given if _km(one, place_of(one, postal_codes)) > 20]
    assert 80 <= len(given) <= 160
    assert len(far) <= MISPLACED_MAX, far


@pytest.mark.parametrize("file", ["dealers.csv", "stores.csv"])
def test_an_import_takes_every_line(file: str):
    for dealer in dealers(file):
        line = dealer.line({}, 2026)
        assert set(line) == set(COLUMNS)
        for name, text in line.items():
            assert not text or FIELDS[name].parse(text) is not None


def test_the_hours_have_a_lunch_break_and_days_that_are_not_as_others():
    lunch = schedule(opening_hours("lunch", 2026), "Europe/Rome")
    monday_noon, monday_one, christmas = ((2026, 11, 23, 11), (2026, 11, 23, 12), (2026, 12, 24, 10))
    told = [lunch.open_at(datetime(*at, tzinfo=UTC)) for at in (monday_noon, monday_one, christmas)]
    assert told == [True, False, False]
    assert {one.hours for one in dealers()} == {
        *("", "weekdays", "saturday", "late", "lunch", "tuesday", "season"),
    }
    assert len({one.told["timezone"] for one in dealers()}) > 20


def test_no_telephone_rings_anywhere():
    reserved = {
        "DE": ("30 23125 ", "69 90009 ", "40 66969 ", "221 4710 ", "89 99998 "),
        "FR": ("1 99 00 ", "2 61 91 ", "3 53 01 ", "4 65 71 ", "5 36 49 "),
        "SE": ("31 390 06 ", "40 628 04 ", "8 465 004 ", "980 319 2", "70 174 06 "),
        "IE": ("20 91",),
        "GB": (
            *("20 7946 0", "113 496 0", "117 496 0", "121 496 0", "131 496 0", "141 496 0", "161 496 0"),
            *("191 498 0", "28 9649 6", "29 2018 0", "1632 960"),
        ),
    }
    for dealer in [*dealers(), *dealers("stores.csv")]:
        number = dealer.told["phone"].partition(" ")[2]
        assert number.startswith(reserved.get(dealer.told["country"], ("00 ",))), dealer.told["name"]


def test_each_manufacturer_has_dealers_with_stock_and_others():
    assert 25 <= len(resellers()) <= 40
    for brand in MAKERS.values():
        sold = Counter(bool(one.reseller) for one in dealers() if brand in one.brands)
        assert min(sold.values()) > 20, brand


def test_the_import_file_links_a_resellers_dealers_to_its_tenant(tmp_path: Path):
    one = next(one for one in dealers() if one.reseller)
    write_import(tmp_path / "dealers.csv", [one], {one.reseller: "its id"}, 2026)
    (line,) = lines_of(tmp_path / "dealers.csv")
    assert line["linkedTenantId"] == "its id"
    assert json.loads(line["openingHours"])["exceptions"]["2026-12-24"] == []


def test_each_variant_is_a_part_of_its_brand_that_dealers_have_room_for():
    shown = [index for one in products() for index in one.variants.values()]
    assert len(shown) == len(set(shown)) == len(variants())
    for index, (product, _) in variants().items():
        assert catalog.brand(index) == product.brand
        assert index in catalog.shelf([product.brand])


def test_the_catalog_names_what_the_shops_show(tmp_path: Path):
    catalog.write_catalog(tmp_path / "catalog.csv")
    rows = lines_of(tmp_path / "catalog.csv")
    assert len(rows) == catalog.PARTS
    assert rows[6]["name"] == "Talon brake disc 310 mm"
    assert (rows[6]["variantGroup"], rows[6]["position"]) == (rows[1]["variantGroup"], "1")
    assert rows[2]["variantGroup"] == ""


class KeyMaker:
    """An operator that can make keys alone."""

    def run(self, *words: str) -> dict[str, str]:
        assert words == ("key", "create", "--tenant", "its id", "--scope", "storefront")
        return {"apiKey": "for all to read"}


def test_tenants_of_an_older_demo_are_kept_and_get_a_key_for_their_shop(tmp_path: Path):
    older = [{"name": RETAILER, "tenant_id": "its id", "api_key": "secret"}]
    (tmp_path / "demo.json").write_text(json.dumps(older))
    kept = remembered(tmp_path)[RETAILER]
    assert with_shop_key(KeyMaker(), kept) == DemoTenant(RETAILER, "its id", "secret", "for all to read")


def test_a_reseller_has_no_shop():
    reseller = DemoTenant("Napapiirin Moottori", "its id", "secret")
    assert with_shop_key(KeyMaker(), reseller) is reseller


def row(**changes):
    return {"name": "A", "distanceKm": 1.0, "stockLevel": "low", "precision": "LEVEL"} | changes


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ([row(), row(distanceKm=2.0, precision="EXACT", stock=3)], []),
        ([row(distanceKm=2.0), row()], ["the nearest is not first"]),
        ([row(stock=3)], ["A shares a level and its number is shown"]),
        ([row(precision="EXACT")], ["A shares its number and none is shown"]),
        ([row(stockLevel="out")], ["A has none"]),
    ],
)
def test_what_a_visitor_may_be_told(rows, complaint):
    assert wrong(rows) == complaint


def _km(dealer: DemoDealer, place: tuple[float, float]) -> float:
    """Good enough over a few kilometres."""
    lat, lng = float(dealer.told["lat"]), float(dealer.told["lng"])
    return 111.2 * math.hypot(lat - place[0], (lng - place[1]) * math.cos(math.radians(lat)))
