from decimal import Decimal

import pytest

from app.domain.catalog.kinds import CATALOG, ITEMS, OWN_PARTS
from app.domain.imports.rows import Refusal, Row, check


def value(kind, name, raw):
    """What one field becomes, or the reason it is refused."""
    checked = check(kind, 1, {"partNumber": "P", name: raw})
    return checked.values[kind.fields[name].column] if isinstance(checked, Row) else checked.reason


@pytest.mark.parametrize(
    ("name", "raw", "expected"),
    [
        ("partNumber", "  A/1 ü ", "A/1 ü"),
        ("partNumber", "😀" * 128, "😀" * 128),
        ("name", "  Bremsbelag ", "Bremsbelag"),
        ("description", " <p>as sent</p>\n", " <p>as sent</p>\n"),
        ("ean", "4006381333931", "4006381333931"),
        ("ean", "01234565", "01234565"),
        ("weightKg", "1.23456", Decimal("1.2346")),
        ("weightKg", 0, Decimal(0)),
        ("weightKg", Decimal("0.45359237"), Decimal("0.4536")),
        ("hsCode", "871410", "871410"),
        ("countryOfOrigin", "se", "SE"),
        ("countryOfOrigin", "GB", "GB"),
        ("imageUrl", "https://cdn.example/ü.jpg?x=1", "https://cdn.example/ü.jpg?x=1"),
        ("position", "3", 3),
    ],
)
def test_a_good_value_is_taken(name, raw, expected):
    assert value(CATALOG, name, raw) == expected


@pytest.mark.parametrize(
    ("name", "raw", "expected"),
    [
        ("price", "12", Decimal("12.00")),
        ("price", Decimal("12.50"), Decimal("12.50")),
        ("price", "9999999999.99", Decimal("9999999999.99")),
        ("compareAtPrice", "0", Decimal(0)),
        ("stock", "7", 7),
        ("stock", 2_147_483_647, 2_147_483_647),
        ("stock", Decimal("5.0"), 5),
        ("tags", "a, b ,,a", ["a", "b"]),
        ("tags", ["a", "b, c", "a"], ["a", "b, c"]),
    ],
)
def test_a_good_value_of_sale_is_taken(name, raw, expected):
    assert value(ITEMS, name, raw) == expected


@pytest.mark.parametrize(
    ("name", "raw", "reason"),
    [
        ("partNumber", "x" * 129, "partNumber is longer than 128 characters"),
        ("partNumber", " ", "partNumber must not be empty"),
        ("partNumber", None, "partNumber must not be empty"),
        ("partNumber", "a\0b", "partNumber has a NUL or a character that is not UTF-8"),
        ("partNumber", "a\ud800", "partNumber has a NUL or a character that is not UTF-8"),
        ("partNumber", 12, "partNumber must be text"),
        ("name", "", "name must not be empty"),
        ("name", "x" * 256, "name is longer than 255 characters"),
        ("description", "\0", "description has a NUL or a character that is not UTF-8"),
        ("ean", "123", "ean must be 8 or 12 or 13 or 14 digits"),
        ("ean", "١٢٣٤٥٦٧٨", "ean must be 8 or 12 or 13 or 14 digits"),
        ("ean", 4006381333931, "ean must be text"),
        ("weightKg", "-1", "weightKg must be from 0 to 999,999.9999"),
        ("weightKg", "1,5", "weightKg must be a number"),
        ("weightKg", True, "weightKg must be a number"),
        ("hsCode", "87141", "hsCode must be 6 to 13 digits"),
        ("hsCode", "8714.10", "hsCode must be 6 to 13 digits"),
        (
            "countryOfOrigin",
            "UK",
            "countryOfOrigin must be an ISO 3166-1 alpha-2 code (the United Kingdom is GB)",
        ),
        ("imageUrl", "ftp://x/y", "imageUrl must be an http or https address"),
        ("imageUrl", "javascript:alert(1)", "imageUrl must be an http or https address"),
        ("manualUrl", "https:///x", "manualUrl must be an http or https address"),
        ("manualUrl", "https://[bad", "manualUrl must be an http or https address"),
        ("position", "-1", "position must be from 0 to 2,147,483,647"),
        ("option1Value", "L", "option1Value needs a variantGroup on the same line"),
        ("price", "1.234", "price must have at most 2 decimals"),
        ("price", "-0.01", "price must be from 0 to 9,999,999,999.99"),
        ("price", "10000000000", "price must be from 0 to 9,999,999,999.99"),
        ("price", "NaN", "price must be a number"),
        ("price", "1e3", "price must be a number"),
        ("price", [1], "price must be a number"),
        ("stock", "1.5", "stock must be a whole number"),
        ("stock", "-1", "stock must be from 0 to 2,147,483,647"),
        ("stock", 2_147_483_648, "stock must be from 0 to 2,147,483,647"),
        ("stock", False, "stock must be a number"),
        ("tags", 3, "tags must be a list of texts"),
        ("tags", ["a", 3], "tags must be text"),
        ("tags", ["x" * 256], "tags is longer than 255 characters"),
        ("tags", [str(n) for n in range(251)], "tags must be at most 250 tags"),
    ],
)
def test_a_bad_value_is_refused_with_its_reason(name, raw, reason):
    assert value(OWN_PARTS, name, raw) == reason


@pytest.mark.parametrize("empty", [None, "", "  "])
@pytest.mark.parametrize("name", [name for name in OWN_PARTS.fields if name not in {"partNumber", "name"}])
def test_an_empty_value_clears_and_numbers_of_things_become_zero(name, empty):
    assert value(OWN_PARTS, name, empty) == (0 if name in {"stock", "position"} else None)


def test_an_empty_list_of_tags_clears():
    assert value(ITEMS, "tags", []) is None


def test_what_a_line_leaves_out_is_not_among_its_values():
    assert check(CATALOG, 3, {"partNumber": "P"}) == Row(3, {"part_number": "P"})


def test_a_line_without_its_key_is_refused():
    assert check(CATALOG, 3, {"name": "N"}) == Refusal(3, "partNumber is missing")
