import io

import pytest

from app.domain.catalog.kinds import ALIASES, CATALOG, ITEMS
from app.domain.errors import InvalidInputError
from app.domain.imports.reading import read
from app.domain.imports.rows import Refusal, Row


def lines_of(content: str | bytes):
    """As the command line opens a file."""
    raw = content.encode() if isinstance(content, str) else content
    return io.TextIOWrapper(io.BytesIO(raw), encoding="utf-8-sig", errors="surrogateescape", newline="")


def csv(content, kind=CATALOG):
    return list(read("FILE.CSV", lines_of(content), kind))


def jsonl(content, kind=CATALOG):
    return list(read("file.jsonl", lines_of(content), kind))


def test_a_byte_order_mark_does_not_belong_to_the_first_column():
    assert csv(b"\xef\xbb\xbfpartNumber,brand\r\nP,B\r\n") == [Row(2, {"part_number": "P", "brand": "B"})]


def test_a_byte_order_mark_does_not_spoil_the_first_json_line():
    assert jsonl(b'\xef\xbb\xbf{"partNumber":"P"}\n') == [Row(1, {"part_number": "P"})]


def test_a_row_over_several_lines_is_known_by_its_first():
    rows = csv('partNumber,description\nA,"one\ntwo\n\nthree"\nB,x\nC\n')
    assert rows == [
        Row(2, {"part_number": "A", "description": "one\ntwo\n\nthree"}),
        Row(6, {"part_number": "B", "description": "x"}),
        Refusal(7, "has 1 cells where the header has 2"),
    ]


def test_quotes_commas_and_other_alphabets_come_through():
    rows = csv('partNumber,name\n"Ä,""1""",Žluťoučký 日本 😀\n')
    assert rows == [Row(2, {"part_number": 'Ä,"1"', "name": "Žluťoučký 日本 😀"})]


def test_columns_may_stand_in_any_order_and_be_few():
    assert csv("brand,partNumber\nB,P\n") == [Row(2, {"brand": "B", "part_number": "P"})]


def test_an_empty_cell_clears_and_a_missing_column_leaves():
    assert csv("partNumber,brand\nP,\n") == [Row(2, {"part_number": "P", "brand": None})]


def test_json_null_clears_and_a_missing_key_leaves():
    assert jsonl('{"partNumber":"P","brand":null}\n{"partNumber":"Q"}\n') == [
        Row(1, {"part_number": "P", "brand": None}),
        Row(2, {"part_number": "Q"}),
    ]


def test_blank_lines_are_passed_over():
    assert [row.line for row in csv("partNumber\n\nA\n\nB\n")] == [3, 5]
    assert [row.line for row in jsonl('\n{"partNumber":"A"}\n  \n{"partNumber":"B"}')] == [2, 4]


def test_what_is_not_utf8_refuses_its_own_line_only():
    rows = csv(b"partNumber,name\nA,caf\xe9\nB,ok\n")
    assert rows == [
        Refusal(2, "name has a NUL or a character that is not UTF-8"),
        Row(3, {"part_number": "B", "name": "ok"}),
    ]


def test_a_broken_quote_refuses_its_line_only():
    rows = csv('partNumber,name\nA,"b"c\nB,ok\n')
    assert [row.line for row in rows] == [2, 3]
    assert rows[0].reason.startswith("cannot be read as CSV")
    assert isinstance(rows[1], Row)


def test_a_quote_that_never_closes_is_refused_at_its_first_line():
    rows = csv('partNumber,name\nA,ok\nB,"never\nC,x\n')
    assert rows[0] == Row(2, {"part_number": "A", "name": "ok"})
    assert rows[1:] == [Refusal(3, "cannot be read as CSV: unexpected end of data")]


def test_a_cell_of_megabytes_is_read_and_refused_for_its_length():
    rows = csv(f"partNumber,description\nA,{'x' * 3_000_000}\nB,{'y' * 500_000}\n")
    assert rows[0] == Refusal(2, "description is longer than 524,288 characters")
    assert isinstance(rows[1], Row)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "cannot be read as JSON"),
        ("[1]", "is no JSON object"),
        ('"P"', "is no JSON object"),
        ('{"partNumber":"P","partNumber":"Q"}', "a key is there twice"),
        ('{"partNumber":"P","price":NaN}', "NaN is no JSON number"),
        ('{"partNumber":"P","price":1e-99999999999999999999}', "cannot be read as JSON"),
        ('{"partNumber":"P","stock":' + "1" * 5000 + "}", "cannot be read as JSON"),
        ('{"partNumber":"P","price":1e9999}', "price must be from 0"),
        (
            '{"partNumber":"P","colour":"red"}',
            "'colour' is no field here; there are partNumber, price",
        ),
        ('{"partNumber":"\\ud800"}', "partNumber has a NUL or a character that is not UTF-8"),
        ('{"partNumber":"a\\u0000"}', "partNumber has a NUL or a character that is not UTF-8"),
        ("[" * 100_000, "cannot be read as JSON"),
    ],
)
def test_a_bad_json_line_is_refused_and_the_next_one_read(line, reason):
    refused, good = jsonl(f'{line}\n{{"partNumber":"Q"}}\n', ITEMS)
    assert refused.line == 1
    assert reason in refused.reason
    assert good == Row(2, {"part_number": "Q"})


def test_money_in_json_is_exact():
    (row,) = jsonl('{"partNumber":"P","price":0.1}', ITEMS)
    assert str(row.values["price"]) == "0.10"


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("partNumber,colour,size", "unknown columns 'colour', 'size'; there are partNumber, name"),
        ("partNumber;name", "columns are separated by commas"),
        ("PartNumber,name", "unknown columns 'PartNumber'"),
        ("partNumber,name,", "unknown columns ''"),
        ("partNumber,name,name", "names a column twice"),
        ("name,brand", "the header lacks partNumber"),
        ("", "the header lacks partNumber"),
        ('"partNumber"x', "the header cannot be read"),
    ],
)
def test_a_wrong_header_refuses_the_file_before_its_first_row(header, reason):
    with pytest.raises(InvalidInputError, match=reason):
        read("f.csv", lines_of(header + "\nP,N,X\n"), CATALOG)


def test_another_kind_of_file_is_refused():
    with pytest.raises(InvalidInputError, match=r"ends in \.csv or \.jsonl"):
        read("parts.xlsx", [], CATALOG)


def test_a_key_named_again_is_refused_with_the_line_that_had_it():
    rows = csv("partNumber,name\nP,first\nQ,x\n P ,second\n")
    assert rows[2] == Refusal(4, "partNumber 'P' is on line 2 already")


def test_the_key_of_an_alias_is_the_alias():
    rows = csv("alias,partNumber\nA,P\nB,P\nA,Q\n", ALIASES)
    assert [type(row) for row in rows] == [Row, Row, Refusal]


def test_a_refused_line_does_not_take_its_key():
    rows = csv("partNumber,ean\nP,bad\nP,12345678\n")
    assert [type(row) for row in rows] == [Refusal, Row]


def test_a_group_named_on_one_line_keeps_its_name_on_those_that_leave_the_cell_empty():
    rows = csv("partNumber,variantGroup,variantGroupName\nA,G,Group\nB,G,\nC,H,\n")
    assert rows[0].values["variant_group_name"] == "Group"
    assert "variant_group_name" not in rows[1].values
    assert rows[2].values["variant_group_name"] is None


def test_reading_is_a_stream():
    def endless():
        yield "partNumber\n"
        number = 0
        while True:
            yield f"P{number}\n"
            number += 1

    rows = read("f.csv", endless(), CATALOG)
    assert [next(rows).line for _ in range(3)] == [2, 3, 4]
