"""Pages of any format become one report: every row in our terms, or counted with its reason."""

import json
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from app.domain.suppliers.reading import next_cursor, read_report, rows_on
from app.domain.suppliers.source import Malformed, ReportRow, SourceRefusedError, SourceUnreadableError
from app.domain.suppliers.supplier import described_source

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
FIELDS = {"sku": "sku", "quantity": "qty", "updatedAt": "at"}


def source(**described):
    base = {"url": "https://north.example/", "format": "json", "fields": FIELDS}
    return described_source({**base, **described})[0]


def read(*pages, **described):
    told = [page if isinstance(page, bytes) else json.dumps(page).encode() for page in pages]
    return read_report(source(**described), told, now=NOW)


def quantities(report) -> dict[str, int]:
    assert report.malformed == []
    return {row.sku: row.quantity for row in report.rows}


# --- quantities --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "units"),
    [
        (5, 5),
        (0, 0),
        (-3, 0),
        (5.9, 5),
        (-0.5, 0),
        (2_147_483_647, 2_147_483_647),
        ("12", 12),
        (" 12 ", 12),
        ("+12", 12),
        ("12.9", 12),
        ("-7", 0),
        ("1,234.5", 1234),
        ("1.234,5", 1234),
        ("12,50", 12),
        ("10+", 10),
        (">10", 10),
        (">= 25", 25),
        ("unavailable", 0),
        ("Out of Stock", 0),
        ("OUT_OF_STOCK", 0),
        ("sold-out", 0),
        ("discontinued", 0),
        ("false", 0),
        (False, 0),
        ("In stock", 1),
        ("yes", 1),
        (True, 1),
        ("Plenty", 100),
    ],
)
def test_a_quantity_is_a_number_a_text_a_word_or_a_flag(told, units):
    assert quantities(read([{"sku": "A", "qty": told}], words={"plenty": 100})) == {"A": units}


@pytest.mark.parametrize(
    "told",
    [None, "", " ", "plenty", "1,234", "1 234", "<5", "--5", "5 pcs", "NaN", "Infinity", "0x10", "1e3", "٣", [], {}, [5],
     2_147_483_648, 2**70, 1e300, "99999999999", "9" * 500, "1" * 41],
)  # fmt: skip
def test_what_is_no_quantity_is_malformed_and_never_none_at_all(told):
    report = read([{"sku": "A", "qty": told}, {"sku": "B", "qty": 1}])

    assert (report.malformed_count, report.unread, [row.sku for row in report.rows]) == (1, {"A"}, ["B"])


def test_a_sources_own_words_go_before_ours():
    words = {"yes": 25, "on request": 3, "true": 7}
    rows = [{"sku": "A", "qty": "YES"}, {"sku": "B", "qty": "On-Request"}, {"sku": "C", "qty": True}]

    assert quantities(read(rows, words=words)) == {"A": 25, "B": 3, "C": 7}


# --- SKUs --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "sku"), [(" A-1 ", "A-1"), (123, "123"), (123.0, "123"), ("Ä/ß", "Ä/ß"), ("0012", "0012")]
)
def test_a_sku_is_trimmed_text_or_a_whole_number(told, sku):
    assert quantities(read([{"sku": told, "qty": 1}])) == {sku: 1}


@pytest.mark.parametrize("told", [None, "", "  ", True, 1.5, [], {}, "a\x00b", "a\nb", "x" * 129])
def test_a_row_whose_very_sku_is_unreadable_makes_the_report_no_whole_one(told):
    report = read([{"sku": told, "qty": 1}, {"sku": "B", "qty": 1}])

    assert (report.malformed_count, report.unread, report.whole) == (1, frozenset(), False)


def test_a_malformed_row_of_a_sku_that_another_row_tells_is_no_gap():
    report = read([{"sku": "A", "qty": "?"}, {"sku": "A", "qty": 4}])

    assert (report.unread, report.whole, report.malformed_count) == (frozenset(), True, 1)


# --- times -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "moment"),
    [
        ("2026-11-21T10:30:00Z", (10, 30)),
        ("2026-11-21T10:30:00.123456789Z", None),
        ("2026-11-21T12:30:00+02:00", (10, 30)),
        ("2026-11-21 10:30:00", (10, 30)),
        ("2026-11-21T10:30", (10, 30)),
        ("2026/11/21 10:30:00", (10, 30)),
        ("21.11.2026 10:30", (10, 30)),
        ("21.11.2026, 10:30:00", (10, 30)),
        ("Sat, 21 Nov 2026 10:30:00 GMT", (10, 30)),
        ("Sat, 21 Nov 2026 12:30:00 +0200", (10, 30)),
        ("2026-11-21", (0, 0)),
        ("20261121", (0, 0)),
        ("21.11.2026", (0, 0)),
        (1_795_257_000, (10, 30)),
        (1_795_257_000.0, (10, 30)),
        (1_795_257_000_000, (10, 30)),
        ("1795257000", (10, 30)),
        ("1795257000000", (10, 30)),
    ],
)
def test_a_time_is_read_in_its_common_forms(told, moment):
    row = read([{"sku": "A", "qty": 1, "at": told}]).rows[0]
    hour, minute = moment or (10, 30)

    assert row.as_of.replace(microsecond=0) == datetime(2026, 11, 21, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize("told", [None, ""])
def test_no_time_is_none(told):
    assert read([{"sku": "A", "qty": 1, "at": told}, {"sku": "B", "qty": 1}]).rows[0].as_of is None


@pytest.mark.parametrize(
    "told",
    ["yesterday", "11/12/2026", "2026-13-01", "31.02.2026", "0001-01-01", "1970-01-01", 0, -5, True, [], {}, "123", 1e300,
     "2026-11-21T12:06:00Z", "9" * 30, "2026-11-21T25:00:00Z"],
)  # fmt: skip
def test_what_is_no_time_or_is_ahead_makes_the_row_malformed(told):
    assert read([{"sku": "A", "qty": 1, "at": told}]).malformed_count == 1


def test_a_clock_that_is_a_little_ahead_is_taken_as_now():
    assert read([{"sku": "A", "qty": 1, "at": "2026-11-21T12:04:59Z"}]).rows[0].as_of == NOW


def test_a_source_may_say_how_its_dates_are_written():
    report = read([{"sku": "A", "qty": 1, "at": "11/12/2025 09:00"}], dateFormat="%d/%m/%Y %H:%M")

    assert report.rows[0].as_of == datetime(2025, 12, 11, 9, 0, tzinfo=UTC)


# --- the other fields --------------------------------------------------------------------------------------------

ALL = {**FIELDS, "incoming": "in", "reserved": "held", "price": "price", "leadTimeDays": "days"}


def test_the_optional_fields_are_read():
    row = {"sku": "A", "qty": 1, "in": "20", "held": 2.0, "price": "1.234,565", "days": "3"}

    assert read([row], fields=ALL).rows == [
        ReportRow("A", 1, None, incoming=20, reserved=2, price=Decimal("1234.56"), lead_time_days=3)
    ]


def test_a_price_that_cannot_be_read_is_no_reason_to_leave_the_quantity_unread():
    report = read(
        [{"sku": "A", "qty": 1, "price": "on request", "in": "soon", "days": True, "held": -1}], fields=ALL
    )

    assert report.rows == [ReportRow("A", 1, reserved=0)]
    assert {name: one.count for name, one in report.ignored.items()} == {
        "price": 1,
        "incoming": 1,
        "leadTimeDays": 1,
    }
    assert report.malformed_count == 0


# --- counting ----------------------------------------------------------------------------------------------------


def test_of_rows_of_one_sku_the_latest_stands_then_the_last():
    def row(quantity, at=None):
        return {"sku": "A", "qty": quantity, "at": at}

    old, new = "2026-11-21T08:00:00Z", "2026-11-21T09:00:00Z"
    assert read([row(1, new), row(2, old)]).rows[0].quantity == 1
    assert read([row(1, old), row(2, old)]).rows[0].quantity == 2
    assert read([row(1), row(2, new)]).rows[0].quantity == 1
    assert read([row(1, old)], [row(2, new), row(3, old)]).rows[0].quantity == 2


def test_every_row_is_counted_once():
    rows = [
        {"sku": "A", "qty": 1},
        {"sku": "A", "qty": 2},
        {"sku": "B", "qty": "?"},
        {"qty": 1},
        "text",
        None,
    ]
    report = read(rows)

    assert report.received == len(report.rows) + report.duplicates + report.malformed_count == 6
    assert (len(report.rows), report.duplicates, report.malformed_count) == (1, 1, 4)


def test_malformed_rows_are_sampled_with_place_and_reason_over_all_pages():
    bad = [{"sku": f"S{number}", "qty": "?"} for number in range(15)]
    report = read([{"sku": "A", "qty": 1}, *bad], bad)

    assert (report.malformed_count, len(report.malformed)) == (30, 20)
    assert report.malformed[0] == Malformed(1, "S0: the quantity '?' is no number, and no word that is known")
    assert report.malformed[15].index == 16


def test_a_source_of_changes_is_never_whole():
    assert not read([{"sku": "A", "qty": 1}], whole=False).whole


# --- JSON --------------------------------------------------------------------------------------------------------


def test_an_object_of_skus_is_rows_of_key_and_value():
    fields = {"sku": "key", "quantity": "value.free"}

    assert quantities(
        read({"stock": {"A": {"free": 1}, "B": {"free": 2}}}, items="stock", fields=fields)
    ) == {"A": 1, "B": 2}
    assert quantities(read({"A": 1}, items="@", fields={"sku": "key", "quantity": "value"})) == {"A": 1}


@pytest.mark.parametrize(
    "page",
    [b"", b"{", b"[NaN]", b"[1,]", b'[{"sku": "\xff"}]', b"<html>", b"[" * 100_000, b"5", b'"text"', b"null", b"true",
     b'{"error": "internal"}', b"\xef\xbb\xbf"],
)  # fmt: skip
def test_what_is_no_report_is_unreadable(page):
    with pytest.raises(SourceUnreadableError):
        read(page)


def test_rows_that_are_not_where_they_should_be_are_no_empty_report():
    with pytest.raises(SourceUnreadableError, match=r"nothing at 'data\.items'"):
        read({"data": {"error": "internal"}}, items="data.items")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_mark_tells_how_text_is_encoded(encoding):
    page = json.dumps([{"sku": "Ä", "qty": 1}], ensure_ascii=False).encode(encoding)

    assert quantities(read(page)) == {"Ä": 1}


def test_of_a_key_that_stands_twice_in_an_object_the_last_counts():
    assert quantities(read(b'[{"sku": "A", "qty": 1, "qty": 2}]')) == {"A": 2}


def test_a_payload_of_very_many_parts_is_not_taken_apart():
    with pytest.raises(SourceRefusedError) as told:
        read(b"[" + b"[]," * 2_500_001 + b"[]]")
    assert told.value.reason == "too_large"


# --- CSV ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_csvs_delimiter_is_found_by_its_columns(delimiter, ending):
    lines = [["name", "sku", "qty", "at"], ['"a, b; c|d"', " A ", "1", ""], [], ["b", "B", "2", ""]]
    page = ending.join(delimiter.join(line) for line in lines).encode()

    assert quantities(read(page, format="csv")) == {"A": 1, "B": 2}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "windows-1252"])
def test_a_csv_is_read_in_its_encoding(encoding):
    page = "sku;Stück;at\nÄ;3;\n".encode(encoding)

    assert quantities(read(page, format="csv", fields={**FIELDS, "quantity": "stück"})) == {"Ä": 3}


def test_a_csv_without_a_header_is_read_by_numbers():
    fields = {"sku": "2", "quantity": "3"}

    assert quantities(read(b"x,A,1\ny,B,2\n", format="csv", header=False, fields=fields)) == {"A": 1, "B": 2}


def test_a_csv_without_a_column_that_is_mapped_is_unreadable_and_says_which():
    with pytest.raises(SourceUnreadableError, match="no column 'at'; its columns are: sku, qty"):
        read(b"sku,qty\nA,1\n", format="csv")


def test_a_line_that_is_short_has_no_quantity():
    assert read(b"sku,at,qty\nA,\nB,,2\n", format="csv").unread == {"A"}


def test_each_page_of_a_csv_has_its_own_header():
    assert quantities(read(b"sku,qty,at\nA,1,\n", b"qty,sku,at\n2,B,\n", format="csv")) == {"A": 1, "B": 2}


# --- XML ---------------------------------------------------------------------------------------------------------


def test_an_xmls_attributes_children_and_texts_are_fields():
    page = b"""<?xml version="1.0"?>
        <s:stock xmlns:s="urn:stock" generated="now">
          <s:item sku="A"><free>1</free><price currency="EUR">9.90</price></s:item>
          <s:item sku="B"><free>2</free></s:item>
        </s:stock>"""
    fields = {"sku": "sku", "quantity": "free", "price": "price.text"}

    report = read(page, format="xml", items="stock.item", fields=fields)
    assert quantities(report) == {"A": 1, "B": 2}
    assert report.rows[0].price == Decimal("9.90")
    assert quantities(read(page, format="xml", fields=fields)) == {"A": 1, "B": 2}


def test_one_row_of_xml_is_a_list_of_one_and_none_is_empty():
    fields = {"sku": "id", "quantity": "n"}

    assert quantities(
        read(b"<s><i><id>A</id><n>1</n></i></s>", format="xml", items="s.i", fields=fields)
    ) == {"A": 1}
    assert quantities(read(b"<s><i/></s>", format="xml", items="s.i", fields=fields)) == {}
    assert quantities(read(b"<s/>", format="xml", fields=fields)) == {}


@pytest.mark.parametrize(
    "page",
    [
        b"",
        b"{}",
        b"<a><b></a>",
        b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
        b'<!DOCTYPE a SYSTEM "http://127.0.0.1/x.dtd"><a/>',
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        b"<a>" * 65 + b"</a>" * 65,
        b"<a>" * 100_000,
        b'<?xml version="1.0" encoding="no-such"?><a/>',
    ],
)
def test_xml_with_entities_or_without_end_is_unreadable(page):
    with pytest.raises(SourceUnreadableError):
        read(page, format="xml")


# --- pages -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("page", "cursor"),
    [
        ({"next": "abc"}, "abc"),
        ({"next": 7}, "7"),
        ({"next": ""}, None),
        ({"next": None}, None),
        ({"next": False}, None),
        ({}, None),
    ],
)
def test_a_cursor_is_text_or_a_number(page, cursor):
    told = source(items="items", pagination={"type": "cursor", "param": "after", "next": "next"})

    assert next_cursor(told, json.dumps(page).encode()) == cursor


@pytest.mark.parametrize(
    ("form", "page", "rows"),
    [("json", b"[]", 0), ("json", b"[1]", 1), ("csv", b"sku,qty,at\n", 0), ("csv", b"", 0), ("csv", b"sku\nA\n\n", 1),
     ("xml", b"<s/>", 0), ("xml", b"<s><i a='1'/></s>", 1)],
)  # fmt: skip
def test_a_page_without_rows_is_known(form, page, rows):
    assert rows_on(source(format=form), page) == rows


def test_a_later_page_may_have_nothing_where_the_rows_were():
    assert quantities(read({"items": [{"sku": "A", "qty": 1}]}, {}, items="items")) == {"A": 1}


def test_five_thousand_rows_are_read_in_a_blink():
    at = (NOW - timedelta(hours=1)).isoformat()
    page = json.dumps(
        [{"sku": f"SKU-{number}", "qty": number % 99, "at": at} for number in range(5000)]
    ).encode()
    told = source()

    def cpu_s() -> float:
        began = time.process_time()
        assert len(read_report(told, [page], now=NOW).rows) == 5000
        return time.process_time() - began

    assert min(cpu_s() for _ in range(3)) < 0.1
