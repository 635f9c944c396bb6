"""Custom ids: a metafield of type id finds a product again, whatever else was lost."""

import pytest

from tests.shopify import PRODUCT_SET, Caller, part

DEFINE = """
mutation Define($definition: MetafieldDefinitionInput!) {
  metafieldDefinitionCreate(definition: $definition) {
    createdDefinition { id namespace key type { name } capabilities { uniqueValues { enabled } } }
    userErrors { field message code }
  }
}"""
SET = """
mutation Set($metafields: [MetafieldsSetInput!]!) {
  metafieldsSet(metafields: $metafields) { metafields { key value type } userErrors { field message code } }
}"""
BY_ID = "query ($id: ProductIdentifierInput!) { productByIdentifier(identifier: $id) { id } }"
CUSTOM = {"customId": {"namespace": "stockline", "key": "part_id", "value": "42"}}


def define(shop: Caller, **more: object) -> dict:
    given = {
        "name": "Part",
        "namespace": "stockline",
        "key": "part_id",
        "type": "id",
        "ownerType": "PRODUCT",
        **more,
    }
    return shop.data(DEFINE, definition=given)["metafieldDefinitionCreate"]


def test_a_definition_of_type_id_comes_first(shop: Caller):
    for answer in (shop.ask(BY_ID, id=CUSTOM), shop.ask(PRODUCT_SET, input=part(), identifier=CUSTOM)):
        error = answer["errors"][0]
        assert error["message"] == "Metafield definition of type 'id' is required when using custom ids."
        assert error["extensions"]["code"] == "NOT_FOUND"
    assert shop.store.shop.products == {}

    define(shop, type="single_line_text_field")
    assert "errors" in shop.ask(BY_ID, id=CUSTOM)


def test_a_product_is_found_again_and_never_made_twice(shop: Caller):
    made = define(shop)
    assert made["createdDefinition"]["capabilities"]["uniqueValues"]["enabled"] is True
    assert shop.data(BY_ID, id=CUSTOM) == {"productByIdentifier": None}

    first = shop.made(part("A-1"), CUSTOM)
    again = shop.made(part("A-2"), CUSTOM)

    assert first["id"] == again["id"]
    assert shop.data(BY_ID, id=CUSTOM)["productByIdentifier"] == {"id": first["id"]}


def test_without_a_namespace_it_is_the_apps_own(shop: Caller):
    define(shop, namespace="$app")
    made = shop.made(part(), {"customId": {"key": "part_id", "value": "7"}})

    query = 'query ($id: ID!) { product(id: $id) { metafield(namespace: "$app", key: "part_id") { value namespace } } }'
    shown = shop.data(query, id=made["id"])["product"]["metafield"]
    assert shown["value"] == "7"
    assert shown["namespace"].startswith("app--")


def test_metafields_that_are_given_must_have_it(shop: Caller):
    define(shop)
    other = {"namespace": "custom", "key": "other", "type": "single_line_text_field", "value": "x"}
    assert shop.refused(part(metafields=[other]), CUSTOM) == [("METAFIELD_MISMATCH", "input")]

    own = {"namespace": "stockline", "key": "part_id", "type": "id", "value": "42"}
    shop.made(part(metafields=[other, own]), CUSTOM)


def test_it_is_unique(shop: Caller):
    define(shop)
    shop.made(part("A-1"), CUSTOM)
    own = {"namespace": "stockline", "key": "part_id", "type": "id", "value": "42"}

    assert shop.refused(part("A-2", metafields=[own]))[0][0] == "CAPABILITY_VIOLATION"
    other = shop.made(part("A-3"))
    payload = shop.data(SET, metafields=[{**own, "ownerId": other["id"]}])["metafieldsSet"]
    assert payload["userErrors"][0]["code"] == "CAPABILITY_VIOLATION"


def test_a_definition_is_made_once(shop: Caller):
    define(shop)
    assert define(shop)["userErrors"][0]["code"] == "TAKEN"
    assert define(shop, key="x", type="nothing")["userErrors"][0]["code"] == "INCLUSION"
    assert define(shop, key="a b")["userErrors"][0]["code"] == "INVALID_CHARACTER"

    query = '{ metafieldDefinitions(first: 5, ownerType: PRODUCT, namespace: "stockline") { nodes { key type { name } } } }'
    assert shop.data(query)["metafieldDefinitions"]["nodes"] == [{"key": "part_id", "type": {"name": "id"}}]


def test_metafields_are_set_all_or_none(shop: Caller):
    made = shop.made(part())
    good = {
        "ownerId": made["id"],
        "namespace": "custom",
        "key": "note",
        "type": "number_integer",
        "value": "1",
    }
    payload = shop.data(SET, metafields=[good, {**good, "key": "other", "value": "one"}])["metafieldsSet"]
    assert [one["code"] for one in payload["userErrors"]] == ["INVALID_VALUE"]
    assert shop.store.by_handle("part-a-1").metafields == []

    assert shop.data(SET, metafields=[good])["metafieldsSet"]["userErrors"] == []
    payload = shop.data(SET, metafields=[{**good, "type": None, "value": "2"}])["metafieldsSet"]
    assert payload["metafields"] == [{"key": "note", "value": "2", "type": "number_integer"}]


@pytest.mark.parametrize(
    ("type_", "value"),
    [("boolean", "yes"), ("json", "{"), ("number_decimal", "1,5"), ("nothing", "x"), (None, "x"), ("id", "")],
)
def test_a_metafields_value_fits_its_type(shop: Caller, type_: str | None, value: str):
    given = {"namespace": "custom", "key": "note", "value": value, **({"type": type_} if type_ else {})}

    assert shop.refused(part(metafields=[given]))[0][0] == "INVALID_METAFIELD"
