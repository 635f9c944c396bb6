"""Postal codes as people write them, and the use case over a table in memory."""

import csv
import gzip
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import InvalidInputError, NotFoundError
from app.domain.imports.countries import COUNTRIES
from app.domain.imports.rows import Refusal
from app.domain.network import geonames
from app.domain.network.geonames import CodeLine
from app.domain.network.postal import CODE_LENGTH_MAX, Place, canonical, country_code, lookup_keys
from app.domain.network.postal_codes import REMEMBERED_S, PostalCodes, UnknownPostalCodeError

SHIPPED = Path(__file__).parents[2] / "app/adapters/postgres/data/postal-codes/europe.csv.gz"

WRITTEN = [
    ("SE", "123 45", ["12345"]),
    ("SE", "SE-123 45", ["12345"]),
    ("SE", "S-123 45", ["12345"]),
    ("se", " s 12345\n", ["12345"]),
    ("FI", "FI-00100", ["00100"]),
    ("FI", "FIN-00100", ["00100"]),
    ("NO", "N-0150", ["0150"]),
    ("DK", "DK-1050", ["1050"]),
    ("DE", "D-10115", ["10115"]),
    ("DE", "DE 10115", ["10115"]),
    ("AT", "A-1010", ["1010"]),
    ("CH", "CH-8001", ["8001"]),
    ("BE", "B-1000", ["1000"]),
    ("IT", "I-00118", ["00118"]),
    ("ES", "E-28001", ["28001"]),
    ("HU", "H-1011", ["1011"]),
    ("SI", "SLO-1000", ["1000"]),
    ("EE", "EST-10111", ["10111"]),
    ("CZ", "110 00", ["11000"]),
    ("SK", "SK-811 01", ["81101"]),
    ("PL", "00-002", ["00002"]),
    ("PL", "PL 00-002", ["00002"]),
    ("LV", "LV-1001", ["LV1001"]),
    ("LV", "1001", ["LV1001"]),
    ("LU", "L-1019", ["L1019"]),
    ("LU", "LU-1019", ["L1019"]),
    ("LU", "1019", ["L1019"]),
    ("LT", "LT-01001", ["01001"]),
    ("LT", "01001", ["01001"]),
    ("NL", "1012 AB", ["1012AB", "1012"]),
    ("NL", "NL-1012", ["1012"]),
    ("PT", "1000-001", ["1000001", "1000"]),
    ("PT", "P-1000", ["1000"]),
    ("IE", "D08 XY12", ["D08XY12", "D08"]),
    ("IE", "d6w", ["D6W"]),
    ("IE", "IRL-D08", ["D08"]),
    ("MT", "VLT 1117", ["VLT1117", "VLT"]),
    ("MT", "MT-VLT 1117", ["VLT1117", "VLT"]),
    ("MT", "MTF 1234", ["MTF1234", "MTF"]),
    ("MT", "MTP", ["MTP"]),
    ("FR", "75008", ["75008"]),
    ("FR", "F-75008", ["75008"]),
    ("FR", "95978 CEDEX 2", ["95978CEDEX2", "95978"]),
    ("GB", "SW1A 1AA", ["SW1A1AA", "SW1A"]),
    ("GB", "sw1a1aa", ["SW1A1AA", "SW1A"]),
    ("GB", "SW1A", ["SW1A"]),
    ("GB", "M1 1AA", ["M11AA", "M1"]),
    ("GB", "M60 1NW", ["M601NW", "M60"]),
    ("GB", "CR2 6XH", ["CR26XH", "CR2"]),
    ("GB", "DN55 1PT", ["DN551PT", "DN55"]),
    ("GB", "W1A 1HQ", ["W1A1HQ", "W1A"]),
    ("GB", "GIR 0AA", ["GIR0AA", "GIR"]),
    ("GB", "N19", ["N19"]),
    ("GB", "n1 9", ["N1"]),
    ("GB", "N1 9G", ["N1"]),
    ("GB", "GB-EC1A 1BB", ["EC1A1BB", "EC1A"]),
    ("UK", "S1 2AB", ["S12AB", "S1"]),
    ("US", "12345-6789", ["123456789", "12345"]),
    ("CA", "M5V 2T6", ["M5V2T6", "M5V"]),
    ("BR", "01310-100", ["01310100", "01310000"]),
    ("AR", "C1425DKF", ["C1425DKF", "C1425"]),
    ("SE", "１２３ ４５", ["12345"]),  # noqa: RUF001 - full-width digits
    ("SE", "١٢٣٤٥", ["12345"]),
    ("SE", "123 45 😀", ["12345"]),
]  # fmt: skip


@pytest.mark.parametrize(("country", "written", "keys"), WRITTEN)
def test_a_code_is_looked_up_in_the_form_the_data_has(country, written, keys):
    assert lookup_keys(country, written) == keys


@pytest.mark.parametrize(
    ("country", "written"),
    [
        ("SE", ""),
        ("SE", " -\t"),
        ("SE", "😀"),
        ("SE", "\0"),
        ("SE", "\ud800"),
        ("SE", "1" * 21),
        ("SE", "1" * 1_000_000),
        ("SE", " " * 41 + "12345"),
        ("SE", "Ä12345"),
        ("SE", "一二三"),
        ("XX", "12345"),
        ("", "12345"),
        ("SWE", "12345"),
        ("ß", "12345"),
    ],
)
def test_nonsense_has_no_keys(country, written):
    assert lookup_keys(country, written) == []


def test_countries_are_told_in_any_case_and_the_united_kingdom_by_both_names():
    assert [country_code(text) for text in ("se", " SE ", "uk", "GB", "EL", "")] == [
        "SE", "SE", "GB", "GB", None, None,
    ]  # fmt: skip


def test_every_shipped_code_is_in_the_form_in_which_it_is_looked_up():
    with gzip.open(SHIPPED, "rt") as file:
        rows = list(csv.reader(file))

    assert len(rows) == 170_161
    assert [row for row in rows if lookup_keys(row[0], row[1])[0] != row[1]] == []


@given(st.sampled_from(sorted(COUNTRIES)), st.text(max_size=50))
def test_keys_of_any_text_are_few_short_and_plain(country, text):
    keys = lookup_keys(country, text)

    assert len(keys) <= 2
    assert all(key.isascii() and key.isalnum() and 0 < len(key) <= CODE_LENGTH_MAX for key in keys)


@given(st.sampled_from(sorted(COUNTRIES)), st.text("0123456789ABCDEFLMSTV -", max_size=12))
def test_blanks_hyphens_and_case_change_nothing_of_what_is_stored(country, text):
    plain = text.replace(" ", "").replace("-", "")

    assert canonical(country, text.lower()) == canonical(country, plain)


class Table:
    """A store that counts how often it is asked."""

    def __init__(self, **places: Place) -> None:
        self.places = places
        self.asked = 0

    def find(self, country, keys):
        self.asked += 1
        return next((self.places[country + key] for key in keys if country + key in self.places), None)


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


UMEA = Place(63.8258, 20.263, approximate=True)


def test_a_warm_answer_asks_no_table_however_the_code_is_written():
    table = Table(SE90326=UMEA)
    codes = PostalCodes(table, Clock())

    assert {codes.find("SE", written) for written in ("903 26", "SE-903 26", "90326")} == {UMEA}
    assert table.asked == 1


def test_that_a_code_is_unknown_is_remembered_too_and_both_for_half_a_minute():
    table, clock = Table(), Clock()
    codes = PostalCodes(table, clock)
    for _ in range(3):
        with pytest.raises(UnknownPostalCodeError):
            codes.find("SE", "99999")
    assert table.asked == 1

    table.places["SE99999"] = UMEA
    clock.now = REMEMBERED_S + 0.1

    assert codes.find("SE", "99999") == UMEA


def test_an_unknown_code_is_a_404_that_says_what_to_do():
    with pytest.raises(NotFoundError, match="'1a' is not known in GB; check both") as refused:
        PostalCodes(Table()).find("uk", "1a")

    assert refused.value.code == "unknown_postal_code"


def test_a_code_that_can_be_none_asks_no_table():
    table = Table()
    with pytest.raises(UnknownPostalCodeError):
        PostalCodes(table).find("SE", "x" * 100_000)
    assert table.asked == 0


@pytest.mark.parametrize("country", ["", "XX", "Sweden"])
def test_a_country_that_is_none_is_invalid(country):
    with pytest.raises(InvalidInputError, match="ISO 3166-1 alpha-2"):
        PostalCodes(Table()).find(country, "12345")


def line(*, country="SE", code="903 26", lat="63.8258", lng="20.263", accuracy="4"):
    return f"{country}\t{code}\tUmeå\tVästerbotten\t24\tUmeå\t2480\t\t\t{lat}\t{lng}\t{accuracy}"


def read(*lines):
    return list(geonames.read(StringIO("\n".join(lines), newline="\n")))


def test_a_line_of_geonames_is_read():
    assert read(line(), line(accuracy="")) == [
        CodeLine("SE", "90326", "63.8258", "20.263", "4"),
        CodeLine("SE", "90326", "63.8258", "20.263", "0"),
    ]


def test_line_ends_of_windows_and_empty_lines_are_passed_over():
    assert read(line() + "\r", "", "\r", line(code="1") + "\r") == [*read(line()), *read(line(code="1"))]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("SE\t90326", "has 2 columns where GeoNames' files have 12, separated by tabs"),
        (line() + "\tmore", "has 13 columns where GeoNames' files have 12, separated by tabs"),
        (line(country="XX"), "'XX' is no ISO 3166-1 alpha-2 country code"),
        (line(country=""), "'' is no ISO 3166-1 alpha-2 country code"),
        (line(code=""), "'' is no postal code"),
        (line(code="1" * 41), f"'{'1' * 40}' is no postal code"),
        (line(lat=""), "latitude '' is not degrees from -90 to 90"),
        (line(lat="90.1"), "latitude '90.1' is not degrees from -90 to 90"),
        (line(lat="nan"), "latitude 'nan' is not degrees from -90 to 90"),
        (line(lng="-180.01"), "longitude '-180.01' is not degrees from -180 to 180"),
        (line(lng="٢"), "longitude '٢' is not degrees from -180 to 180"),
        (line(accuracy="12"), "accuracy '12' is no digit"),
        (line(accuracy="²"), "accuracy '²' is no digit"),
        (line() + "\0", "has a NUL or a character that is not UTF-8"),
        (line() + "\udcff", "has a NUL or a character that is not UTF-8"),
        ("x" * 16_383, "is longer than 16,384 characters"),
        ("x" * 100_000, "is longer than 16,384 characters"),
    ],
)
def test_a_bad_line_is_refused_by_its_number_and_the_next_one_is_read(text, reason):
    assert read(line(), text, line()) == [*read(line()), Refusal(2, reason), *read(line())]
