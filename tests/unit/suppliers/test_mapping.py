"""Expressions read what they name, and none can make more of a document than is in it."""

import time

import pytest

from app.domain.suppliers.mapping import BadExpressionError, rows_reader, value_reader

ROW = {"sku": "A", "stock": {"free": 3, "by": [{"qty": 1}, {"qty": 2}]}, "a b": 7, "none": None, "text": "12"}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("sku", "A"),
        ("stock.free", 3),
        ("stock.by[0].qty", 1),
        ("stock.by[-1].qty", 2),
        ('"a b"', 7),
        ("missing", None),
        ("sku.deeper", None),
        ("missing.deeper.still", None),
        ("none || stock.free", 3),
        ("not_null(none, missing, stock.free)", 3),
        ("to_number(text)", 12),
        ("to_number(sku)", None),
        ("length(stock.by)", 2),
        ("length(stock.free)", None),
        ("missing || 'out of stock'", "out of stock"),
        ("missing || `0`", 0),
    ],
)
def test_a_value_is_read(expression, value):
    assert value_reader(expression)(ROW) == value


@pytest.mark.parametrize("row", [None, 5, "A", [], [ROW]])
def test_a_row_that_is_no_object_has_no_values(row):
    assert value_reader("sku")(row) is value_reader("stock.free")(row) is None


@pytest.mark.parametrize(
    ("expression", "rows"),
    [
        ("data.items", [1, 2]),
        ("products[].variants[]", [3, 4, 5]),
        ("products[*].variants[0]", [3, 5]),
        ("pages[0]", [6]),
        ("@", None),
    ],
)
def test_rows_are_found(expression, rows):
    document = {
        "data": {"items": [1, 2]},
        "products": [{"variants": [3, 4]}, {"variants": [5]}],
        "pages": [[6], [7]],
    }
    assert rows_reader(expression)(document) == (document if rows is None else rows)


WIDENING = [
    "[@,@][]",
    "[@,@][]" * 24,
    "@.[@,@]",
    "{a: @, b: @}",
    "a | b",
    "a[?b > `1`]",
    "[?a]",
    "a[:2]",
    "a[::-1]",
    "sort_by(a, &b)",
    "map(&[@,@], a)",
    "join('', a)",
    "keys(@)",
    "merge(a, b)",
    "reverse(a)",
    "&a",
    "a == b",
    "a[][][][][][][][]",
    "(" * 5_000,
    "not_null(" * 20 + "a" + ")" * 20,
    "!" * 150 + "a",
    "a || " * 38 + "a",
    "a" * 201,
    "",
    " ",
    "a..b",
    "a b",
    "`[`",
    "'",
]


@pytest.mark.parametrize("expression", WIDENING)
def test_what_can_make_more_of_a_document_is_refused_at_once(expression):
    began = time.process_time()
    for reader in (value_reader, rows_reader):
        with pytest.raises(BadExpressionError):
            reader(expression)

    assert time.process_time() - began < 0.5


@pytest.mark.parametrize("expression", ["a[*].b", "a[]", "*", "*.a", "@"])
def test_one_value_is_no_list_of_them(expression):
    with pytest.raises(BadExpressionError):
        value_reader(expression)
