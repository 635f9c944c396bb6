"""What is wrong with a request is said as Shopify says it."""

import json

import pytest

from tests.shopify import Caller

SHOP = json.dumps({"query": "{ shop { name } }"}).encode()


def test_another_version_is_not_found(shop: Caller):
    assert shop.post(SHOP, version="2020-01").status == 404


def test_another_content_type_is_refused(shop: Caller):
    assert shop.post(SHOP, content_type="text/plain").status == 415
    assert shop.post(b"{ shop { name } }", content_type="application/graphql").status == 200


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"query": ""}', b'{"query": "{ shop { name } }", "variables": []}x']
)
def test_a_body_that_is_none_is_refused(shop: Caller, body: bytes):
    assert shop.post(body).status == 400


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{ shop { nope } }", "undefinedField"),
        ("{ shop(x: 1) { name } }", "argumentNotAccepted"),
        ("{ product { id } }", "missingRequiredArguments"),
        ("query ($x: Int) { shop { name } }", "variableNotUsed"),
        ("{ shop", None),
    ],
)
def test_a_document_that_does_not_fit_the_schema_is_refused(shop: Caller, query: str, code: str | None):
    answer = shop.ask(query)

    assert "data" not in answer
    assert answer["errors"][0].get("extensions", {}).get("code") == code


def test_an_operation_must_be_clear(shop: Caller):
    query = "query A { shop { name } } query B { shop { id } }"

    assert "errors" in shop.ask(query)
    assert "errors" in shop.ask(query, "C")
    assert shop.ask(query, "A")["data"] == {"shop": {"name": "North"}}


def test_variables_tell_all_their_problems(shop: Caller):
    query = (
        "query ($first: Int!, $query: String!) { products(first: $first, query: $query) { nodes { id } } }"
    )
    answer = shop.ask(query, first="ten")

    messages = [one["message"] for one in answer["errors"]]
    assert len(messages) == 2
    assert messages[0].startswith("Variable $first of type Int! was provided invalid value")
    assert answer["errors"][0]["extensions"]["problems"]


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("Decimal!", "1,5"),
        ("Decimal!", "NaN"),
        ("Money!", ""),
        ("URL!", "nowhere"),
        ("URL!", "cdn.test/a.jpg"),
        ("DateTime!", "yesterday"),
        ("DateTime!", "2026-07-01"),
        ("Date!", "2026-13-01"),
        ("HTML!", 5),
        ("UnsignedInt64!", "-1"),
        ("BigInt!", "1.5"),
        ("Color!", "red"),
        ("UtcOffset!", "2"),
        ("JSON!", "{"),
        ("ARN!", "x"),
    ],
)
def test_scalars_are_strict(type_: str, value: object):
    from app.local.shopify_sim.schema import admin

    scalar = admin().schema.type_map[type_.removesuffix("!")]
    with pytest.raises(Exception, match=r".+"):
        scalar.coerce_input_value(value)


def test_scalars_take_what_is_good():
    from app.local.shopify_sim.schema import admin

    good = {
        "Decimal": "-1.5e3",
        "Money": 12.5,
        "URL": "https://a.test/x",
        "DateTime": "2026-07-01T10:00:00Z",
        "Date": "2026-07-01",
        "HTML": "<p>",
        "UnsignedInt64": "5",
        "Color": "#aabbcc",
        "UtcOffset": "+02:00",
        "JSON": '{"a": 1}',
    }
    for name, value in good.items():
        assert admin().schema.type_map[name].coerce_input_value(value) is not None


def test_ids_are_global(shop: Caller):
    answer = shop.ask('{ product(id: "42") { id } }')
    assert answer["errors"][0]["message"] == "Invalid global id '42'"
    assert shop.data('{ product(id: "gid://shopify/ProductVariant/42") { id } }') == {"product": None}


@pytest.mark.parametrize(
    "arguments", ["", "(first: 251)", "(first: -1)", "(first: 1, last: 1)", '(first: 1, after: "x")']
)
def test_a_page_has_a_size_and_a_cursor_that_leads_somewhere(shop: Caller, arguments: str):
    assert "errors" in shop.ask(f"{{ products{arguments} {{ nodes {{ id }} }} }}")
