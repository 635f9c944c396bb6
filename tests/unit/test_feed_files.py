"""A feed's rows as a table: whatever a part number says, no spreadsheet runs it, and the rest is as it was sent."""

import csv
import io
from uuid import UUID

import pytest

from app.web.portal import feed_files

STARTS = "=+-@\uff1d\uff0b\uff0d\uff20"
"""OWASP's, in both widths."""


def file_of(part_number: str) -> str:
    rows = [
        {"index": 0, "partNumber": part_number, "stock": -3, "outcome": "notFound", "detail": {"a": "x;=1"}}
    ]
    return feed_files.csv(UUID(int=1), rows).get_data().decode("utf-8-sig")


def cells(text: str, delimiter: str) -> list[str]:
    """As a spreadsheet that is set up for this delimiter finds them."""
    return [cell for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) for cell in row]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"], ids=["comma", "semicolon", "tab"])
@pytest.mark.parametrize(
    "before",
    [
        "",
        " ",
        "\u3000",
        "\t",
        "\r",
        "\n",
        "\r\n",
        '"',
        "A;",
        "A; ",
        'A;"',
        "A\t",
        "A\n",
        "A\r",
        'A"\n;',
        ",;",
        "';",
    ],
    ids=repr,
)
@pytest.mark.parametrize("start", STARTS, ids=[f"U+{ord(one):04X}" for one in STARTS])
def test_no_cell_begins_like_a_formula_however_the_file_is_taken_apart(
    start: str, before: str, delimiter: str
):
    found = cells(file_of(f"{before}{start}cmd|' /C calc'!A0"), delimiter)
    assert [
        one for one in found if one.lstrip('"\t\r\n \u3000').startswith(tuple(STARTS)) and one != "-3"
    ] == []


@pytest.mark.parametrize("text", ["\tA", "\rA", "\nA"], ids=repr)
def test_nor_with_a_tab_or_the_end_of_a_line(text: str):
    assert cells(file_of(text), ",")[len(feed_files.COLUMNS) + 1] == f"'{text}"


@pytest.mark.parametrize(
    "text", ["5571-6014", "A=B", "a@b.c", "A;B", "A, -5 mm", "1+1", "", "'=1", "Å/ø <b>"]
)
def test_what_is_no_formula_stays_as_it_was_sent(text: str):
    assert cells(file_of(text), ",")[len(feed_files.COLUMNS) + 1] == text


def test_numbers_stay_numbers():
    assert cells(file_of("A"), ",")[len(feed_files.COLUMNS) + 3] == "-3"
